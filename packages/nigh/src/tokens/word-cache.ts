import { copyText } from "#shared/copy-text";

/** Longer words are too rare to be worth keeping. */
const MAX_WORD_LENGTH = 64;
const MAX_WORDS = 20_000;

/** The token ids of words; those of at most 20 000 words are kept, and not cut again. */
export class WordCache {
  readonly #words = new Map<string, readonly number[]>();
  readonly #cut: (word: string) => readonly number[];

  /** @param cut gives the ids of a word that is not kept. */
  constructor(cut: (word: string) => readonly number[]) {
    this.#cut = cut;
  }

  idsOf(word: string): readonly number[] {
    const kept = this.#words.get(word);
    if (kept !== undefined) return kept;
    const ids = this.#cut(word);
    this.#keep(word, ids);
    return ids;
  }

  #keep(word: string, ids: readonly number[]): void {
    if (word.length > MAX_WORD_LENGTH) return;
    if (this.#words.size >= MAX_WORDS) this.#words.clear();
    this.#words.set(copyText(word), ids);
  }
}
