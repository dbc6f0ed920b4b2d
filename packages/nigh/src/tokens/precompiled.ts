import { bytesOfBase64 } from "../shared/bytes.js";
import { asString, type Json, malformed } from "./json.js";

/** Grapheme clusters of more UTF-8 bytes are never looked up as a whole. */
const MAX_CLUSTER_BYTES = 5;

const MAX_KNOWN_CHARACTERS = 20_000;

const notPlain = /[^ -~]/;
// Every character that can be next to a place within a grapheme cluster, but for the character
// that marks follow: marks, joiners, line ends, Hangul, flags, skin tones, Arabic and Indic signs
// that go in front of a character. A few more do no harm.
const clustering =
  "\\p{M}\\p{Cf}\\p{Grapheme_Extend}\\p{Regional_Indicator}\\p{Emoji_Modifier}\\r\\n" +
  "\\u0d4e\\u0e33\\u0eb3\\u1100-\\u11ff\\ua960-\\ua97f\\ud7b0-\\ud7ff" +
  "\\u{11000}-\\u{11fff}";
const lonelyCharacters = new RegExp(`(?:[^${clustering}](?![${clustering}])){1,256}`, "uy");
const graphemes = new Intl.Segmenter("und", { granularity: "grapheme" });
const encoder = new TextEncoder();

/**
 * SentencePiece's own normalizer: a table from byte sequences to texts, which comes with the model
 * as a double-array trie in front of NUL-terminated replacements.
 *
 * As Rust's tokenizers does it, oddities included: a grapheme cluster of at most five bytes is
 * replaced as a whole by what its shortest known prefix stands for, marks after it being lost.
 */
export class Precompiled {
  readonly #units: Uint32Array;
  readonly #replacements: Uint8Array;
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  readonly #plainStaysPlain: boolean;
  /** Replacements that were looked up before. */
  readonly #characters = new Map<string, string>();

  /** @throws NighError `ERR_MODEL_FORMAT` */
  constructor(config: Json, where: string) {
    const at = `${where}.precompiled_charsmap`;
    const bytes = decoded(asString(config.precompiled_charsmap, at));
    const view = new DataView(bytes.buffer);
    const trieBytes = bytes.length < 4 ? Number.NaN : view.getUint32(0, true);
    if (!(trieBytes % 4 === 0 && trieBytes <= bytes.length - 4)) {
      throw malformed(at, "a table of SentencePiece in base64", config.precompiled_charsmap);
    }
    this.#units = new Uint32Array(trieBytes / 4).map((_, i) => view.getUint32(4 + 4 * i, true));
    this.#replacements = bytes.subarray(4 + trieBytes);
    this.#plainStaysPlain = true;
    for (let c = 0x20; c < 0x7f; c++) {
      if (this.#lookUp(String.fromCharCode(c)) !== undefined) this.#plainStaysPlain = false;
    }
  }

  normalize(text: string): string {
    if (this.#plainStaysPlain && !notPlain.test(text)) return text;
    let result = "";
    for (let start = 0; start < text.length; ) {
      lonelyCharacters.lastIndex = start;
      const lonely = lonelyCharacters.exec(text)?.[0];
      if (lonely !== undefined) {
        for (const character of lonely) result += this.#replaceCharacter(character);
        start += lonely.length;
        continue;
      }
      for (const cluster of clustersFrom(text, start)) {
        result += this.#replaceCluster(cluster);
        start += cluster.length;
      }
    }
    return result;
  }

  #replaceCluster(cluster: string): string {
    // No text has fewer bytes than UTF-16 units.
    if (cluster.length <= MAX_CLUSTER_BYTES) {
      const whole = this.#lookUp(cluster, MAX_CLUSTER_BYTES);
      if (whole !== undefined) return whole;
    }
    let result = "";
    for (const character of cluster) result += this.#replaceCharacter(character);
    return result;
  }

  #replaceCharacter(character: string): string {
    let replacement = this.#characters.get(character);
    if (replacement === undefined) {
      replacement = this.#lookUp(character) ?? character;
      if (this.#characters.size >= MAX_KNOWN_CHARACTERS) this.#characters.clear();
      this.#characters.set(character, replacement);
    }
    return replacement;
  }

  /** What the shortest known prefix of a text of at most `maxBytes` bytes stands for. */
  #lookUp(text: string, maxBytes = 4): string | undefined {
    const bytes = encoder.encode(text);
    if (bytes.length > maxBytes) return undefined;
    let node = offset(this.#units[0] ?? 0);
    for (const byte of bytes) {
      // A NUL would be taken for the end of a key.
      if (byte === 0) return undefined;
      node ^= byte;
      const unit = this.#units[node] ?? 0;
      if ((unit & 0x800000ff) !== byte) return undefined;
      node ^= offset(unit);
      if (unit & 0x100) return this.#replacementAt((this.#units[node] ?? 0) & 0x7fffffff);
    }
    return undefined;
  }

  #replacementAt(start: number): string {
    const end = this.#replacements.indexOf(0, start);
    return this.#decoder.decode(this.#replacements.subarray(start, end < 0 ? undefined : end));
  }
}

/** Nothing for what is no base64. */
function decoded(base64: string): Uint8Array<ArrayBuffer> {
  try {
    return bytesOfBase64(base64);
  } catch {
    return new Uint8Array();
  }
}

/** How far away the children of a node of the double array are. */
function offset(unit: number): number {
  return (unit >>> 10) << ((unit & 0x200) >>> 6);
}

/** Some of the grapheme clusters that follow each other from `start` on, where one starts. */
function clustersFrom(text: string, start: number): string[] {
  // Intl.Segmenter takes quadratic time: it is given little at once, and more only where a cluster
  // is longer than that.
  for (let length = 32; ; length *= 2) {
    let end = Math.min(text.length, start + length);
    // A character cut in two would end a cluster too early.
    if (end < text.length && (text.codePointAt(end - 1) ?? 0) > 0xffff) end--;
    const clusters = Array.from(graphemes.segment(text.slice(start, end)), (s) => s.segment);
    if (end === text.length) return clusters;
    // The last one may go on.
    clusters.pop();
    if (clusters.length > 0) return clusters;
  }
}
