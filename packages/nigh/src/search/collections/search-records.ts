import type { Metadata, MetadataFields } from "../../store/metadata.js";
import type { CollectionCalibration } from "../calibration/calibrate.js";
import { probabilityOf } from "../calibration/platt-scaling.js";
import type { OpenCollection } from "./open-collection.js";
import type { RecordCandidate } from "./ranking/candidate.js";
import { diversify, relevanceOf } from "./ranking/diversity.js";
import { explain, type Why } from "./ranking/explain.js";
import { type FoundCandidates, findCandidates } from "./ranking/find-candidates.js";
import { type Highlight, highlight } from "./ranking/highlight.js";
import {
  type CollectionSearchOptions,
  interpretSearch,
  SEARCH,
  type Search,
} from "./ranking/interpret-search.js";
import { rerank } from "./ranking/rerank.js";
import { readNearby } from "./read-nearby.js";

/** A record that was found. */
export interface SearchRow<M extends MetadataFields<M> = Metadata> {
  readonly id: string;
  readonly document: string | null;
  readonly metadata: M | null;
  /**
   * Higher is better. Mode "semantic": the cosine, the inner product, or minus the squared Euclidean distance, by the collection's space.
   * "keyword": BM25. "hybrid": the sum of 1 / (60 + rank) over both. With `rerank` the reranker's.
   */
  readonly score: number;
  /** With threshold "calibrated": how probable it is, 0 to 1, that the record answers, by its similarity. */
  readonly probability?: number;
  /** With `explain`. */
  readonly why?: Why;
  /** With `highlight`: null where there is no document, or nothing in it. */
  readonly highlight?: Highlight | null;
}

/** Finds, reranks, diversifies, explains: each step is a file in ranking/. */
export async function searchRecords<M extends MetadataFields<M>>(
  collection: OpenCollection,
  options: CollectionSearchOptions,
): Promise<SearchRow<M>[]> {
  const search = interpretSearch(options);
  await checkNeeds(collection, search);
  const found = await find(collection, search);
  const best = await choose(found, search);
  const whys = search.explain ? explain(best, found.words) : undefined;
  const highlights = search.highlight
    ? await highlightAll(collection, search, found, best)
    : undefined;
  return best.map((candidate, i) => ({
    id: candidate.id,
    document: candidate.document,
    metadata: candidate.metadata as M | null,
    score: candidate.score,
    ...(found.calibration && { probability: probabilityIn(found.calibration, candidate) }),
    ...(whys && { why: whys[i] as Why }),
    ...(highlights && { highlight: highlights[i] as Highlight | null }),
  }));
}

/** Only candidates whose similarity reaches the threshold are left. */
function probabilityIn(
  calibration: CollectionCalibration,
  { semantic }: Pick<RecordCandidate, "semantic">,
): number {
  return probabilityOf(calibration, semantic?.score as number);
}

/** Says what works where there is no embedder, before anything is done by halves. */
async function checkNeeds(
  collection: OpenCollection,
  { mode, vector, highlight }: Search,
): Promise<void> {
  if (mode !== "keyword" && vector === undefined) {
    await collection.embedder(
      `${SEARCH} in mode "${mode}"`,
      'give "queryEmbedding", search by words with mode "keyword", or open it with an embedding function',
    );
  }
  if (highlight) {
    await collection.embedder(
      `${SEARCH} with "highlight"`,
      'leave "highlight" out, or open it with an embedding function',
    );
  }
}

function find(
  collection: OpenCollection,
  search: Search,
): Promise<FoundCandidates> | FoundCandidates {
  if (search.mode === "keyword") {
    return collection.read((reading) => findCandidates(reading, search, undefined));
  }
  const queries =
    search.vector === undefined
      ? { queryTexts: search.text }
      : { queryEmbeddings: [search.vector] };
  return readNearby(collection, SEARCH, queries, (reading, vectors) =>
    findCandidates(reading, search, vectors.row(0)),
  );
}

async function choose(
  { candidates, query }: FoundCandidates,
  { rerank: reranker, text = "", diversity, mode, limit }: Search,
): Promise<RecordCandidate[]> {
  const ranked =
    reranker === undefined ? candidates : await rerank(SEARCH, reranker, text, candidates);
  if (diversity === 0) return ranked.slice(0, limit);
  const isByMeaning = mode === "semantic" && reranker === undefined;
  const relevance = relevanceOf(ranked, isByMeaning ? query : undefined);
  return diversify(ranked, limit, diversity, relevance);
}

async function highlightAll(
  collection: OpenCollection,
  { text = "", vector }: Search,
  { query }: FoundCandidates,
  best: readonly RecordCandidate[],
): Promise<(Highlight | null)[]> {
  const embedder = await collection.embedder(SEARCH);
  const near = query ?? vector ?? (await embedder.queries([text])).row(0);
  return highlight(
    near,
    best.map(({ document }) => document),
    embedder,
  );
}
