import { utf8Bytes } from "../shared/utf8.js";
import { asArray, asFlag, asId, asNumber, asString, type Json, malformed } from "./json.js";
import { PieceTrie } from "./piece-trie.js";
import { WordCache } from "./word-cache.js";
import type { WordModel } from "./wordpiece.js";

/** How much worse than the worst piece an unknown character is. */
const UNKNOWN_PENALTY = 10;

const MAX_KEPT_LENGTH = 1 << 16;

/**
 * SentencePiece's Unigram: of all ways to cut a word into pieces of the vocabulary, the one with
 * the highest sum of scores; unknown characters that follow each other become one token.
 */
export class Unigram implements WordModel {
  readonly idLimit: number;
  readonly unknownId: number;
  readonly #ids = new Map<string, number>();
  readonly #scores: Float64Array;
  readonly #trie = new PieceTrie();
  readonly #unknownScore: number;
  readonly #byteIds: readonly number[] | undefined;
  readonly #cache = new WordCache((word) => this.#cut(word));
  #bestScore = new Float64Array(0);
  #bestStart = new Int32Array(0);
  #bestId = new Int32Array(0);

  /** @throws NighError `ERR_MODEL_FORMAT` */
  constructor(config: Json, where: string) {
    const vocabulary = asArray(config.vocab, `${where}.vocab`);
    this.idLimit = vocabulary.length;
    this.#scores = new Float64Array(vocabulary.length);
    let lowest = Number.POSITIVE_INFINITY;
    for (const [id, entry] of vocabulary.entries()) {
      const at = `${where}.vocab[${id}]`;
      const [first, second] = asArray(entry, at);
      const piece = asString(first, `${at}[0]`);
      const score = asNumber(second, `${at}[1]`);
      this.#ids.set(piece, id);
      this.#scores[id] = score;
      if (piece !== "") this.#trie.add(piece, id);
      lowest = Math.min(lowest, score);
    }
    this.unknownId = asId(config.unk_id, `${where}.unk_id`);
    if (this.unknownId >= vocabulary.length) {
      throw malformed(`${where}.unk_id`, `below ${vocabulary.length}`, config.unk_id);
    }
    this.#unknownScore = lowest - UNKNOWN_PENALTY;
    this.#byteIds = asFlag(config.byte_fallback, `${where}.byte_fallback`, false)
      ? this.#findByteIds()
      : undefined;
  }

  idOf(token: string): number | undefined {
    return this.#ids.get(token);
  }

  encode(word: string, ids: number[]): void {
    for (const id of this.#cache.idsOf(word)) ids.push(id);
  }

  #cut(word: string): readonly number[] {
    if (this.#bestStart.length <= word.length) this.#reserve(word.length + 1);
    this.#findBestPath(word);
    const reversed: number[] = [];
    for (let end = word.length; end > 0; ) {
      const id = this.#bestId[end] ?? 0;
      let start = this.#bestStart[end] ?? 0;
      if (id === this.unknownId) {
        while (start > 0 && this.#bestId[start] === this.unknownId) {
          start = this.#bestStart[start] ?? 0;
        }
        this.#pushUnknown(word.slice(start, end), reversed);
      } else {
        reversed.push(id);
      }
      end = start;
    }
    // The memory for a word of a million characters is not worth keeping.
    if (this.#bestStart.length > MAX_KEPT_LENGTH) this.#reserve(1);
    return reversed.reverse();
  }

  /** Fills `best…[end]` with the last piece of the best way to cut the word's start up to `end`. */
  #findBestPath(word: string): void {
    const trie = this.#trie;
    const bestStart = this.#bestStart.fill(-1, 0, word.length + 1);
    this.#bestScore[0] = 0;
    for (let start = 0; start < word.length; ) {
      const scoreHere = this.#bestScore[start] ?? 0;
      const next = start + ((word.codePointAt(start) ?? 0) > 0xffff ? 2 : 1);
      let hasSingle = false;
      let node = trie.child(PieceTrie.ROOT, word.charCodeAt(start));
      for (let end = start + 1; node !== 0; end++) {
        const id = trie.pieceAt(node);
        if (id >= 0) {
          this.#offer(bestStart, start, end, id, scoreHere + (this.#scores[id] ?? 0));
          if (end === next) hasSingle = true;
        }
        node = end < word.length ? trie.child(node, word.charCodeAt(end)) : 0;
      }
      if (!hasSingle) {
        this.#offer(bestStart, start, next, this.unknownId, scoreHere + this.#unknownScore);
      }
      start = next;
    }
  }

  /** Of equal scores the first stays, as in Rust: ids would differ otherwise. */
  #offer(bestStart: Int32Array, start: number, end: number, id: number, score: number): void {
    if (bestStart[end] !== -1 && score <= (this.#bestScore[end] ?? 0)) return;
    bestStart[end] = start;
    this.#bestScore[end] = score;
    this.#bestId[end] = id;
  }

  #pushUnknown(text: string, reversed: number[]): void {
    if (this.#byteIds === undefined) {
      reversed.push(this.unknownId);
      return;
    }
    for (const byte of utf8Bytes(text).reverse()) {
      reversed.push(this.#byteIds[byte] ?? this.unknownId);
    }
  }

  /** The ids of "<0x00>" to "<0xFF>", or undefined where one is missing. */
  #findByteIds(): readonly number[] | undefined {
    const ids: number[] = [];
    for (let byte = 0; byte < 256; byte++) {
      const id = this.#ids.get(`<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`);
      if (id === undefined) return undefined;
      ids.push(id);
    }
    return ids;
  }

  #reserve(length: number): void {
    const capacity = Math.max(length, 64);
    this.#bestScore = new Float64Array(capacity);
    this.#bestStart = new Int32Array(capacity);
    this.#bestId = new Int32Array(capacity);
  }
}
