/** Recall and speed of one engine over a ladder of settings. */

export interface Curve {
  readonly engine: string;
  /** What was built, such as "HNSW". */
  readonly index: string;
  readonly mode: "single" | "batch";
  /** From the fastest setting to the one of most recall. */
  readonly points: readonly CurvePoint[];
}

export interface CurvePoint {
  /** The ladder's setting: efSearch or nprobe. */
  readonly setting: number;
  readonly recall: number;
  /** A query, for each round. */
  readonly milliseconds: readonly number[];
}

/**
 * What a query would take at a recall between two points, for each round: the logarithm of the time is taken
 * to be linear in recall. Undefined when the ladder does not reach down or up to the recall.
 */
export function millisecondsAtRecall({ points }: Curve, recall: number): number[] | undefined {
  const above = points.findIndex((point) => point.recall >= recall);
  const [low, high] = [points[above - 1], points[above]];
  if (low === undefined || high === undefined) return undefined;
  const share = (recall - low.recall) / (high.recall - low.recall);
  return high.milliseconds.map((slow, round) => {
    const fast = low.milliseconds[round] as number;
    return fast * (slow / fast) ** share;
  });
}
