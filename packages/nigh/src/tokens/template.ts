import { NighError } from "../shared/errors.js";
import { asArray, asId, asObject, asString, type Json, malformed } from "./json.js";

/** The special tokens that go around the tokens of a text, such as [CLS] and [SEP]. */
export interface Template {
  readonly before: readonly number[];
  readonly after: readonly number[];
}

const NOTHING: Template = { before: [], after: [] };

/**
 * The special tokens that a "post_processor" of tokenizer.json adds to a single text.
 *
 * @throws NighError `ERR_MODEL_FORMAT`; `ERR_UNSUPPORTED_MODEL` for a type nigh does not know.
 */
export function createTemplate(value: unknown, where: string): Template {
  if (value === null || value === undefined) return NOTHING;
  const config = asObject(value, where);
  const type = asString(config.type, `${where}.type`);
  switch (type) {
    case "TemplateProcessing":
      return readTemplate(config, where);
    case "BertProcessing":
    case "RobertaProcessing":
      return {
        before: [asId(asArray(config.cls, `${where}.cls`)[1], `${where}.cls[1]`)],
        after: [asId(asArray(config.sep, `${where}.sep`)[1], `${where}.sep[1]`)],
      };
    // Only moves offsets.
    case "ByteLevel":
      return NOTHING;
    case "Sequence":
      return asArray(config.processors, `${where}.processors`)
        .map((step, i) => createTemplate(step, `${where}.processors[${i}]`))
        .reduce(
          (inner, outer) => ({
            before: [...outer.before, ...inner.before],
            after: [...inner.after, ...outer.after],
          }),
          NOTHING,
        );
    default:
      throw new NighError(
        "ERR_UNSUPPORTED_MODEL",
        `${where}: the post-processor "${type}" is not supported. Use a model with another tokenizer.`,
      );
  }
}

function readTemplate(config: Json, where: string): Template {
  const specials = asObject(config.special_tokens, `${where}.special_tokens`);
  const before: number[] = [];
  const after: number[] = [];
  let place: number[] | undefined = before;
  for (const [i, value] of asArray(config.single, `${where}.single`).entries()) {
    const item = asObject(value, `${where}.single[${i}]`);
    if ("Sequence" in item) {
      if (place === after) throw malformed(`${where}.single`, "a template with one text", value);
      place = after;
      continue;
    }
    const special = asObject(item.SpecialToken, `${where}.single[${i}].SpecialToken`);
    const name = asString(special.id, `${where}.single[${i}].SpecialToken.id`);
    const at = `${where}.special_tokens["${name}"]`;
    for (const id of asArray(asObject(specials[name], at).ids, `${at}.ids`)) {
      place.push(asId(id, `${at}.ids`));
    }
  }
  if (place !== after) throw malformed(`${where}.single`, "a template with a text", config.single);
  return { before, after };
}
