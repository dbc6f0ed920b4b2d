import { InnerProducts } from "../../kernels/inner-products.js";
import { dot } from "../../kernels/plain.js";
import { type Directions, principalDirections } from "../../kernels/principal-directions.js";
import { Matrix } from "../../shared/matrix.js";
import { METRIC_L2, type Metric } from "../vector-index.js";

/** Rows that directions are learned from. */
export const SAMPLE_ROWS = 2048;
/** Of them so many stand for queries. */
export const SAMPLE_QUERIES = 32;

/** How many leading components may be looked at first. */
const SIZES = [64, 128, 192, 256];
/**
 * Looking at a row again, wherever it is in memory, costs as much as scanning 2,900 codes; and the rows that stand for queries leave three to
 * four times fewer rows than real queries, which are not in the index and farther from all that is.
 */
const AGAIN_CODES = 10_000;
/** Of a scan by codes of whole rows: what leads must save to be worth their memory. */
const WORTH = 0.8;
/** What codes leave out of leads, of the length of a row: added to the tails' bound. */
const CODES_REST = 0.012;

/**
 * Whether rows should be looked at first by their leading principal components, and how many of them: decided by counting
 * the sample's rows that this would leave to be looked at again.
 *
 * @param sample [m x d], rows of the index.
 * @param queries rows that stand for queries. @param thresholds key that each query's k nearest reach.
 * @returns undefined where it would not pay.
 */
export function chooseLeads(
  sample: Matrix,
  queries: Matrix,
  thresholds: readonly number[],
  metric: Metric,
): Directions | undefined {
  const d = sample.shape[1];
  const whole = Math.ceil(d / 64) * 64;
  const sizes = SIZES.filter((size) => size <= d && size <= 0.75 * whole);
  const most = sizes.at(-1);
  if (most === undefined) return undefined;
  const { vectors, error } = principalDirections(sample, most);
  const products = new InnerProducts();
  const rows = project(sample, vectors, products);
  const left = shareLeft(rows, project(queries, vectors, products), { sizes, thresholds, metric });
  let best: number | undefined;
  let lowest = WORTH * whole;
  for (const [i, size] of sizes.entries()) {
    const cost = size + (left[i] as number) * AGAIN_CODES;
    if (cost < lowest) [best, lowest] = [size, cost];
  }
  if (best === undefined) return undefined;
  return { vectors: new Matrix(vectors.data.slice(0, best * d), best, d), error };
}

/** Rows, their squared lengths and their components along directions. */
interface Projected {
  readonly components: Matrix;
  readonly squares: Float64Array;
}

function project(rows: Matrix, directions: Matrix, products: InnerProducts): Projected {
  return {
    components: products.of(rows, directions),
    squares: Float64Array.from(rows, (row) => dot(row, row)),
  };
}

/** For each size the share of (row, query) pairs whose bound by that many components reaches the query's threshold. */
function shareLeft(
  rows: Projected,
  queries: Projected,
  {
    sizes,
    thresholds,
    metric,
  }: { sizes: readonly number[]; thresholds: readonly number[]; metric: Metric },
): number[] {
  const left = sizes.map(() => 0);
  const weight = metric === METRIC_L2 ? 2 : 1;
  for (const [q, threshold] of thresholds.entries()) {
    const query = queries.components.row(q);
    const querySquare = queries.squares[q] as number;
    for (const [i, row] of [...rows.components].entries()) {
      const square = rows.squares[i] as number;
      const bias = metric === METRIC_L2 ? -square - querySquare : 0;
      let [product, rowHead, queryHead, from] = [0, 0, 0, 0];
      for (const [s, size] of sizes.entries()) {
        for (let c = from; c < size; c++) {
          const [a, b] = [row[c] as number, query[c] as number];
          product += a * b;
          rowHead += a * a;
          queryHead += b * b;
        }
        from = size;
        const tails = Math.sqrt(
          Math.max(0, square - rowHead) * Math.max(0, querySquare - queryHead),
        );
        const slack = tails + CODES_REST * Math.sqrt(square * querySquare);
        if (weight * (product + slack) + bias >= threshold) left[s] = (left[s] as number) + 1;
      }
    }
  }
  const pairs = thresholds.length * rows.squares.length;
  return left.map((count) => count / pairs);
}
