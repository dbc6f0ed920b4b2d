import { describe } from "../shared/describe.js";
import { NighError } from "../shared/errors.js";
import { asArray, asFlag, asId, asObject, asString, type Json, malformed } from "./json.js";
import { MergeQueue } from "./merge-queue.js";
import { WordCache } from "./word-cache.js";
import type { WordModel } from "./wordpiece.js";

interface Merge {
  readonly rank: number;
  /** The token that the two become. */
  readonly token: number;
}

/** Settings of Rust's BPE that no byte-level vocabulary has on; nigh refuses them. */
const REFUSED = ["dropout", "continuing_subword_prefix", "end_of_word_suffix", "byte_fallback"];

/**
 * Byte pair encoding (Sennrich et al. 2016): a word begins as its characters, and the two neighbours
 * whose merge was learned first become one token, until no two neighbours have a merge.
 */
export class Bpe implements WordModel {
  readonly idLimit: number;
  readonly unknownId: number;
  readonly #ids = new Map<string, number>();
  /** By the left id x {@link idLimit} + the right id. */
  readonly #merges = new Map<number, Merge>();
  readonly #fuseUnknown: boolean;
  /** A word of the vocabulary is its token, whatever the merges say. */
  readonly #ignoresMerges: boolean;
  readonly #queue = new MergeQueue();
  readonly #cache = new WordCache((word) => this.#merge(word));

  /** @throws NighError `ERR_MODEL_FORMAT`, `ERR_UNSUPPORTED_MODEL` for settings that nigh does not know. */
  constructor(config: Json, where: string) {
    for (const key of REFUSED) {
      if (!config[key]) continue;
      throw new NighError(
        "ERR_UNSUPPORTED_MODEL",
        `${where}.${key} is ${describe(config[key])}, which nigh does not do. Use a model with another tokenizer.`,
      );
    }
    let idLimit = 0;
    for (const [token, id] of Object.entries(asObject(config.vocab, `${where}.vocab`))) {
      const checked = asId(id, `${where}.vocab[${JSON.stringify(token)}]`);
      this.#ids.set(token, checked);
      idLimit = Math.max(idLimit, checked + 1);
    }
    this.idLimit = idLimit;
    for (const [rank, entry] of asArray(config.merges, `${where}.merges`).entries()) {
      this.#addMerge(rank, entry, `${where}.merges[${rank}]`);
    }
    this.unknownId = this.#findUnknown(config.unk_token, `${where}.unk_token`);
    this.#fuseUnknown = asFlag(config.fuse_unk, `${where}.fuse_unk`, false);
    this.#ignoresMerges = asFlag(config.ignore_merges, `${where}.ignore_merges`, false);
  }

  idOf(token: string): number | undefined {
    return this.#ids.get(token);
  }

  encode(word: string, ids: number[]): void {
    for (const id of this.#cache.idsOf(word)) ids.push(id);
  }

  /** A merge is "left right" or, since 0.20 of tokenizers, a list of the two. */
  #addMerge(rank: number, entry: unknown, where: string): void {
    const parts = typeof entry === "string" ? entry.split(" ") : asArray(entry, where);
    if (parts.length !== 2) throw malformed(where, "two tokens", entry);
    const [left, right] = parts.map((part) => asString(part, where)) as [string, string];
    const [leftId, rightId, token] = [left, right, left + right].map((part) => {
      const id = this.#ids.get(part);
      if (id === undefined) throw malformed(where, "of tokens of the vocab", part);
      return id;
    }) as [number, number, number];
    const key = leftId * this.idLimit + rightId;
    // Of a merge that comes twice, the last rank counts, as in Rust.
    this.#merges.set(key, { rank, token });
  }

  #findUnknown(value: unknown, where: string): number {
    if (value === null || value === undefined) return -1;
    const id = this.#ids.get(asString(value, where));
    if (id === undefined) throw malformed(where, "a token of its vocab", value);
    return id;
  }

  #merge(word: string): readonly number[] {
    const whole = this.#ignoresMerges ? this.#ids.get(word) : undefined;
    if (whole !== undefined) return [whole];
    const tokens = this.#characters(word);
    // Neighbours by place; a token that was merged into its left one is -1.
    const next = Int32Array.from(tokens, (_, i) => i + 1);
    const previous = Int32Array.from(tokens, (_, i) => i - 1);
    const queue = this.#queue;
    queue.clear();
    const offer = (left: number): void => {
      const right = next[left] as number;
      const merge = right < tokens.length ? this.#mergeOf(tokens, left, right) : undefined;
      if (merge) queue.push(merge.rank, left, merge.token);
    };
    for (let i = 0; i + 1 < tokens.length; i++) offer(i);
    while (queue.pop()) {
      const { place, token } = queue;
      const right = next[place] as number;
      // Merges of tokens that are gone are still in the queue.
      if (tokens[place] === -1 || right >= tokens.length) continue;
      if (this.#mergeOf(tokens, place, right)?.token !== token) continue;
      tokens[place] = token;
      tokens[right] = -1;
      const after = next[right] as number;
      next[place] = after;
      if (after < tokens.length) previous[after] = place;
      const before = previous[place] as number;
      if (before >= 0) offer(before);
      offer(place);
    }
    return tokens.filter((token) => token !== -1);
  }

  #mergeOf(tokens: readonly number[], left: number, right: number): Merge | undefined {
    return this.#merges.get((tokens[left] as number) * this.idLimit + (tokens[right] as number));
  }

  /** The token of each character; one that is not in the vocabulary is unknown or, as in Rust, nothing. */
  #characters(word: string): number[] {
    const tokens: number[] = [];
    let isAfterUnknown = false;
    for (const character of word) {
      const id = this.#ids.get(character);
      const fused = id === undefined && isAfterUnknown && this.#fuseUnknown;
      isAfterUnknown = id === undefined;
      const token = id ?? this.unknownId;
      if (token !== -1 && !fused) tokens.push(token);
    }
    return tokens;
  }
}
