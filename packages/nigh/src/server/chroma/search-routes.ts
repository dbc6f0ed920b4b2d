import { z } from "zod";
import type { Collection, GetResult, Metadata } from "../../index.js";
import { invalidArgument } from "../http-error.js";
import { type Route, route } from "../route.js";
import { anything, count, optional, texts } from "../shapes.js";
import { checkQueries } from "./check-queries.js";
import { groupBy, grouped } from "./group-by.js";
import { type Nearest, parseRank, type Rank } from "./rank.js";
import { type SearchFilter, searchFilter } from "./search-filter.js";
import { collectionOf, DATABASE_PATH } from "./space.js";

const MOST_SEARCHES = 100;
const [DOCUMENT, EMBEDDING, METADATA, SCORE] = ["#document", "#embedding", "#metadata", "#score"];

const search = z.object({
  filter: optional(anything),
  rank: optional(anything),
  group_by: optional(groupBy),
  limit: optional(z.object({ limit: optional(count), offset: optional(count) })),
  select: optional(z.object({ keys: optional(texts) })),
});

type Search = z.output<typeof search>;

/** What a search found, as columns; what was not selected is null. */
interface Found {
  readonly ids: readonly string[];
  readonly documents: GetResult["documents"];
  readonly embeddings: GetResult["embeddings"];
  readonly metadatas: readonly (Metadata | null)[] | null;
  readonly scores: readonly (number | null)[] | null;
  readonly select: readonly string[];
}

export const searchRoutes: readonly Route[] = [
  route({
    method: "POST",
    path: `${DATABASE_PATH}/collections/{collection}/search`,
    name: "collection_search",
    summary: "Records ranked by expressions over nearest-neighbour searches",
    access: "read",
    body: z.object({
      searches: z.array(search).max(MOST_SEARCHES),
      read_level: optional(anything),
    }),
    handle: async (request) => {
      const collection = await collectionOf(request);
      const found: Found[] = [];
      for (const one of request.body.searches) found.push(await searchOnce(collection, one));
      return {
        ids: found.map(({ ids }) => ids),
        documents: found.map(({ documents }) => documents),
        embeddings: found.map(({ embeddings }) => embeddings),
        metadatas: found.map(({ metadatas }) => metadatas),
        scores: found.map(({ scores }) => scores),
        select: found.map(({ select }) => select),
      };
    },
  }),
];

async function searchOnce(collection: Collection, search: Search): Promise<Found> {
  const select = search.select?.keys ?? [];
  const rank = search.rank === undefined ? undefined : parseRank(search.rank);
  const isGrouped = search.group_by?.keys !== undefined;
  if (isGrouped && rank === undefined) throw invalidArgument("group_by needs a rank.");
  const filter = await searchFilter(collection, search.filter);
  const scores = rank && (await scoresOf(collection, rank, filter));
  // Records of one score come in the order in which they were added.
  const { ids, metadatas } = await collection.get({
    ...(scores ? { ids: [...scores.keys()] } : filter),
    include: isGrouped ? ["metadatas"] : [],
    floats: true,
  });
  const scored = ids.map((id, i) => ({
    id,
    score: scores?.get(id) ?? 0,
    metadata: metadatas?.[i] ?? null,
  }));
  if (scores) scored.sort((a, b) => a.score - b.score);
  const kept = grouped(scored, search.group_by ?? { keys: undefined, aggregate: undefined });
  const { offset = 0, limit = Number.POSITIVE_INFINITY } = search.limit ?? {};
  const chosen = kept.slice(offset, offset + limit).map(({ id }) => id);
  return columnsOf(collection, chosen, scores, select);
}

/** The score of each record that has one. */
async function scoresOf(
  collection: Collection,
  { nearest, score }: Rank,
  filter: SearchFilter,
): Promise<ReadonlyMap<string, number>> {
  checkQueries(
    collection,
    nearest.map(({ query }) => query),
  );
  const found = await Promise.all(nearest.map((one) => valuesOf(collection, one, filter)));
  const candidates =
    nearest.length === 0
      ? (await collection.get({ ...filter, include: [] })).ids
      : new Set(found.flatMap((values) => [...values.keys()]));
  const scores = new Map<string, number>();
  for (const id of candidates) {
    const own = score(found.map((values, i) => values.get(id) ?? nearest[i]?.otherwise));
    if (own === undefined) continue;
    if (!Number.isFinite(own)) {
      throw invalidArgument(`The rank gives ${own} for the record ${JSON.stringify(id)}.`);
    }
    scores.set(id, own);
  }
  return scores;
}

async function valuesOf(
  collection: Collection,
  { query, limit, byRank }: Nearest,
  filter: SearchFilter,
): Promise<ReadonlyMap<string, number>> {
  const { ids, distances } = await collection.query({
    ...filter,
    queryEmbeddings: [query],
    nResults: limit,
    include: ["distances"],
  });
  const values = distances?.[0] ?? [];
  return new Map((ids[0] ?? []).map((id, i) => [id, byRank ? i : (values[i] as number)]));
}

async function columnsOf(
  collection: Collection,
  ids: readonly string[],
  scores: ReadonlyMap<string, number> | undefined,
  select: readonly string[],
): Promise<Found> {
  const names = select.filter((key) => !key.startsWith("#"));
  const wants = (key: string | undefined) => key !== undefined && select.includes(key);
  const metadata = wants(METADATA) || names.length > 0;
  const include = [
    ...(wants(DOCUMENT) ? (["documents"] as const) : []),
    ...(wants(EMBEDDING) ? (["embeddings"] as const) : []),
    ...(metadata ? (["metadatas"] as const) : []),
  ];
  const records = await collection.get({ ids, include, floats: true });
  const places = new Map(records.ids.map((id, i) => [id, i]));
  // What was deleted meanwhile is not there any more.
  const there = ids.filter((id) => places.has(id));
  const column = <T>(values: readonly T[] | null) =>
    values && there.map((id) => values[places.get(id) as number] as T);
  const own = column(records.metadatas);
  return {
    ids: there,
    documents: column(records.documents),
    embeddings: column(records.embeddings),
    metadatas: own && (wants(METADATA) ? own : own.map((values) => picked(values, names))),
    scores: wants(SCORE) ? there.map((id) => scores?.get(id) ?? null) : null,
    select,
  };
}

function picked(metadata: Metadata | null, names: readonly string[]): Metadata | null {
  if (metadata === null) return null;
  const entries = Object.entries(metadata).filter(([key]) => names.includes(key));
  return entries.length === 0 ? null : Object.fromEntries(entries);
}
