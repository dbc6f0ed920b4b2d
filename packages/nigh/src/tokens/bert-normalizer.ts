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
const asciiRemoved = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f]/g;
const asciiWhiteSpace = /[\t\n\r]/g;
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
    if (!notAscii.test(text)) {
      const clean = cleanText
        ? text.replace(asciiRemoved, "").replace(asciiWhiteSpace, " ")
        : text;
      return lowercase ? clean.toLowerCase() : clean;
    }
    let result = text;
    if (cleanText) result = result.replace(removed, "").replace(whiteSpace, " ");
    if (handleChineseChars) result = result.replace(ideographs, " $& ");
    if (stripAccents) result = normalizeForm(result, "NFD").replace(nonspacingMarks, "");
    return lowercase ? lowerCase(result) : result;
  };
}
