import { Matrix } from "../../shared/matrix.js";
import type { SeededRandom } from "../../shared/seeded-random.js";
import type { RowLists } from "../rows/row-lists.js";

/** Rows that the first centroids are chosen from, for each; and where they are chosen with care. */
const ROWS_PER_CENTROID = 16;
const ROWS_WITH_CARE = 64;

/**
 * k-means++ (Arthur and Vassilvitskii 2007): each centroid is a row, taken with a probability proportional to its squared
 * distance to the nearest one that was taken before. To stay quick it chooses from a random part of the rows.
 *
 * @param rows in one list, with ordinals from 0 on, at least `k`.
 * @param care draws 2 + ln k rows for each centroid and takes the one that leaves the least error (greedy k-means++, as scikit-learn).
 * @returns [k, d]; rows come twice only where there are fewer than `k` different ones in the part.
 */
export function chooseFirstCentroids(
  rows: RowLists,
  k: number,
  random: SeededRandom,
  care: boolean,
): Matrix {
  const { arena, size } = rows;
  const { kernels } = arena;
  const total = rows.countOf(0);
  const perCentroid = care ? ROWS_WITH_CARE : ROWS_PER_CENTROID;
  const part = random.sample(Math.min(total, perCentroid * k), total);
  const bytes = 4 * part.length;
  const table = arena.alloc(bytes);
  const distances = arena.alloc(bytes);
  arena.u32.set(
    part.map((row) => rows.floatsOf(row)),
    table / 4,
  );
  const nearest = arena.f32.subarray(distances / 4, distances / 4 + part.length);
  nearest.fill(Infinity);
  const lowerBy = (place: number): void =>
    kernels.lowerDistances(
      size,
      table,
      part.length,
      rows.floatsOf(part[place] as number),
      distances,
    );
  const draws = care ? 2 + Math.floor(Math.log(k)) : 1;
  const centroids = Matrix.zeros(k, rows.d);
  let taken = random.below(part.length);
  for (let j = 0; j < k; j++) {
    centroids.row(j).set(rows.vectorOf(part[taken] as number));
    lowerBy(taken);
    if (j < k - 1) taken = draws === 1 ? takeByWeight(nearest, random) : bestOf(draws);
  }
  arena.free(table, bytes);
  arena.free(distances, bytes);
  return centroids;

  /** Of some rows that are drawn, the one that lowers the sum of distances most. */
  function bestOf(count: number): number {
    const before = nearest.slice();
    const drawn = Array.from({ length: count }, () => takeByWeight(before, random));
    let best = drawn[0] as number;
    let least = Infinity;
    for (const place of drawn) {
      lowerBy(place);
      let sum = 0;
      for (const distance of nearest) sum += distance;
      nearest.set(before);
      if (sum >= least) continue;
      least = sum;
      best = place;
    }
    return best;
  }
}

/** A place, with a probability proportional to its weight; any where all weigh 0. */
function takeByWeight(weights: Float32Array, random: SeededRandom): number {
  let total = 0;
  for (const weight of weights) total += weight;
  if (!(total > 0 && total < Infinity)) return random.below(weights.length);
  let left = random.next() * total;
  let last = 0;
  for (let i = 0; i < weights.length; i++) {
    const weight = weights[i] as number;
    if (weight === 0) continue;
    last = i;
    left -= weight;
    if (left < 0) return i;
  }
  return last;
}
