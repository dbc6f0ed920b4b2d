import { IndexFlatIP } from "../indexes/index-flat.js";
import type { Matrix, MatrixLike } from "../shared/matrix.js";
import { checkInteger } from "../shared/options.js";
import { checkWorkOptions, type Pace, paced, type WorkOptions } from "./paced-work.js";
import { checkCosine, checkPoints, unitRows } from "./points.js";

/** Names and defaults as in sentence-transformers. */
export interface CommunityDetectionOptions extends WorkOptions {
  /** Cosine similarity, -1 to 1, from which on two vectors are close. Default 0.75. */
  readonly threshold?: number | undefined;
  /** Smallest community, its centre counted. Default 10. */
  readonly minCommunitySize?: number | undefined;
  /** Rows that are compared with all others between two reports of progress; the communities do not depend on it. Default 1024. */
  readonly batchSize?: number | undefined;
}

const WHERE = "communityDetection";
/** Queries of one range search. */
const QUERIES = 64;
/** Neighbours that are remembered, 4 bytes each; those of further rows are looked up again where they are needed. */
const MOST_NEIGHBOURS = 2 ** 26;

/**
 * Communities: vectors with a cosine similarity of at least `threshold` to a central one. The same communities in the same order as
 * sentence_transformers.util.community_detection: the largest first, in each the centre first, then by falling similarity (ties by row).
 * No vector is in two of them, many may be in none. 100,000 vectors of 384 dimensions take 350 MB and up to 256 MB of neighbours.
 *
 * @returns rows of each community; none where there are fewer than `minCommunitySize` vectors.
 * @throws NighError `ERR_INVALID_ARGUMENT`, `ERR_UNKNOWN_OPTION`, `ERR_DIMENSION`, `ERR_ABORTED`.
 */
export async function communityDetection(
  embeddings: MatrixLike,
  options: CommunityDetectionOptions = {},
): Promise<number[][]> {
  checkWorkOptions(WHERE, options, ["threshold", "minCommunitySize", "batchSize"]);
  const threshold = checkCosine(WHERE, "threshold", options.threshold ?? 0.75);
  const least = checkInteger(WHERE, "minCommunitySize", options.minCommunitySize ?? 10, 1);
  const batchSize = checkInteger(WHERE, "batchSize", options.batchSize ?? 1024, 1);
  const points = checkPoints(WHERE, embeddings);
  const rows = points.shape[0];
  if (rows === 0 || rows < least) return [];
  return paced("Finding communities", rows, options, async (pace) => {
    const close = new CloseRows(unitRows(points), threshold);
    await close.find(least, batchSize, pace);
    return withoutOverlaps(close, rows, least);
  });
}

/** Of each row those that are close to it. */
class CloseRows {
  readonly #unit: Matrix;
  readonly #threshold: number;
  readonly #index: IndexFlatIP;
  readonly #counts: Uint32Array;
  readonly #lists = new Map<number, Uint32Array>();

  constructor(unit: Matrix, threshold: number) {
    this.#unit = unit;
    this.#threshold = threshold;
    this.#index = new IndexFlatIP(unit.shape[1]);
    this.#index.add(unit);
    this.#counts = new Uint32Array(unit.shape[0]);
  }

  async find(least: number, batchSize: number, pace: Pace): Promise<void> {
    const rows = this.#unit.shape[0];
    let remembered = 0;
    for (let start = 0; start < rows; start += batchSize) {
      const end = Math.min(start + batchSize, rows);
      for (let from = start; from < end; from += QUERIES) {
        const to = Math.min(from + QUERIES, end);
        this.#lookUp(from, to, (row, list) => {
          this.#counts[row] = list.length;
          if (list.length < least || remembered + list.length > MOST_NEIGHBOURS) return;
          remembered += list.length;
          this.#lists.set(row, list);
        });
        if (pace.isDue) await pace.done(0);
      }
      await pace.done(end - start);
    }
  }

  /** Rows with at least `least` close ones, those with the most first. */
  centres(least: number): number[] {
    const counts = this.#counts;
    const found = Array.from(counts.keys()).filter((row) => (counts[row] as number) >= least);
    return found.sort((a, b) => (counts[b] as number) - (counts[a] as number));
  }

  /** Rows close to `row`, in no order. */
  of(row: number): Uint32Array {
    let found = this.#lists.get(row);
    if (found === undefined) {
      this.#lookUp(row, row + 1, (_, list) => {
        found = list;
      });
    }
    return found ?? new Uint32Array();
  }

  /** Rows close to `row`, the closest first. */
  sortedOf(row: number): number[] {
    const { labels } = this.#index.rangeSearch(this.#unit.rows(row, row + 1), this.#threshold);
    return Array.from(labels);
  }

  #lookUp(from: number, to: number, take: (row: number, list: Uint32Array) => void): void {
    this.#index.rangeInNoOrder(this.#unit.rows(from, to), this.#threshold, (i, { ordinals }) =>
      take(from + i, Uint32Array.from(ordinals)),
    );
  }
}

/** The larger of two communities keeps what is in both. */
function withoutOverlaps(close: CloseRows, rows: number, least: number): number[][] {
  const used = new Uint8Array(rows);
  const communities: number[][] = [];
  for (const centre of close.centres(least)) {
    if (used[centre]) continue;
    if (close.of(centre).filter((row) => !used[row]).length < least) continue;
    const free = close.sortedOf(centre).filter((row) => !used[row]);
    const community = [centre, ...free.filter((row) => row !== centre)];
    for (const row of community) used[row] = 1;
    communities.push(community);
  }
  return communities.sort((a, b) => b.length - a.length);
}
