import { NighError } from "../shared/errors.js";
import { asArray, asId, asObject, asString, type Json, malformed } from "./json.js";

/** A part of what two texts become: the tokens of one of them, or special tokens. */
export interface PairPart {
  /** 0 or 1 for a text's tokens, undefined for special ones. */
  readonly text: 0 | 1 | undefined;
  /** The special tokens. */
  readonly ids: readonly number[];
  /** The token type that all of them have. */
  readonly type: number;
}

/** What two texts that go together become, such as [CLS] first [SEP] second [SEP]. */
export type PairTemplate = readonly PairPart[];

const FIRST: PairPart = { text: 0, ids: [], type: 0 };
const SECOND: PairPart = { text: 1, ids: [], type: 1 };
const PLAIN: PairTemplate = [FIRST, SECOND];

/**
 * The special tokens that a "post_processor" of tokenizer.json adds to a pair of texts.
 *
 * @throws NighError `ERR_MODEL_FORMAT`; `ERR_UNSUPPORTED_MODEL` for one that nigh does not know.
 */
export function createPairTemplate(value: unknown, where: string): PairTemplate {
  if (value === null || value === undefined) return PLAIN;
  const config = asObject(value, where);
  const type = asString(config.type, `${where}.type`);
  const special = (key: "cls" | "sep", tokenType: number): PairPart => ({
    text: undefined,
    ids: [asId(asArray(config[key], `${where}.${key}`)[1], `${where}.${key}[1]`)],
    type: tokenType,
  });
  switch (type) {
    case "TemplateProcessing":
      return readTemplate(config, where);
    case "BertProcessing":
      return [special("cls", 0), FIRST, special("sep", 0), SECOND, special("sep", 1)];
    case "RobertaProcessing": {
      const sep = special("sep", 0);
      return [special("cls", 0), FIRST, sep, sep, { ...SECOND, type: 0 }, sep];
    }
    // Only moves offsets.
    case "ByteLevel":
      return PLAIN;
    case "Sequence": {
      const parts = asArray(config.processors, `${where}.processors`)
        .map((step, i) => createPairTemplate(step, `${where}.processors[${i}]`))
        .filter((template) => template !== PLAIN);
      if (parts.length <= 1) return parts[0] ?? PLAIN;
      throw unsupported(where, "several that add tokens to a pair");
    }
    default:
      throw unsupported(where, `"${type}"`);
  }
}

function readTemplate(config: Json, where: string): PairTemplate {
  const specials = asObject(config.special_tokens, `${where}.special_tokens`);
  const items = asArray(config.pair, `${where}.pair`);
  const template = items.map((value, i): PairPart => {
    const at = `${where}.pair[${i}]`;
    const item = asObject(value, at);
    if ("Sequence" in item) {
      const { id, type_id } = asObject(item.Sequence, `${at}.Sequence`);
      if (id !== "A" && id !== "B") throw malformed(`${at}.Sequence.id`, '"A" or "B"', id);
      return { text: id === "A" ? 0 : 1, ids: [], type: asId(type_id, `${at}.Sequence.type_id`) };
    }
    const special = asObject(item.SpecialToken, `${at}.SpecialToken`);
    const name = asString(special.id, `${at}.SpecialToken.id`);
    const named = `${where}.special_tokens["${name}"]`;
    const ids = asArray(asObject(specials[name], named).ids, `${named}.ids`);
    return {
      text: undefined,
      ids: ids.map((id) => asId(id, `${named}.ids`)),
      type: asId(special.type_id, `${at}.SpecialToken.type_id`),
    };
  });
  const texts = template.flatMap(({ text }) => text ?? []).toSorted();
  if (texts.join() === "0,1") return template;
  throw malformed(`${where}.pair`, "a template with two texts", items);
}

function unsupported(where: string, what: string): NighError {
  return new NighError(
    "ERR_UNSUPPORTED_MODEL",
    `${where}: expected a post-processor that nigh knows, found ${what}. Use a model with another tokenizer.`,
  );
}
