/** Longer words are too rare to be worth keeping. */
const MAX_WORD_LENGTH = 64;
const MAX_WORDS = 20_000;

/** The token ids of words seen before, at most 20 000 of them. */
export class WordCache {
  readonly #words = new Map<string, readonly number[]>();

  get(word: string): readonly number[] | undefined {
    return this.#words.get(word);
  }

  set(word: string, ids: readonly number[]): void {
    if (word.length > MAX_WORD_LENGTH) return;
    if (this.#words.size >= MAX_WORDS) this.#words.clear();
    // A word cut from a text may keep the whole text in memory; a copy does not.
    const copy = Buffer.from(word, "utf16le").toString("utf16le");
    this.#words.set(copy, ids);
  }
}
