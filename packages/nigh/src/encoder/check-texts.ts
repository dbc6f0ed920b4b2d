import { describe } from "../shared/describe.js";
import { NighError } from "../shared/errors.js";

/** @throws NighError `ERR_INVALID_TEXT` naming the first that is no string or has lone surrogates. */
export function checkTexts(where: string, texts: unknown): asserts texts is readonly string[] {
  if (!Array.isArray(texts)) {
    throw new NighError(
      "ERR_INVALID_TEXT",
      `${where}: expected a string or an array of strings, found ${describe(texts)}.`,
    );
  }
  // Not .every: it would pass over the holes of a sparse array.
  for (let i = 0; i < texts.length; i++) {
    const text: unknown = texts[i];
    if (typeof text !== "string") {
      throw new NighError(
        "ERR_INVALID_TEXT",
        `${where}: text ${i} must be a string, found ${describe(text)}.`,
      );
    }
    if (!text.isWellFormed()) {
      throw new NighError(
        "ERR_INVALID_TEXT",
        `${where}: text ${i} has a lone surrogate (half of a character): it is no valid Unicode. Use text.toWellFormed().`,
      );
    }
  }
}
