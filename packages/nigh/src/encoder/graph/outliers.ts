/**
 * What is done about the few numbers that are far larger than the others beside them, so that the
 * others are not rounded to nothing. Sizes are those that calibration saw; limits are by measurement on
 * all-MiniLM-L6-v2 and all-mpnet-base-v2.
 */

/**
 * A unit between the feed-forward matrices that is beyond this multiple of the median unit is computed in
 * float32 beside the others, as long as those are at most this share of all.
 */
const UNIT_RATIO = 4;
const UNIT_SHARE = 1 / 64;

/** An input column beyond this multiple of the median column is split … */
const COLUMN_RATIO = 3;
/** … into shares of about this multiple. */
const SHARE_RATIO = 2.5;
const MOST_SHARES = 33;

/**
 * @param max the largest size of each unit.
 * @returns places of the units that are computed in float32.
 */
export function outlierUnits(max: Float32Array): readonly number[] {
  const limit = UNIT_RATIO * median(max);
  return [...max.keys()]
    .filter((unit) => (max[unit] as number) > limit)
    .sort((a, b) => (max[b] as number) - (max[a] as number))
    .slice(0, Math.floor(max.length * UNIT_SHARE));
}

/**
 * Input columns of which the large ones are there several times, each with its share of the value
 * (outlier channel splitting, Zhao et al. 2019): their products with the same weights add up. Copies come
 * in pairs of opposite sign: two large products of the same sign side by side would saturate 16 bits.
 */
export interface SplitColumns {
  /** The column that stands at each place; the columns themselves come first. */
  readonly sources: Int32Array;
  /** Those behind them. */
  readonly copies: Int32Array;
  /** How many places the column at each place has, an odd number; negative where the sign is turned. */
  readonly times: Int32Array;
}

/** @param max the largest size of each column. */
export function splitColumns(max: Float32Array): SplitColumns {
  const middle = Math.max(median(max), 1e-5);
  const shares = Array.from(max, (size) => {
    const ratio = size / middle;
    return ratio > COLUMN_RATIO ? Math.min(Math.ceil(ratio / SHARE_RATIO) | 1, MOST_SHARES) : 1;
  });
  const copies = Int32Array.from(
    shares.flatMap((share, column) => new Array<number>(share - 1).fill(column)),
  );
  const sources = Int32Array.from([...shares.keys(), ...copies]);
  const times = sources.map((column, i) => {
    const isTurned = i >= max.length && (i - max.length) % 2 === 1;
    return (shares[column] as number) * (isTurned ? -1 : 1);
  });
  return { sources, copies, times };
}

function median(numbers: Float32Array): number {
  return numbers.toSorted()[numbers.length >> 1] as number;
}
