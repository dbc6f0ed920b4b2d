import { NighError } from "../../../shared/errors.js";
import { Matrix } from "../../../shared/matrix.js";
import { bitsOf } from "../../../store/key-bits.js";
import { hasWords, rankByWords, type WordRanking } from "../../../store/words/word-ranking.js";
import type { CollectionCalibration } from "../../calibration/calibrate.js";
import { validCalibration } from "../collection-calibration.js";
import { FilterCache } from "../filter-cache.js";
import type { LiveIndex, Neighbours } from "../live-index.js";
import { nearestRecords, passingBits } from "../nearest-records.js";
import type { Reading } from "../open-collection.js";
import type { Candidate, RecordCandidate } from "./candidate.js";
import { reciprocalRankFusion } from "./fusion.js";
import { SEARCH, type Search } from "./interpret-search.js";

/** What was found in one state of the database, before what takes time of its own: reranking, embedding of sentences. */
export interface FoundCandidates {
  /** The best first. */
  readonly candidates: RecordCandidate[];
  /** The words of the query that were looked for. */
  readonly words: readonly string[];
  /** The query's vector; undefined in mode "keyword". */
  readonly query: Float32Array | undefined;
  /** Of threshold "calibrated". */
  readonly calibration: CollectionCalibration | undefined;
}

/** A search whose threshold is known. */
type Bounded = Omit<Search, "threshold"> & { readonly threshold: number | undefined };

/**
 * @param query undefined in mode "keyword".
 * @throws NighError `ERR_INVALID_ARGUMENT` for mode "hybrid" in a collection whose records have no documents, and for threshold "calibrated"
 * in one that is not calibrated; `ERR_EMBEDDER` where it is by another embedder; `ERR_DIMENSION`.
 */
export function findCandidates(
  reading: Reading,
  asked: Search,
  query: Float32Array | undefined,
): FoundCandidates {
  const { reader, row } = reading;
  const calibration = asked.threshold === "calibrated" ? validCalibration(SEARCH, row) : undefined;
  const threshold = calibration?.threshold ?? (asked.threshold as number | undefined);
  const search: Bounded = { ...asked, threshold };
  const { candidates, words } =
    query === undefined ? byWords(reading, search) : byMeaning(reading, search, query);
  const columns = { document: true, metadata: true, embedding: search.diversity > 0 };
  const records = candidates.slice(0, search.pool).map((candidate) => {
    const record = reader.record(candidate.key, columns);
    return {
      ...candidate,
      id: record?.id as string,
      document: record?.document ?? null,
      metadata: record?.metadata ?? null,
      ...(record?.embedding && { vector: record.embedding }),
    };
  });
  return { candidates: records, words, query, calibration };
}

interface Ranked {
  readonly candidates: Candidate[];
  readonly words: readonly string[];
}

function byWords(reading: Reading, search: Bounded): Ranked {
  const { keys, scores, words } = wordRanking(reading, search);
  const candidates = keys.map((key, i) => {
    const score = scores[i] as number;
    return { key, score, keyword: { score, rank: i + 1 } };
  });
  return { candidates: candidates.filter(({ score }) => isEnough(score, search)), words };
}

/** By meaning alone, or fused with words. */
function byMeaning(reading: Reading, search: Bounded, query: Float32Array): Ranked {
  const queries = new Matrix(query, 1, query.length);
  const [nearest] = nearestRecords(reading, queries, search.depth, search.filter);
  const { live } = reading.state;
  if (nearest === undefined || live === undefined) return { candidates: [], words: [] };
  if (search.mode === "hybrid") return fused(reading, search, queries, nearest, live);
  const candidates = nearest.keys.map((key, i) => {
    const score = live.similarityOf(nearest.distances[i] as number);
    return { key, score, semantic: { score, rank: i + 1 } };
  });
  return { candidates: candidates.filter(({ score }) => isEnough(score, search)), words: [] };
}

function fused(
  reading: Reading,
  search: Bounded,
  queries: Matrix,
  nearest: Neighbours,
  live: LiveIndex,
): Ranked {
  const { keys, scores, words } = wordRanking(reading, search);
  const ranks = new Map(keys.map((key, i) => [key, i]));
  const semantic = new Map<number, NonNullable<Candidate["semantic"]>>();
  for (const [i, key] of nearest.keys.entries()) {
    semantic.set(key, { score: live.similarityOf(nearest.distances[i] as number), rank: i + 1 });
  }
  const others = keys.filter((key) => !semantic.has(key));
  if (others.length > 0 && (search.explain || search.threshold !== undefined)) {
    const [rest] = live.search(queries, others.length, bitsOf(others));
    for (const [i, key] of (rest?.keys ?? []).entries()) {
      semantic.set(key, { score: live.similarityOf(rest?.distances[i] as number) });
    }
  }
  const candidates = reciprocalRankFusion([nearest.keys, keys]).map(({ key, score }, i) => {
    const [near, place] = [semantic.get(key), ranks.get(key)];
    return {
      key,
      score,
      ...(near && { semantic: near }),
      ...(place === undefined
        ? {}
        : { keyword: { score: scores[place] as number, rank: place + 1 } }),
      fusion: { score, rank: i + 1 },
    };
  });
  const enough = candidates.filter((candidate) => isEnough(candidate.semantic?.score, search));
  return { candidates: enough, words };
}

function wordRanking(reading: Reading, { text = "", depth, filter, mode }: Bounded): WordRanking {
  const { db, row, reader, state } = reading;
  if (mode === "hybrid" && !hasWords(db, row) && reader.count() > 0) {
    throw new NighError(
      "ERR_INVALID_ARGUMENT",
      `${SEARCH}: no record of the collection "${row.name}" has a document, so there are no words for mode "hybrid" to look for: use mode "semantic", or give the records documents.`,
    );
  }
  // Words do not need the vectors in memory, which following the database would bring there.
  if (state.live !== undefined) state.follow(db, row);
  const filters = state.live === undefined ? new FilterCache() : state;
  return rankByWords(db, row, text, depth, passingBits(reader, filters, filter));
}

function isEnough(score: number | undefined, { threshold }: Bounded): boolean {
  return threshold === undefined || (score !== undefined && score >= threshold);
}
