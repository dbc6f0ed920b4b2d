import { z } from "zod";
import type { Collection } from "../../index.js";
import { HttpError, invalidArgument, notFound } from "../http-error.js";
import { type Route, route } from "../route.js";
import {
  anything,
  changedVectors,
  count,
  metadata,
  metadataChanges,
  nullableTexts,
  optional,
  queryVectors,
  recordVectors,
  texts,
} from "../shapes.js";
import { checkDimensions, checkQueries } from "./check-queries.js";
import { filtersOf } from "./filters.js";
import { firstOfEachId, mergedById } from "./record-columns.js";
import { collectionOf, DATABASE_PATH } from "./space.js";

const COLLECTION = `${DATABASE_PATH}/collections/{collection}`;

const include = z.array(z.enum(["documents", "metadatas", "embeddings", "uris", "distances"]));

const newRecords = z.object({
  ids: texts,
  embeddings: recordVectors,
  documents: optional(nullableTexts),
  metadatas: optional(z.array(metadata.nullable())),
  uris: optional(nullableTexts),
});

const putRecords = z.object({
  ...newRecords.shape,
  metadatas: optional(z.array(metadataChanges.nullable())),
});

const filter = {
  ids: optional(texts),
  where: optional(anything),
  where_document: optional(anything),
};

const readLevel = z.object({
  read_level: z.enum(["index_and_wal", "index_only", "index_and_bounded_wal"]).optional(),
});

export const recordRoutes: readonly Route[] = [
  route({
    method: "POST",
    path: `${COLLECTION}/add`,
    name: "collection_add",
    summary: "Add records; those whose ids are there already stay as they are",
    access: "write",
    status: 201,
    body: newRecords,
    handle: async (request) => {
      const collection = await collectionOf(request);
      checkDimensions(collection, request.body.embeddings);
      await collection.add(firstOfEachId(request.body), { signal: request.signal });
      return {};
    },
  }),
  route({
    method: "POST",
    path: `${COLLECTION}/upsert`,
    name: "collection_upsert",
    summary: "Add records, or change those that are there",
    access: "write",
    body: putRecords,
    handle: async (request) => {
      const collection = await collectionOf(request);
      checkDimensions(collection, request.body.embeddings);
      await collection.upsert(mergedById(request.body), { signal: request.signal });
      return {};
    },
  }),
  route({
    method: "POST",
    path: `${COLLECTION}/update`,
    name: "collection_update",
    summary: "Change records that are there",
    access: "write",
    body: z.object({ ...putRecords.shape, embeddings: optional(changedVectors) }),
    handle: async (request) => {
      const collection = await collectionOf(request);
      checkDimensions(collection, request.body.embeddings ?? []);
      await collection.update(mergedById(request.body), { keepEmbeddings: true });
      return {};
    },
  }),
  route({
    method: "POST",
    path: `${COLLECTION}/get`,
    name: "collection_get",
    summary: "Records by ids and filters, in the order in which they were added",
    access: "read",
    body: z.object({
      ...filter,
      limit: optional(count),
      offset: optional(count),
      include: optional(include),
    }),
    handle: async (request) => {
      const { ids, where, where_document, ...page } = request.body;
      const filters = filtersOf(where, where_document);
      const collection = await collectionOf(request);
      const result = await collection.get({
        ...(filters ? { ...filters, ids } : { ids: [] }),
        ...page,
        floats: true,
      });
      const { embeddings, documents, uris, metadatas } = result;
      return { ids: result.ids, embeddings, documents, uris, metadatas, include: result.include };
    },
  }),
  route({
    method: "POST",
    path: `${COLLECTION}/query`,
    name: "collection_query",
    summary: "The records nearest to each query",
    access: "read",
    body: z.object({
      ...filter,
      query_embeddings: queryVectors,
      n_results: optional(count),
      include: optional(include),
    }),
    handle: async (request) => {
      const { ids, where, where_document, query_embeddings, n_results = 10 } = request.body;
      const filters = filtersOf(where, where_document);
      const collection = await collectionOf(request);
      checkQueries(collection, query_embeddings);
      await checkSomeThere(collection, ids);
      const result = await collection.query({
        ...(filters && n_results > 0 ? { ...filters, ids } : { ids: [] }),
        queryEmbeddings: query_embeddings,
        nResults: Math.max(n_results, 1),
        include: request.body.include,
        floats: true,
      });
      const { embeddings, documents, uris, metadatas, distances } = result;
      return {
        ...{ ids: result.ids, embeddings, documents, uris, metadatas, distances },
        include: result.include,
      };
    },
  }),
  route({
    method: "POST",
    path: `${COLLECTION}/delete`,
    name: "collection_delete",
    summary: "Delete records by ids and filters; none where neither is given",
    access: "write",
    body: z.object({ ...filter, limit: optional(count) }),
    handle: async (request) => {
      const { ids, where, where_document, limit } = request.body;
      const hasFilter = where !== undefined || where_document !== undefined;
      if (ids?.length === 0) throw invalidArgument("ids is empty: leave it out, or give some.");
      if (limit !== undefined && !hasFilter) {
        throw invalidArgument("limit goes with where or where_document only.");
      }
      const filters = filtersOf(where, where_document);
      const collection = await collectionOf(request);
      if (filters === undefined || (ids === undefined && !hasFilter)) return { deleted: 0 };
      if (ids === undefined && filters.where === undefined && filters.whereDocument === undefined) {
        const { ids: all } = await collection.get({ include: [], limit });
        return collection.delete({ ids: all });
      }
      return collection.delete({ ...filters, ids, limit });
    },
  }),
  route({
    method: "GET",
    path: `${COLLECTION}/count`,
    name: "collection_count",
    summary: "How many records there are",
    access: "read",
    query: readLevel,
    handle: async (request) => (await collectionOf(request)).count(),
  }),
  route({
    method: "GET",
    path: `${COLLECTION}/indexing_status`,
    name: "indexing_status",
    summary: "What writes are not yet found: none",
    access: "read",
    handle: async (request) => {
      const { logPosition } = await collectionOf(request);
      return {
        op_indexing_progress: 1,
        num_unindexed_ops: 0,
        num_indexed_ops: logPosition,
        total_ops: logPosition,
      };
    },
  }),
  ...[
    "functions/attach",
    "attached_functions/{function}/detach",
    "attached_functions/{function}/add_input",
  ].map((path) =>
    route({
      method: "POST",
      path: `${COLLECTION}/${path}`,
      name: path.replaceAll(/[^a-z]+/gu, "_"),
      summary: "Of Chroma's Cloud: not implemented",
      access: "write",
      handle: notImplemented,
    }),
  ),
  route({
    method: "GET",
    path: `${COLLECTION}/functions/{function}`,
    name: "get_attached_function",
    summary: "Of Chroma's Cloud: not implemented",
    access: "read",
    handle: notImplemented,
  }),
];

function notImplemented(): never {
  throw new HttpError(501, "ChromaError", "Attached functions are of Chroma's Cloud.");
}

/** Clients expect an error where all that they name is gone. */
async function checkSomeThere(
  collection: Collection,
  ids: readonly string[] | undefined,
): Promise<void> {
  if (ids === undefined || ids.length === 0) return;
  const { ids: there } = await collection.get({ ids, include: [], limit: 1 });
  if (there.length > 0) return;
  throw notFound(`None of the ${ids.length} ids is in the collection "${collection.name}".`);
}
