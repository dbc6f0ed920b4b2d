import { NighError } from "../shared/errors.js";
import { createByteLevel } from "./byte-level.js";
import { codePoints } from "./code-points.js";
import { asArray, asFlag, asObject, asString, type Json } from "./json.js";
import { PUNCTUATION, WHITE_SPACE } from "./unicode-tables.js";

/**
 * Calls `visit` with each word of a text in order, until it returns false.
 *
 * @returns false when `visit` did: then the rest of the text was left alone.
 */
export type PreTokenize = (text: string, visit: (word: string) => boolean) => boolean;

/**
 * The function of a "pre_tokenizer" of tokenizer.json.
 *
 * @throws NighError `ERR_MODEL_FORMAT`; `ERR_UNSUPPORTED_MODEL` for a type nigh does not know.
 */
export function createPreTokenizer(value: unknown, where: string): PreTokenize {
  if (value === null || value === undefined) return (text, visit) => visit(text);
  const config = asObject(value, where);
  const type = asString(config.type, `${where}.type`);
  switch (type) {
    case "BertPreTokenizer":
      return bertWords;
    case "WhitespaceSplit":
      return whiteSpaceWords;
    case "ByteLevel":
      return createByteLevel(config, where);
    case "Metaspace":
      return createMetaspace(config, where);
    case "Sequence":
      return asArray(config.pretokenizers, `${where}.pretokenizers`)
        .map((step, i) => createPreTokenizer(step, `${where}.pretokenizers[${i}]`))
        .reduce((first, then) => (text, visit) => first(text, (word) => then(word, visit)));
    default:
      throw new NighError(
        "ERR_UNSUPPORTED_MODEL",
        `${where}: the pre-tokenizer "${type}" is not supported. Use a model with another tokenizer.`,
      );
  }
}

const WORD = 0;
const SPACE = 1;
const PUNCT = 2;

// No white space and no punctuation lies above.
const kinds = new Uint8Array(0x20000).fill(WORD);
for (const codePoint of codePoints(WHITE_SPACE)) kinds[codePoint] = SPACE;
for (const codePoint of codePoints(PUNCTUATION)) kinds[codePoint] = PUNCT;

/** Splits at white space, which is dropped, and makes each punctuation character a word. */
export function bertWords(text: string, visit: (word: string) => boolean): boolean {
  let wordStart = -1;
  for (let i = 0; i < text.length; ) {
    const codePoint = text.codePointAt(i) ?? 0;
    const next = codePoint > 0xffff ? i + 2 : i + 1;
    const kind = kinds[codePoint] ?? WORD;
    if (kind === WORD) {
      if (wordStart < 0) wordStart = i;
    } else {
      if (wordStart >= 0 && !visit(text.slice(wordStart, i))) return false;
      wordStart = -1;
      if (kind === PUNCT && !visit(text.slice(i, next))) return false;
    }
    i = next;
  }
  return wordStart < 0 || visit(text.slice(wordStart));
}

function whiteSpaceWords(text: string, visit: (word: string) => boolean): boolean {
  let wordStart = -1;
  for (let i = 0; i < text.length; i++) {
    // All white space is a single UTF-16 unit.
    if (kinds[text.charCodeAt(i)] !== SPACE) {
      if (wordStart < 0) wordStart = i;
    } else if (wordStart >= 0) {
      if (!visit(text.slice(wordStart, i))) return false;
      wordStart = -1;
    }
  }
  return wordStart < 0 || visit(text.slice(wordStart));
}

/** SentencePiece's way: spaces become "▁", and each word starts with one. */
function createMetaspace(config: Json, where: string): PreTokenize {
  const mark = asString(config.replacement ?? "▁", `${where}.replacement`);
  const legacy = asFlag(config.add_prefix_space, `${where}.add_prefix_space`, true);
  const scheme = asString(
    config.prepend_scheme ?? (legacy ? "always" : "never"),
    `${where}.prepend_scheme`,
  );
  const split = asFlag(config.split, `${where}.split`, true);
  if (scheme !== "always" && scheme !== "never") {
    throw new NighError(
      "ERR_UNSUPPORTED_MODEL",
      `${where}.prepend_scheme: "${scheme}" is not supported, only "always" and "never".`,
    );
  }
  return (text, visit) => {
    let marked = text.replaceAll(" ", mark);
    if (scheme === "always" && !marked.startsWith(mark)) marked = mark + marked;
    if (!split) return visit(marked);
    // Each mark starts a word, also one that was in the text already.
    let start = 0;
    while (start < marked.length) {
      const found = marked.indexOf(mark, start + mark.length);
      const end = found < 0 ? marked.length : found;
      if (!visit(marked.slice(start, end))) return false;
      start = end;
    }
    return true;
  };
}
