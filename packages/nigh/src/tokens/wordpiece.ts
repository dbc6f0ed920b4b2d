import { asId, asNumber, asObject, asString, type Json, malformed } from "./json.js";
import { WordCache } from "./word-cache.js";

/** Turns one word, as the pre-tokenizer gives it, into token ids. */
export interface WordModel {
  /** Appends the ids of `word`, at least one, to `ids`. */
  encode(word: string, ids: number[]): void;
  /** The id of a token of the vocabulary. */
  idOf(token: string): number | undefined;
  /** One more than the highest id of the vocabulary. */
  readonly idLimit: number;
  /** The id of what has no token; -1 where the vocabulary has none for it. */
  readonly unknownId: number;
}

/**
 * BERT's WordPiece: a word is cut from left to right into the longest pieces of the vocabulary; a
 * word that cannot be cut so is one unknown token.
 */
export class WordPiece implements WordModel {
  readonly idLimit: number;
  readonly unknownId: number;
  readonly #vocabulary: ReadonlyMap<string, number>;
  readonly #prefix: string;
  readonly #maxCharacters: number;
  readonly #longestPiece: number;
  readonly #cache = new WordCache((word) => this.#cut(word));

  /** @throws NighError `ERR_MODEL_FORMAT` */
  constructor(config: Json, where: string) {
    const vocabulary = new Map<string, number>();
    let longest = 0;
    let idLimit = 0;
    for (const [token, id] of Object.entries(asObject(config.vocab, `${where}.vocab`))) {
      const checked = asId(id, `${where}.vocab[${JSON.stringify(token)}]`);
      vocabulary.set(token, checked);
      idLimit = Math.max(idLimit, checked + 1);
      longest = Math.max(longest, token.length);
    }
    const unknown = asString(config.unk_token ?? "[UNK]", `${where}.unk_token`);
    const unknownId = vocabulary.get(unknown);
    if (unknownId === undefined)
      throw malformed(`${where}.unk_token`, "a token of its vocab", unknown);
    this.idLimit = idLimit;
    this.#vocabulary = vocabulary;
    this.unknownId = unknownId;
    this.#longestPiece = longest;
    this.#prefix = asString(
      config.continuing_subword_prefix ?? "##",
      `${where}.continuing_subword_prefix`,
    );
    this.#maxCharacters = asNumber(
      config.max_input_chars_per_word ?? 100,
      `${where}.max_input_chars_per_word`,
    );
  }

  idOf(token: string): number | undefined {
    return this.#vocabulary.get(token);
  }

  encode(word: string, ids: number[]): void {
    const whole = this.#vocabulary.get(word);
    if (whole !== undefined && word.length <= this.#maxCharacters) {
      ids.push(whole);
      return;
    }
    for (const id of this.#cache.idsOf(word)) ids.push(id);
  }

  #cut(word: string): readonly number[] {
    const unknown = [this.unknownId];
    if (isLongerThan(word, this.#maxCharacters)) return unknown;
    const pieces: number[] = [];
    for (let start = 0; start < word.length; ) {
      // Cutting inside of a surrogate pair does no harm: no piece of a vocabulary has half a pair.
      let end = Math.min(word.length, start + this.#longestPiece);
      let id: number | undefined;
      for (; end > start; end--) {
        const piece = word.slice(start, end);
        id = this.#vocabulary.get(start === 0 ? piece : this.#prefix + piece);
        if (id !== undefined) break;
      }
      if (id === undefined) return unknown;
      pieces.push(id);
      start = end;
    }
    return pieces;
  }
}

/** Whether a word has more than `limit` characters (code points). */
function isLongerThan(word: string, limit: number): boolean {
  if (word.length <= limit) return false;
  if (word.length > 2 * limit) return true;
  let count = 0;
  for (const _ of word) count++;
  return count > limit;
}
