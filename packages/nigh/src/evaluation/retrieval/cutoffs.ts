import { describe } from "../../shared/describe.js";
import { NighError } from "../../shared/errors.js";
import { checkInteger } from "../../shared/options.js";
import type { RankingMetricName } from "../metrics/ranking-metrics.js";

/** At which k each metric is measured. */
export interface CutoffOptions {
  /** Default [10]. */
  mrrAtK?: readonly number[];
  /** Default [10]. */
  ndcgAtK?: readonly number[];
  /** Default [1, 3, 5, 10]. */
  accuracyAtK?: readonly number[];
  /** Default [1, 3, 5, 10]. */
  precisionRecallAtK?: readonly number[];
  /** Default [100]. */
  mapAtK?: readonly number[];
}

export type Cutoff = readonly [metric: RankingMetricName, k: number];

/** In the order of sentence-transformers. @throws NighError `ERR_INVALID_ARGUMENT`. */
export function interpretCutoffs(where: string, options: CutoffOptions): readonly Cutoff[] {
  const ks = (name: keyof CutoffOptions, otherwise: readonly number[]) =>
    checkCutoffs(where, name, options[name], otherwise);
  const precisionRecall = ks("precisionRecallAtK", [1, 3, 5, 10]);
  const cutoffs: Record<RankingMetricName, readonly number[]> = {
    accuracy: ks("accuracyAtK", [1, 3, 5, 10]),
    precision: precisionRecall,
    recall: precisionRecall,
    ndcg: ks("ndcgAtK", [10]),
    mrr: ks("mrrAtK", [10]),
    map: ks("mapAtK", [100]),
  };
  return Object.entries(cutoffs).flatMap(([metric, values]) =>
    values.map((k): Cutoff => [metric as RankingMetricName, k]),
  );
}

function checkCutoffs(
  where: string,
  name: string,
  value: readonly number[] | undefined,
  otherwise: readonly number[],
): readonly number[] {
  if (value === undefined) return otherwise;
  if (Array.isArray(value) && value.length > 0) {
    return [...new Set(value.map((k) => checkInteger(where, name, k, 1)))];
  }
  throw new NighError(
    "ERR_INVALID_ARGUMENT",
    `${where}: "${name}" must be a list of at least one whole number, found ${describe(value)}.`,
  );
}
