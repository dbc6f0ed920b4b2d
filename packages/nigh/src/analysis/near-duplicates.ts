import { IndexFlatIP } from "../indexes/index-flat.js";
import { InnerProducts } from "../kernels/inner-products.js";
import { Matrix, type MatrixLike } from "../shared/matrix.js";
import { checkWorkOptions, paced, type WorkOptions } from "./paced-work.js";
import { checkCosine, checkPoints, unitRows } from "./points.js";

export interface NearDuplicatesOptions extends WorkOptions {
  /** Cosine similarity, -1 to 1, from which on a vector is a near-duplicate. Default 0.95. */
  readonly threshold?: number | undefined;
}

export interface NearDuplicate {
  /** Row of the duplicate. */
  readonly index: number;
  /** The row that is kept and is most like it, of equal ones the first; always an earlier one. */
  readonly of: number;
  /** Their cosine similarity. */
  readonly score: number;
}

export interface NearDuplicates {
  /** Rows that are no near-duplicate of an earlier one that is kept, ascending. */
  readonly kept: number[];
  /** All other rows, ascending. */
  readonly duplicates: NearDuplicate[];
}

const WHERE = "nearDuplicates";
/** Rows that are compared with those kept so far, and then with each other. */
const BLOCK = 128;

/**
 * Finds the vectors that say again what an earlier one says. Rows are taken in order: one that has a cosine similarity of at least
 * `threshold` with a row that was kept is a duplicate of it, all others are kept. So no two of those kept are as similar as that, and
 * a chain of gradual changes is not one group. Memory is that of the rows kept (1.9 kB each at 384 dimensions) and of a copy of all.
 *
 * @throws NighError `ERR_INVALID_ARGUMENT`, `ERR_UNKNOWN_OPTION`, `ERR_DIMENSION`, `ERR_ABORTED`.
 */
export async function nearDuplicates(
  vectors: MatrixLike,
  options: NearDuplicatesOptions = {},
): Promise<NearDuplicates> {
  checkWorkOptions(WHERE, options, ["threshold"]);
  // Scores are float32: so is what they are compared with.
  const threshold = Math.fround(checkCosine(WHERE, "threshold", options.threshold ?? 0.95));
  const points = checkPoints(WHERE, vectors);
  const [rows, d] = points.shape;
  const kept: number[] = [];
  const duplicates: NearDuplicate[] = [];
  return paced("Finding duplicates", rows, options, async (pace) => {
    if (rows === 0) return { kept, duplicates };
    const unit = unitRows(points);
    const index = new IndexFlatIP(d);
    const products = new InnerProducts();
    for (let from = 0; from < rows; from += BLOCK) {
      const block = unit.rows(from, Math.min(from + BLOCK, rows));
      const earlier = index.ntotal > 0 ? index.search(block, 1) : undefined;
      const among = products.of(block, block);
      const fresh: number[] = [];
      for (let i = 0; i < block.shape[0]; i++) {
        let score = earlier?.distances[i] ?? -Infinity;
        let of = earlier?.labels[i] ?? -1;
        for (const j of fresh) {
          const own = among.row(i)[j] as number;
          if (own <= score) continue;
          score = own;
          of = from + j;
        }
        if (of >= 0 && score >= threshold) {
          duplicates.push({ index: from + i, of, score });
        } else {
          fresh.push(i);
          kept.push(from + i);
        }
      }
      index.addWithIds(
        Matrix.from(fresh.map((i) => block.row(i))),
        fresh.map((i) => from + i),
      );
      await pace.done(block.shape[0]);
    }
    return { kept, duplicates };
  });
}
