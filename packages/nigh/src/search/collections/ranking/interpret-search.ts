import { describe } from "../../../shared/describe.js";
import { invalid } from "../../../shared/errors.js";
import {
  checkFinite,
  checkInteger,
  checkKeys,
  checkOneOf,
  checkTypes,
} from "../../../shared/options.js";
import type { Where, WhereDocument } from "../../../store/where/grammar.js";
import { parseWhere } from "../../../store/where/parse-where.js";
import { checkIdFilter, checkVector } from "../check-records.js";
import type { RecordFilter } from "../nearest-records.js";
import { checkReranker, type Reranker, type RerankFunction } from "./rerank.js";
import { SEARCH_MODES, type SearchMode } from "./search-mode.js";

export interface CollectionSearchOptions {
  /** What to look for, in plain words: nothing in it is syntax, and no character is refused. */
  readonly query?: string | undefined;
  /** The query's vector: instead of the text's, or without a text. */
  readonly queryEmbedding?: Float32Array | readonly number[] | undefined;
  /** Default "hybrid", or "semantic" where only `queryEmbedding` is given. */
  readonly mode?: SearchMode | undefined;
  /** Most rows. Default 10. */
  readonly limit?: number | undefined;
  /**
   * Rows with a lower score are rejected: the similarity in modes "semantic" and "hybrid" (whose own score is made of ranks), BM25 in
   * mode "keyword". "calibrated": the one that `calibrate` found; rows then say how probable it is that they answer. Default: none.
   */
  readonly threshold?: number | "calibrated" | undefined;
  readonly where?: Where | undefined;
  readonly whereDocument?: WhereDocument | undefined;
  /** Only among these. */
  readonly ids?: readonly string[] | string | undefined;
  /** Scores the best candidates anew, such as a `CrossEncoder`: rows then have its scores. */
  readonly rerank?: Reranker | RerankFunction | undefined;
  /**
   * 0 to 1: how much rows that are like rows above them are put back, by maximal marginal relevance with lambda = 1 - diversity.
   * Default 0. Rows keep their scores, so they are no longer in the order of these.
   */
  readonly diversity?: number | undefined;
  /** How many of the best `rerank` and `diversity` choose from. Default 50, or 5 times the limit when that is more. */
  readonly candidates?: number | undefined;
  /** Adds to each row why it was found. Default false. */
  readonly explain?: boolean | undefined;
  /** Adds to each row the sentence of its document that is nearest to the query; needs an embedder. Default false. */
  readonly highlight?: boolean | undefined;
}

/** Options of a search with defaults and meaning. */
export interface Search {
  readonly mode: SearchMode;
  readonly text: string | undefined;
  readonly vector: Float32Array | undefined;
  readonly limit: number;
  readonly threshold: number | "calibrated" | undefined;
  readonly filter: RecordFilter;
  readonly rerank: Reranker | RerankFunction | undefined;
  readonly diversity: number;
  /** Rows that are read, for `rerank` and `diversity` to choose from. */
  readonly pool: number;
  /** Rows that each way of finding gives. */
  readonly depth: number;
  readonly explain: boolean;
  readonly highlight: boolean;
}

/** The name of the call in messages. */
export const SEARCH = "search";

const KEYS = [
  ...["query", "queryEmbedding", "mode", "limit", "threshold", "where", "whereDocument", "ids"],
  ...["rerank", "diversity", "candidates", "explain", "highlight"],
];

/** Each leg of a fusion: deep enough that what only one of them finds has its place, however few rows are asked for. */
const DEPTH = 100;
const CANDIDATES = 50;

/** @throws NighError `ERR_INVALID_ARGUMENT`, `ERR_INVALID_FILTER`, `ERR_UNKNOWN_OPTION`. */
export function interpretSearch(options: CollectionSearchOptions): Search {
  checkKeys(SEARCH, options, KEYS);
  checkTypes(SEARCH, options, { explain: "boolean", highlight: "boolean" });
  const text = options.query === undefined ? undefined : checkQuery(options.query);
  const vector =
    options.queryEmbedding === undefined
      ? undefined
      : checkVector(`${SEARCH}: "queryEmbedding"`, options.queryEmbedding);
  if (text === undefined && vector === undefined) {
    throw invalid(`${SEARCH}: give "query", a text, or "queryEmbedding", or both`);
  }
  const mode = checkOneOf(
    SEARCH,
    "mode",
    options.mode ?? (text === undefined ? "semantic" : "hybrid"),
    SEARCH_MODES,
  );
  if (text === undefined && mode !== "semantic") {
    throw invalid(
      `${SEARCH}: mode "${mode}" looks for words: give "query" too, or use mode "semantic" with "queryEmbedding" alone`,
    );
  }
  const rerank = checkReranker(SEARCH, options.rerank);
  if (text === undefined && rerank !== undefined) {
    throw invalid(`${SEARCH}: "rerank" compares documents with a text: give "query" too`);
  }
  const limit = checkInteger(SEARCH, "limit", options.limit ?? 10, 1);
  const diversity = checkShare("diversity", options.diversity ?? 0);
  const candidates = checkInteger(
    SEARCH,
    "candidates",
    options.candidates ?? Math.min(Math.max(CANDIDATES, 5 * limit), Number.MAX_SAFE_INTEGER),
    limit,
  );
  const pool = rerank !== undefined || diversity > 0 ? candidates : limit;
  return {
    mode,
    text,
    vector,
    limit,
    threshold: checkThreshold(options.threshold, mode),
    filter: {
      condition: parseWhere(options.where, options.whereDocument),
      ids: checkIdFilter(SEARCH, options.ids),
    },
    rerank,
    diversity,
    pool,
    depth: mode === "hybrid" ? Math.max(DEPTH, pool) : pool,
    explain: options.explain ?? false,
    highlight: options.highlight ?? false,
  };
}

function checkQuery(query: unknown): string {
  if (typeof query !== "string") {
    throw invalid(`${SEARCH}: "query" must be a string, found ${describe(query)}`);
  }
  // What a person typed or pasted is never refused: a NUL and half of a surrogate pair are in no document.
  return query.toWellFormed().replaceAll("\0", " ");
}

function checkThreshold(threshold: unknown, mode: SearchMode): Search["threshold"] {
  if (threshold === undefined) return undefined;
  if (typeof threshold === "string" && threshold !== "calibrated") {
    throw invalid(
      `${SEARCH}: "threshold" must be a finite number, or "calibrated", found ${describe(threshold)}`,
    );
  }
  if (threshold !== "calibrated") return checkFinite(SEARCH, "threshold", threshold);
  if (mode !== "keyword") return threshold;
  throw invalid(
    `${SEARCH}: threshold "calibrated" is about similarity, which mode "keyword" does not look at: use mode "semantic" or "hybrid", or give a number, the lowest BM25`,
  );
}

function checkShare(name: string, value: unknown): number {
  if (typeof value === "number" && value >= 0 && value <= 1) return value;
  throw invalid(`${SEARCH}: "${name}" must be a number from 0 to 1, found ${describe(value)}`);
}
