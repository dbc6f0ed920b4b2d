import { NighError } from "../shared/errors.js";
import { bertNormalizer } from "./bert-normalizer.js";
import { characterClass } from "./code-points.js";
import { asArray, asFlag, asObject, asString, type Json } from "./json.js";
import { ReplaceNormalizer } from "./library.js";
import { Precompiled } from "./precompiled.js";
import { lowerCase, normalizeForm } from "./unicode-forms.js";
import { MARKS, WHITE_SPACE } from "./unicode-tables.js";

/** Text to text; knows nothing of what comes before or after. */
export type Normalize = (text: string) => string;

const marks = new RegExp(characterClass(MARKS), "gu");
const whiteSpace = new RegExp(characterClass(WHITE_SPACE), "u");

/**
 * The function of a "normalizer" of tokenizer.json.
 *
 * @throws NighError `ERR_MODEL_FORMAT`; `ERR_UNSUPPORTED_MODEL` for a type nigh does not know.
 */
export function createNormalizer(value: unknown, where: string): Normalize {
  if (value === null || value === undefined) return (text) => text;
  const config = asObject(value, where);
  const type = asString(config.type, `${where}.type`);
  switch (type) {
    case "BertNormalizer":
      return createBertNormalizer(config, where);
    case "NFC":
    case "NFD":
    case "NFKC":
    case "NFKD":
      return (text) => normalizeForm(text, type);
    case "Lowercase":
      return lowerCase;
    case "StripAccents":
      return (text) => text.replace(marks, "");
    case "Strip":
      return createStrip(config, where);
    case "Replace":
      return createReplace(config, where);
    case "Precompiled": {
      const precompiled = new Precompiled(config, where);
      return (text) => precompiled.normalize(text);
    }
    case "Prepend": {
      const prefix = asString(config.prepend, `${where}.prepend`);
      return (text) => (text === "" ? text : prefix + text);
    }
    case "Sequence": {
      const steps = asArray(config.normalizers, `${where}.normalizers`).map((step, i) =>
        createNormalizer(step, `${where}.normalizers[${i}]`),
      );
      return (text) => steps.reduce((result, step) => step(result), text);
    }
    default:
      throw new NighError(
        "ERR_UNSUPPORTED_MODEL",
        `${where}: the normalizer "${type}" is not supported. Use a model with another tokenizer.`,
      );
  }
}

/** Whether the normalizer itself has a step "Lowercase", as sentence-transformers looks for it. */
export function hasLowercase(value: unknown): boolean {
  if (value === null || typeof value !== "object") return false;
  if (!("type" in value)) return false;
  if (value.type === "Lowercase") return true;
  if (value.type !== "Sequence" || !("normalizers" in value)) return false;
  return asArray(value.normalizers, "tokenizer.json: normalizer.normalizers").some((step) => {
    return step !== null && typeof step === "object" && "type" in step && step.type === "Lowercase";
  });
}

function createBertNormalizer(config: Json, where: string): Normalize {
  const flag = (key: string, fallback = true) => asFlag(config[key], `${where}.${key}`, fallback);
  const lowercase = flag("lowercase");
  return bertNormalizer({
    cleanText: flag("clean_text"),
    handleChineseChars: flag("handle_chinese_chars"),
    // Rust's default, written as null: accents go where capitals go.
    stripAccents: flag("strip_accents", lowercase),
    lowercase,
  });
}

function createStrip(config: Json, where: string): Normalize {
  const left = asFlag(config.strip_left, `${where}.strip_left`, true);
  const right = asFlag(config.strip_right, `${where}.strip_right`, true);
  return (text) => {
    let start = 0;
    let end = text.length;
    // Loops, since a regular expression for trailing white space takes quadratic time.
    if (left) while (start < end && whiteSpace.test(text[start] ?? "")) start++;
    if (right) while (end > start && whiteSpace.test(text[end - 1] ?? "")) end--;
    return text.slice(start, end);
  };
}

function createReplace(config: Json, where: string): Normalize {
  const pattern = asObject(config.pattern, `${where}.pattern`);
  const content = asString(config.content, `${where}.content`);
  if (typeof pattern.String === "string") {
    const searched = pattern.String;
    return (text) => text.replaceAll(searched, () => content);
  }
  // The library translates the regular expressions of Rust; "$" has no meaning in Rust's content.
  const regex = asString(pattern.Regex, `${where}.pattern.Regex`);
  const replace = new ReplaceNormalizer({
    type: "Replace",
    pattern: { Regex: regex },
    content: content.replaceAll("$", "$$$$"),
  });
  return (text) => replace.normalize(text);
}
