import { characterClass } from "./code-points.js";
import { lowerCase, normalizeForm } from "./unicode-forms.js";
import {
  CJK_IDEOGRAPHS,
  NONSPACING_MARKS,
  REMOVED_BY_CLEAN_TEXT,
  WHITE_SPACE,
} from "./unicode-tables.js";

/** What a "BertNormalizer" of tokenizer.json does, in this order. */
export interface BertNormalizerSettings {
  /** Removes control characters and makes every white space a space. */
  cleanText: boolean;
  /** Sets CJK ideographs between spaces, so that each becomes a word. */
  handleChineseChars: boolean;
  /** Decomposes (NFD) and removes nonspacing marks. */
  stripAccents: boolean;
  lowercase: boolean;
}

const notAscii = /[^\0-\x7f]/;
const notPlain = /[^ -~]/;
const removed = new RegExp(characterClass(REMOVED_BY_CLEAN_TEXT), "gu");
const whiteSpace = new RegExp(characterClass(WHITE_SPACE), "gu");
const ideographs = new RegExp(characterClass(CJK_IDEOGRAPHS), "gu");
const nonspacingMarks = new RegExp(characterClass(NONSPACING_MARKS), "gu");

/**
 * BertNormalizer as Rust's tokenizers does it: with that library's character tables, and accents
 * stripped before lowercasing.
 */
export function bertNormalizer(settings: BertNormalizerSettings): (text: string) => string {
  const { cleanText, handleChineseChars, stripAccents, lowercase } = settings;
  return (text) => {
    let result = text;
    if (cleanText && notPlain.test(result)) {
      result = result.replace(removed, "").replace(whiteSpace, " ");
    }
    if (!notAscii.test(result)) return lowercase ? result.toLowerCase() : result;
    if (handleChineseChars) result = result.replace(ideographs, " $& ");
    if (stripAccents) result = normalizeForm(result, "NFD").replace(nonspacingMarks, "");
    return lowercase ? lowerCase(result) : result;
  };
}
