import { asString, type Json, malformed } from "./json.js";

/** Grapheme clusters of more UTF-8 bytes are never looked up as a whole. */
const MAX_CLUSTER_BYTES = 5;

const notPlain = /[^ -~]/;
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

  /** @throws NighError `ERR_MODEL_FORMAT` */
  constructor(config: Json, where: string) {
    const at = `${where}.precompiled_charsmap`;
    const bytes = Buffer.from(asString(config.precompiled_charsmap, at), "base64");
    const trieBytes = bytes.length < 4 ? Number.NaN : bytes.readUInt32LE(0);
    if (!(trieBytes % 4 === 0 && trieBytes <= bytes.length - 4)) {
      throw malformed(at, "a table of SentencePiece in base64", config.precompiled_charsmap);
    }
    this.#units = new Uint32Array(trieBytes / 4).map((_, i) => bytes.readUInt32LE(4 + 4 * i));
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
      const end = plainBoundary(text, start);
      if (end - start === 1 && this.#plainStaysPlain && !notPlain.test(text[start] ?? "")) {
        result += text[start];
      } else {
        for (const { segment } of graphemes.segment(text.slice(start, end))) {
          result += this.#replaceCluster(segment);
        }
      }
      start = end;
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
    for (const character of cluster) result += this.#lookUp(character) ?? character;
    return result;
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

/** How far away the children of a node of the double array are. */
function offset(unit: number): number {
  return (unit >>> 10) << ((unit & 0x200) >>> 6);
}

/**
 * The end of a stretch from `start` that no grapheme cluster crosses: between two printable ASCII
 * characters. Only what lies between such places needs the slow way of finding clusters.
 */
function plainBoundary(text: string, start: number): number {
  let plain = isPlain(text.charCodeAt(start));
  for (let end = start + 1; end < text.length; end++) {
    const next = isPlain(text.charCodeAt(end));
    if (plain && next) return end;
    plain = next;
  }
  return text.length;
}

function isPlain(unit: number): boolean {
  return unit >= 0x20 && unit < 0x7f;
}
