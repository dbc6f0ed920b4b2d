import type { MatrixLike } from "../../shared/matrix.js";
import { checkInteger, checkKeys } from "../../shared/options.js";
import type { Metadata } from "../../store/metadata.js";
import type { StoredRecord } from "../../store/record.js";
import type { Columns } from "../../store/record-reader.js";
import type { Where, WhereDocument } from "../../store/where/grammar.js";
import { parseWhere } from "../../store/where/parse-where.js";
import { checkIdFilter } from "./check-records.js";
import type { PageOptions, RecordPage } from "./collections-client.js";
import { nearestRecords } from "./nearest-records.js";
import type { OpenCollection } from "./open-collection.js";
import { readNearby } from "./read-nearby.js";
import { checkInclude, GetResult, type Include, QueryResult } from "./results.js";

export interface GetOptions {
  readonly ids?: readonly string[] | string | undefined;
  readonly where?: Where | undefined;
  readonly whereDocument?: WhereDocument | undefined;
  /** Default: all. */
  readonly limit?: number | undefined;
  readonly offset?: number | undefined;
  /** Default documents and metadatas. */
  readonly include?: readonly Include[] | undefined;
}

export interface QueryOptions {
  /** Texts to embed; or `queryEmbeddings`. */
  readonly queryTexts?: readonly string[] | string | undefined;
  readonly queryEmbeddings?: MatrixLike | undefined;
  /** Most results of each query. Default 10. */
  readonly nResults?: number | undefined;
  readonly where?: Where | undefined;
  readonly whereDocument?: WhereDocument | undefined;
  /** Only among these. */
  readonly ids?: readonly string[] | string | undefined;
  /** Default documents, metadatas and distances. */
  readonly include?: readonly Include[] | undefined;
}

export function getRecords<M extends Metadata>(
  collection: OpenCollection,
  options: GetOptions,
): GetResult<M> {
  const where = "get";
  checkKeys(where, options, ["ids", "where", "whereDocument", "limit", "offset", "include"]);
  const include = checkInclude(where, options.include, ["documents", "metadatas"]);
  const selection = {
    ids: checkIdFilter(where, options.ids),
    condition: parseWhere(options.where, options.whereDocument),
    limit: options.limit === undefined ? -1 : checkInteger(where, "limit", options.limit, 0),
    offset: checkInteger(where, "offset", options.offset ?? 0, 0),
  };
  return collection.read(({ reader }) => {
    const columns = columnsOf(include);
    const records = reader.keys(selection).map((key) => reader.recordThere(key, columns));
    return new GetResult<M>(records, include);
  });
}

export async function queryRecords<M extends Metadata>(
  collection: OpenCollection,
  options: QueryOptions,
): Promise<QueryResult<M>> {
  const where = "query";
  checkKeys(where, options, [
    ...["queryTexts", "queryEmbeddings", "nResults", "where", "whereDocument", "ids", "include"],
  ]);
  const include = checkInclude(where, options.include, ["documents", "metadatas", "distances"]);
  const nResults = checkInteger(where, "nResults", options.nResults ?? 10, 1);
  const filter = {
    condition: parseWhere(options.where, options.whereDocument),
    ids: checkIdFilter(where, options.ids),
  };
  return readNearby(collection, where, options, (reading, queries) => {
    const columns = columnsOf(include);
    const found = nearestRecords(reading, queries, nResults, filter).map(({ keys, distances }) =>
      keys.map((key, i) => ({
        record: reading.reader.recordThere(key, columns),
        distance: distances[i] as number,
      })),
    );
    return new QueryResult<M>(found, include);
  });
}

/** @throws NighError `ERR_INVALID_ARGUMENT`, `ERR_UNKNOWN_OPTION`. */
export function checkPageOptions(options: PageOptions): { after: number; limit: number } {
  const where = "readPage";
  checkKeys(where, options, ["after", "limit"]);
  return {
    after: options.after === undefined ? -1 : checkInteger(where, "after", options.after, 0),
    limit: checkInteger(where, "limit", options.limit, 1),
  };
}

export function readPage(collection: OpenCollection, options: PageOptions): RecordPage {
  const { after, limit } = checkPageOptions(options);
  return collection.read(({ reader }) => {
    const records: StoredRecord[] = [];
    let last = after;
    for (const { key, vector } of reader.vectors(after + 1)) {
      if (records.length === limit) return { records, next: last };
      const columns = { document: true, metadata: true, uri: true };
      const record = reader.recordThere(key, columns, { floats: true }) as StoredRecord;
      records.push({ ...record, embedding: vector });
      last = key;
    }
    return { records, next: undefined };
  });
}

function columnsOf(include: readonly Include[]): Columns {
  return {
    document: include.includes("documents"),
    metadata: include.includes("metadatas"),
    uri: include.includes("uris"),
    embedding: include.includes("embeddings"),
  };
}
