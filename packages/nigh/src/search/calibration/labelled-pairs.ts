import { describe } from "../../shared/describe.js";
import { NighError } from "../../shared/errors.js";
import { checkBothLabels, checkLabel } from "./labelled-scores.js";

/** Two texts, and whether they belong together (1) or not (0). For a search the first is the query, the second a document. */
export interface LabelledPair {
  readonly sentence1: string;
  readonly sentence2: string;
  readonly label: number;
}

/**
 * @param both whether there must be pairs of both labels.
 * @throws NighError `ERR_INVALID_ARGUMENT` naming the pair; for no pairs, and as asked for labels that are all the same.
 */
export function checkLabelledPairs(
  where: string,
  pairs: readonly LabelledPair[],
  { both }: { both: boolean },
): void {
  if (!Array.isArray(pairs) || pairs.length === 0) {
    const found = Array.isArray(pairs) ? "none" : describe(pairs);
    throw invalid(where, `expected a list of { sentence1, sentence2, label }, found ${found}`);
  }
  for (const [i, pair] of pairs.entries()) {
    const { sentence1, sentence2, label } = (pair ?? {}) as Partial<LabelledPair>;
    for (const [name, text] of Object.entries({ sentence1, sentence2 })) {
      if (typeof text === "string") continue;
      throw invalid(where, `"${name}" of pair ${i} must be a string, found ${describe(text)}`);
    }
    checkLabel(where, i, label);
  }
  if (both) {
    checkBothLabels(
      where,
      pairs.map(({ label }) => label),
    );
  }
}

function invalid(where: string, message: string): NighError {
  return new NighError("ERR_INVALID_ARGUMENT", `${where}: ${message}.`);
}
