import { describe } from "../../shared/describe.js";
import { NighError } from "../../shared/errors.js";

/** How alike two texts were found, and whether they are (1) or not (0). */
export interface LabelledScore {
  readonly score: number;
  readonly label: number;
}

/**
 * Checks scores and labels by which a threshold is to be found.
 *
 * @param where the call, in messages.
 * @throws NighError `ERR_INVALID_ARGUMENT` naming the pair for a label other than 0 and 1 or a score that is not finite; when there
 * are no pairs; when all labels are the same.
 */
export function checkLabelledScores(where: string, pairs: readonly LabelledScore[]): void {
  if (!Array.isArray(pairs)) {
    throw invalid(where, `expected a list of { score, label }, found ${describe(pairs)}`);
  }
  for (const [i, pair] of pairs.entries()) {
    const { score, label } = pair ?? {};
    checkLabel(where, i, label);
    if (typeof score === "number" && Number.isFinite(score)) continue;
    throw invalid(
      where,
      `the score of pair ${i} must be a finite number, found ${describe(score)}`,
    );
  }
  checkBothLabels(
    where,
    pairs.map(({ label }) => label),
  );
}

/** @throws NighError `ERR_INVALID_ARGUMENT` for what is neither 0 nor 1. */
export function checkLabel(where: string, i: number, label: unknown): asserts label is 0 | 1 {
  if (label === 0 || label === 1) return;
  throw invalid(
    where,
    `the label of pair ${i} must be 1 (they belong together) or 0, found ${describe(label)}`,
  );
}

/** @throws NighError `ERR_INVALID_ARGUMENT` for no labels, and for labels that are all the same. */
export function checkBothLabels(where: string, labels: readonly number[]): void {
  if (labels.length === 0) throw invalid(where, "there are no pairs: expected some of each label");
  if (labels.includes(0) && labels.includes(1)) return;
  throw invalid(
    where,
    `all ${labels.length} pairs have the label ${labels[0]}: a threshold tells two kinds apart, so give pairs of both labels, 1 and 0`,
  );
}

function invalid(where: string, message: string): NighError {
  return new NighError("ERR_INVALID_ARGUMENT", `${where}: ${message}.`);
}
