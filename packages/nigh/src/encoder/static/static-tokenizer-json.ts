import { readJson } from "../../tokens/files.js";
import { asArray, asObject, type Json } from "../../tokens/json.js";
import { hasLowercase } from "../../tokens/normalizers.js";
import { partsAsInPython } from "../../tokens/python-classes.js";
import { Tokenizer } from "../../tokens/tokenizer.js";
import type { TransformerModule } from "../modules/transformer.js";

/** A tokenizer.json for a static model, which reads texts as the model does that it is made from. */
export interface StaticTokenizerJson {
  readonly json: Json;
  /** One more than the highest token id. */
  readonly idLimit: number;
  /** Ids that a text may have, from frequent to rare: without special, unknown and unused tokens. */
  readonly wordIds: readonly number[];
}

/** Places that BERT's vocabularies keep free. */
const UNUSED = /^\[unused\d+\]$/u;

/**
 * What tokenizer_config.json and the model's options say is written into tokenizer.json, since a static model has nothing else;
 * nothing goes around a text, and nothing is cut.
 */
export async function staticTokenizerJson(
  teacher: TransformerModule,
): Promise<StaticTokenizerJson> {
  const json = asObject(await readJson(teacher.path, "tokenizer.json", false), "tokenizer.json");
  const config = asObject(
    (await readJson(teacher.path, "tokenizer_config.json", true)) ?? {},
    "tokenizer_config.json",
  );
  const { normalizer, preTokenizer } = partsAsInPython(json, config);
  const lowerCaseFirst = teacher.lowerCase && !hasLowercase(normalizer);
  const written: Json = {
    ...json,
    truncation: null,
    padding: null,
    normalizer: lowerCaseFirst ? lowerCased(normalizer) : (normalizer ?? null),
    pre_tokenizer: preTokenizer ?? null,
    post_processor: null,
  };
  const tokenizer = new Tokenizer(written, undefined, { maxLength: 1, like: "tokenizers" });
  return {
    json: written,
    idLimit: tokenizer.idLimit,
    wordIds: wordIdsOf(written, tokenizer.unknownId),
  };
}

function lowerCased(normalizer: unknown): Json {
  const steps = normalizer === null || normalizer === undefined ? [] : [normalizer];
  return { type: "Sequence", normalizers: [{ type: "Lowercase" }, ...steps] };
}

function wordIdsOf(json: Json, unknownId: number): number[] {
  const { vocab } = asObject(json.model, "tokenizer.json: model");
  const entries: readonly (readonly [string, unknown])[] = Array.isArray(vocab)
    ? vocab.map((entry, id) => [`${entry[0]}`, id])
    : Object.entries(asObject(vocab, "tokenizer.json: model.vocab"));
  const added = asArray(json.added_tokens ?? [], "tokenizer.json: added_tokens").map((token) =>
    asObject(token, "tokenizer.json: added_tokens"),
  );
  const specials = new Set(added.filter(({ special }) => special === true).map(({ id }) => id));
  const words = [...entries, ...added.map(({ content, id }) => [`${content}`, id] as const)]
    .filter(([token, id]) => !specials.has(id) && id !== unknownId && !UNUSED.test(token))
    .map(([, id]) => id as number);
  return [...new Set(words)].sort((a, b) => a - b);
}
