import { describe } from "../../shared/describe.js";
import { NighError } from "../../shared/errors.js";
import { checkTexts } from "../check-texts.js";
import type { TextPair } from "../worker-messages.js";

/** Whether predict() was given one pair and not a list of them: as in Python, a list whose first element is no list. */
export function isSinglePair(input: unknown): input is TextPair {
  return Array.isArray(input) && input.length > 0 && !Array.isArray(input[0]);
}

/** @throws NighError `ERR_INVALID_TEXT` naming the first that is no pair of well-formed strings. */
export function checkPairs(where: string, pairs: unknown): asserts pairs is readonly TextPair[] {
  if (!Array.isArray(pairs)) {
    throw new NighError(
      "ERR_INVALID_TEXT",
      `${where}: expected a pair of texts or an array of pairs, found ${describe(pairs)}.`,
    );
  }
  // Not .forEach: it would pass over the holes of a sparse array.
  for (let i = 0; i < pairs.length; i++) {
    const pair: unknown = pairs[i];
    if (!Array.isArray(pair) || pair.length !== 2) {
      const found = Array.isArray(pair) ? `an array of ${pair.length}` : describe(pair);
      throw new NighError(
        "ERR_INVALID_TEXT",
        `${where}: pair ${i} must be an array of two texts, [query, document], found ${found}.`,
      );
    }
    checkTexts(`${where}: pair ${i}`, pair);
  }
}
