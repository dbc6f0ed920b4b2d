import { NighError } from "../shared/errors.js";

/**
 * Pearson's correlation of two lists, -1 to 1; 0 where one of them is constant, for which there is none.
 *
 * @throws NighError `ERR_INVALID_ARGUMENT` when the lists are empty or differ in length, or a number is not finite.
 */
export function pearsonCorrelation(a: ArrayLike<number>, b: ArrayLike<number>): number {
  checkLists("pearsonCorrelation", a, b);
  return correlation(Array.from(a), Array.from(b));
}

/**
 * Spearman's rank correlation, -1 to 1: Pearson's of the ranks, where equal numbers share the mean of their ranks, as in scipy.
 * 0 where one list is constant.
 *
 * @throws NighError as {@link pearsonCorrelation}.
 */
export function spearmanCorrelation(a: ArrayLike<number>, b: ArrayLike<number>): number {
  checkLists("spearmanCorrelation", a, b);
  return correlation(averageRanks(a), averageRanks(b));
}

function correlation(a: readonly number[], b: readonly number[]): number {
  const [fromA, fromB] = [deviations(a), deviations(b)];
  const [lengthA, lengthB] = [length(fromA), length(fromB)];
  if (lengthA === 0 || lengthB === 0) return 0;
  const sum = fromA.reduce((total, x, i) => total + (x / lengthA) * ((fromB[i] ?? 0) / lengthB), 0);
  // Rounding may lead a hair beyond.
  return Math.max(-1, Math.min(1, sum));
}

/** Equal numbers have no deviation, whatever the rounding of their mean. */
function deviations(values: readonly number[]): number[] {
  if (values.every((value) => value === values[0])) return values.map(() => 0);
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  return values.map((value) => value - mean);
}

/** Scaled by the largest, whose square might overflow or vanish. */
function length(values: readonly number[]): number {
  const largest = values.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
  if (largest === 0) return 0;
  return largest * Math.sqrt(values.reduce((sum, x) => sum + (x / largest) ** 2, 0));
}

function averageRanks(values: ArrayLike<number>): number[] {
  const order = Array.from(values, (value, i) => ({ value, i })).sort((a, b) => a.value - b.value);
  const ranks = new Array<number>(values.length).fill(0);
  let from = 0;
  while (from < order.length) {
    let to = from + 1;
    while (to < order.length && order[to]?.value === order[from]?.value) to += 1;
    for (let place = from; place < to; place++) {
      ranks[order[place]?.i as number] = (from + to + 1) / 2;
    }
    from = to;
  }
  return ranks;
}

function checkLists(where: string, a: ArrayLike<number>, b: ArrayLike<number>): void {
  if (a?.length === undefined || a.length === 0 || a.length !== b?.length) {
    throw new NighError(
      "ERR_INVALID_ARGUMENT",
      `${where}: expected two lists of numbers of the same length, at least 1, found ${a?.length} and ${b?.length}.`,
    );
  }
  for (const [list, name] of [
    [a, "first"],
    [b, "second"],
  ] as const) {
    for (let i = 0; i < list.length; i++) {
      if (Number.isFinite(list[i])) continue;
      throw new NighError(
        "ERR_INVALID_ARGUMENT",
        `${where}: number ${i} of the ${name} list is ${list[i]}: expected finite numbers.`,
      );
    }
  }
}
