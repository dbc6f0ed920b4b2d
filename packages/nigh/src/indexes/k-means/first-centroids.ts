import { Matrix } from "../../shared/matrix.js";
import type { SeededRandom } from "../../shared/seeded-random.js";
import type { RowLists } from "../rows/row-lists.js";

/** Rows that the first centroids are chosen from, for each. */
const ROWS_PER_CENTROID = 16;

/**
 * k-means++ (Arthur and Vassilvitskii 2007): each centroid is a row, taken with a probability proportional to its squared
 * distance to the nearest one that was taken before. To stay quick it chooses from a random part of the rows.
 *
 * @param rows in one list, with ordinals from 0 on, at least `k`.
 * @returns [k, d]; rows come twice only where there are fewer than `k` different ones in the part.
 */
export function chooseFirstCentroids(rows: RowLists, k: number, random: SeededRandom): Matrix {
  const { arena, size } = rows;
  const { kernels } = arena;
  const total = rows.countOf(0);
  const part = random.sample(Math.min(total, ROWS_PER_CENTROID * k), total);
  const bytes = 4 * part.length;
  const table = arena.alloc(bytes);
  const distances = arena.alloc(bytes);
  arena.u32.set(
    part.map((row) => rows.floatsOf(row)),
    table / 4,
  );
  const nearest = arena.f32.subarray(distances / 4, distances / 4 + part.length);
  nearest.fill(Infinity);
  const centroids = Matrix.zeros(k, rows.d);
  let taken = random.below(part.length);
  for (let j = 0; j < k; j++) {
    const row = part[taken] as number;
    centroids.row(j).set(rows.vectorOf(row));
    kernels.lowerDistances(size, table, part.length, rows.floatsOf(row), distances);
    taken = takeByWeight(nearest, random);
  }
  arena.free(table, bytes);
  arena.free(distances, bytes);
  return centroids;
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
