import { join } from "node:path";
import { NighError } from "../../src/shared/errors.js";
import { Tokenizer, type TokenizerOptions } from "../../src/tokens/tokenizer.js";
import { BUNDLED_MODEL, fixture, readJson, TINY_MODEL } from "../encoder/fixtures.js";

export const FOLDERS = {
  "all-minilm-l6-v2": BUNDLED_MODEL,
  "tiny-multilingual-bert": TINY_MODEL,
  "tiny-roberta": fixture("models/tiny-roberta"),
} as const;
export type Model = keyof typeof FOLDERS;
export const MODELS = Object.keys(FOLDERS) as Model[];

/** First and last id of every text, and the id that fills batches up. */
export const SPECIALS = {
  "all-minilm-l6-v2": { first: 101, last: 102, pad: 0 },
  "tiny-multilingual-bert": { first: 0, last: 2, pad: 1 },
  "tiny-roberta": { first: 0, last: 2, pad: 1 },
} as const;

export type Changes = Record<string, unknown>;

/** The cases of a file of the fixtures. */
export function casesOf<T>(name: string): T {
  return readJson<{ cases: T }>(fixture(`tokens/${name}.json`)).cases;
}

function read(model: Model, file: string): Changes {
  return readJson(join(FOLDERS[model], file));
}

/** A model's tokenizer with parts of its files changed, as the script of the fixtures does it. */
export function changed(
  model: Model,
  json: Changes,
  config: Changes | null,
  options: TokenizerOptions,
) {
  const tokenizerJson = read(model, "tokenizer.json");
  for (const [key, value] of Object.entries(json)) {
    if (key === "added_tokens") {
      tokenizerJson[key] = [...(tokenizerJson[key] as unknown[]), ...(value as unknown[])];
    } else if (key === "model") {
      const [old, change] = [tokenizerJson[key] as Changes, value as Changes];
      const vocab = Array.isArray(old.vocab)
        ? [...old.vocab, ...(change.vocab as unknown[])]
        : { ...(old.vocab as Changes), ...(change.vocab as Changes) };
      tokenizerJson[key] = { ...old, ...change, vocab };
    } else {
      tokenizerJson[key] = value;
    }
  }
  const tokenizerConfig = config && { ...read(model, "tokenizer_config.json"), ...config };
  return new Tokenizer(tokenizerJson, tokenizerConfig ?? undefined, options);
}

export const idsOf = (tokenizer: Tokenizer, text: string) => [...tokenizer.encode(text).ids];

/** The NighError that some work throws or rejects with. */
export async function errorOf(work: () => unknown): Promise<NighError> {
  try {
    await work();
  } catch (error) {
    if (error instanceof NighError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}
