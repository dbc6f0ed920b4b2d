import { Matrix, type MatrixLike } from "../../shared/matrix.js";
import { checkInteger, checkKeys } from "../../shared/options.js";
import { nearestRecords } from "./nearest-records.js";
import type { OpenCollection } from "./open-collection.js";

export interface EstimateRecallOptions {
  /** Queries to measure with. Default: vectors of the collection's own, evenly spread. */
  readonly queryEmbeddings?: MatrixLike | undefined;
  /** Own vectors to take as queries. Default 50. */
  readonly sample?: number | undefined;
  /** Neighbours of each query. Default 10. */
  readonly nResults?: number | undefined;
}

export interface RecallEstimate {
  /** Share of the true nearest records that queries find, 0 to 1; 1 in a collection that is searched exactly. */
  readonly recall: number;
  /** 95% confidence interval of the recall over queries like these (normal approximation over queries). */
  readonly interval: readonly [low: number, high: number];
  readonly queries: number;
  readonly nResults: number;
}

/** Asks each query twice, as `query` does and by comparing all vectors. */
export async function estimateRecall(
  collection: OpenCollection,
  options: EstimateRecallOptions,
): Promise<RecallEstimate> {
  const where = "estimateRecall";
  checkKeys(where, options, ["queryEmbeddings", "sample", "nResults"]);
  const sample = checkInteger(where, "sample", options.sample ?? 50, 1);
  const nResults = checkInteger(where, "nResults", options.nResults ?? 10, 1);
  return collection.readVectors((reading) => {
    const { db, row, reader, state } = reading;
    const own = () => {
      const keys = reader.keys({});
      const step = Math.max(1, Math.floor(keys.length / sample));
      const chosen = keys.filter((_, i) => i % step === 0).slice(0, sample);
      return Matrix.from(chosen.map((key) => reader.vector(key)));
    };
    const queries = options.queryEmbeddings ? Matrix.from(options.queryEmbeddings) : own();
    state.follow(db, row);
    const found = nearestRecords(reading, queries, nResults, {
      condition: undefined,
      ids: undefined,
    });
    const exact = state.live?.search(queries, nResults, undefined, true) ?? [];
    const recalls = exact.map(({ keys }, q) => {
      const hits = keys.filter((key) => found[q]?.keys.includes(key)).length;
      return keys.length === 0 ? 1 : hits / keys.length;
    });
    return { ...meanAndInterval(recalls), queries: queries.shape[0], nResults };
  });
}

function meanAndInterval(recalls: readonly number[]): Pick<RecallEstimate, "recall" | "interval"> {
  const n = recalls.length;
  if (n === 0) return { recall: 1, interval: [1, 1] };
  const recall = recalls.reduce((a, b) => a + b, 0) / n;
  const variance = recalls.reduce((sum, r) => sum + (r - recall) ** 2, 0) / Math.max(1, n - 1);
  const half = 1.96 * Math.sqrt(variance / n);
  return { recall, interval: [Math.max(0, recall - half), Math.min(1, recall + half)] };
}
