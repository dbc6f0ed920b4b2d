import { z } from "zod";
import { NighError } from "../../shared/errors.js";
import { Tokenizer } from "../../tokens/tokenizer.js";
import type { TokenIds } from "../engine.js";
import { needFolderJson } from "../folder-json.js";
import type { Model2VecConfig } from "../modules/static-embedding.js";

/** Some of tokenizer.json; the rest is `Tokenizer`'s. */
const TokenizerSchema = z.looseObject({
  truncation: z
    .object({ max_length: z.int().positive(), direction: z.string().default("Right") })
    .nullish(),
  model: z.looseObject({
    vocab: z.union([
      z.record(z.string(), z.number()),
      z.array(z.tuple([z.string(), z.number()]).rest(z.unknown())),
    ]),
  }),
  added_tokens: z.array(z.looseObject({ content: z.string() })).nullish(),
});

type TokenizerJson = z.infer<typeof TokenizerSchema>;

/** What reads any number of tokens. */
const NO_LIMIT = Number.MAX_SAFE_INTEGER;

/** Token ids as a static model reads them: tokenizer.json alone counts, and no special tokens go around a text. */
export class StaticTokenizer {
  readonly #tokenizer: Tokenizer;
  readonly #maxCharacters: number;
  readonly #dropsUnknown: boolean;

  private constructor(tokenizer: Tokenizer, maxCharacters: number, dropsUnknown: boolean) {
    this.#tokenizer = tokenizer;
    this.#maxCharacters = maxCharacters;
    this.#dropsUnknown = dropsUnknown;
  }

  /**
   * @param path of tokenizer.json.
   * @param model2vec its limits, and unknown tokens dropped, as in model2vec; undefined: the truncation of tokenizer.json, and
   * unknown tokens kept, as in sentence-transformers.
   * @throws NighError `ERR_MODEL_FORMAT`, `ERR_UNSUPPORTED_MODEL`, `ERR_FILE`.
   */
  static async load(
    path: string,
    model2vec: Model2VecConfig | undefined,
  ): Promise<StaticTokenizer> {
    const json = await needFolderJson(path, TokenizerSchema);
    const maxLength = model2vec === undefined ? truncationOf(path, json) : model2vec.maxLength;
    const tokenizer = new Tokenizer(json, undefined, {
      maxLength: maxLength ?? NO_LIMIT,
      like: "tokenizers",
    });
    // As model2vec does it, before it tokenizes: a text has so many characters as tokens of the usual length have.
    const maxCharacters =
      model2vec === undefined || maxLength === null
        ? NO_LIMIT
        : maxLength * medianTokenLength(json);
    return new StaticTokenizer(tokenizer, maxCharacters, model2vec !== undefined);
  }

  /** Tokens of a text that count; Infinity where all do. */
  get maxLength(): number {
    const { maxLength } = this.#tokenizer;
    return maxLength === NO_LIMIT ? Number.POSITIVE_INFINITY : maxLength;
  }

  /** One more than the highest id that a text can have. */
  get idLimit(): number {
    return this.#tokenizer.idLimit;
  }

  encode(text: string): TokenIds {
    const read = firstCharacters(text, this.#maxCharacters);
    const { ids, truncated } = this.#tokenizer.encode(read);
    const { unknownId } = this.#tokenizer;
    const isKept = !this.#dropsUnknown || !ids.includes(unknownId);
    return {
      ids: isKept ? ids : ids.filter((id) => id !== unknownId),
      truncated: truncated || read.length < text.length,
    };
  }
}

function truncationOf(path: string, { truncation }: TokenizerJson): number | null {
  if (truncation?.direction === "Left") {
    throw new NighError(
      "ERR_UNSUPPORTED_MODEL",
      `${path} cuts the beginning of long texts (truncation.direction "Left"); nigh cuts their end: use another model.`,
    );
  }
  return truncation?.max_length ?? null;
}

function medianTokenLength({ model: { vocab }, added_tokens }: TokenizerJson): number {
  const words = Array.isArray(vocab) ? vocab.map(([token]) => token) : Object.keys(vocab);
  const tokens = new Set([...words, ...(added_tokens ?? []).map(({ content }) => content)]);
  const lengths = Float64Array.from(tokens, charactersOf).sort();
  const middle = lengths.length / 2;
  const upper = lengths[Math.floor(middle)] ?? 0;
  const lower = Number.isInteger(middle) ? (lengths[middle - 1] ?? 0) : upper;
  return Math.trunc((lower + upper) / 2);
}

function charactersOf(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}

/** At most so many code points from the start of a text. */
function firstCharacters(text: string, limit: number): string {
  if (text.length <= limit) return text;
  let end = 0;
  for (let count = 0; count < limit && end < text.length; count++) {
    end += (text.codePointAt(end) as number) > 0xffff ? 2 : 1;
  }
  return text.slice(0, end);
}
