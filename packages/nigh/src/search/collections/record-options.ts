import { NighError } from "../../shared/errors.js";
import type { MatrixLike } from "../../shared/matrix.js";
import { checkInteger, checkKeys, checkTypes } from "../../shared/options.js";
import type { Metadata } from "../../store/metadata.js";
import type { Columns, Selection } from "../../store/record-reader.js";
import type { Where, WhereDocument } from "../../store/where/grammar.js";
import { parseWhere } from "../../store/where/parse-where.js";
import { checkCollectionMetadata } from "./check-metadata.js";
import { checkIdFilter } from "./check-records.js";
import type { CollectionConfiguration } from "./configuration.js";
import { checkCollectionName } from "./names.js";
import type { RecordFilter } from "./nearest-records.js";
import { checkInclude, type Include } from "./results.js";

export interface GetOptions {
  readonly ids?: readonly string[] | string | undefined;
  readonly where?: Where | undefined;
  readonly whereDocument?: WhereDocument | undefined;
  /** Default: all. */
  readonly limit?: number | undefined;
  readonly offset?: number | undefined;
  /** Default documents and metadatas. */
  readonly include?: readonly Include[] | undefined;
  /** Floats without a fraction in metadata come as `Float`s: 1.0 is told from 1. Default false. */
  readonly floats?: boolean | undefined;
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
  /** As {@link GetOptions} has it. */
  readonly floats?: boolean | undefined;
}

export interface DeleteOptions {
  readonly ids?: readonly string[] | string | undefined;
  readonly where?: Where | undefined;
  readonly whereDocument?: WhereDocument | undefined;
  /** Most records to delete, the first added first; only together with a filter. */
  readonly limit?: number | undefined;
}

export interface ModifyOptions {
  readonly name?: string;
  /** Replaces what was there. */
  readonly metadata?: Metadata;
  /** Space and ef_construction cannot be changed. */
  readonly configuration?: CollectionConfiguration;
}

export interface PageOptions {
  /** `next` of the page before. Default: from the first record on. */
  readonly after?: number | undefined;
  /** Most records. */
  readonly limit: number;
}

/** @throws NighError `ERR_INVALID_ARGUMENT`, `ERR_UNKNOWN_OPTION`, `ERR_INVALID_FILTER`. */
export function interpretGet(options: GetOptions): {
  selection: Selection;
  include: readonly Include[];
  columns: Columns;
} {
  const where = "get";
  checkKeys(where, options, [
    ...["ids", "where", "whereDocument", "limit", "offset", "include", "floats"],
  ]);
  checkTypes(where, { floats: options.floats }, { floats: "boolean" });
  const include = checkInclude(where, options.include, ["documents", "metadatas"]);
  const selection = {
    ids: checkIdFilter(where, options.ids),
    condition: parseWhere(options.where, options.whereDocument),
    limit: options.limit === undefined ? -1 : checkInteger(where, "limit", options.limit, 0),
    offset: checkInteger(where, "offset", options.offset ?? 0, 0),
  };
  return { selection, include, columns: columnsOf(include, options.floats) };
}

/** What `peek` gets. @throws NighError `ERR_INVALID_ARGUMENT`, `ERR_UNKNOWN_OPTION`. */
export function interpretPeek(options: { readonly limit?: number }): GetOptions {
  checkKeys("peek", options, ["limit"]);
  const limit = checkInteger("peek", "limit", options.limit ?? 10, 0);
  return { limit, include: ["documents", "metadatas", "embeddings"] };
}

/** All but the queries themselves. @throws NighError `ERR_INVALID_ARGUMENT`, `ERR_UNKNOWN_OPTION`, `ERR_INVALID_FILTER`. */
export function interpretQuery(options: QueryOptions): {
  nResults: number;
  filter: RecordFilter;
  include: readonly Include[];
  columns: Columns;
} {
  const where = "query";
  checkKeys(where, options, [
    ...["queryTexts", "queryEmbeddings", "nResults", "where", "whereDocument", "ids", "include"],
    "floats",
  ]);
  checkTypes(where, { floats: options.floats }, { floats: "boolean" });
  const include = checkInclude(where, options.include, ["documents", "metadatas", "distances"]);
  const nResults = checkInteger(where, "nResults", options.nResults ?? 10, 1);
  const filter = {
    condition: parseWhere(options.where, options.whereDocument),
    ids: checkIdFilter(where, options.ids),
  };
  return { nResults, filter, include, columns: columnsOf(include, options.floats) };
}

/** Which records to delete. @throws NighError `ERR_INVALID_ARGUMENT`, `ERR_UNKNOWN_OPTION`, `ERR_INVALID_FILTER`. */
export function interpretDelete(options: DeleteOptions): RecordFilter & { limit: number } {
  const where = "delete";
  checkKeys(where, options, ["ids", "where", "whereDocument", "limit"]);
  const ids = checkIdFilter(where, options.ids);
  const condition = parseWhere(options.where, options.whereDocument);
  if (ids === undefined && condition === undefined) {
    throw new NighError(
      "ERR_INVALID_ARGUMENT",
      `${where}: give "ids", "where" or "whereDocument"; to delete everything, delete the collection.`,
    );
  }
  const limit = options.limit === undefined ? -1 : checkInteger(where, "limit", options.limit, 0);
  if (limit >= 0 && condition === undefined) {
    throw new NighError(
      "ERR_INVALID_ARGUMENT",
      `${where}: "limit" goes with "where" or "whereDocument" only.`,
    );
  }
  return { ids, condition, limit };
}

/** All but the configuration, which is checked against the one that is there. @throws NighError as {@link interpretPeek}. */
export function interpretModify(changes: ModifyOptions): {
  name: string | undefined;
  metadata: Metadata | undefined;
} {
  const where = "modify";
  checkKeys(where, changes, ["name", "metadata", "configuration"]);
  return {
    name: changes.name === undefined ? undefined : checkCollectionName(where, changes.name),
    metadata:
      changes.metadata === undefined
        ? undefined
        : (checkCollectionMetadata(where, changes.metadata ?? {}) ?? undefined),
  };
}

/** @throws NighError `ERR_INVALID_ARGUMENT`, `ERR_UNKNOWN_OPTION`. */
export function interpretPage(options: PageOptions): { after: number; limit: number } {
  const where = "readPage";
  checkKeys(where, options, ["after", "limit"]);
  return {
    after: options.after === undefined ? -1 : checkInteger(where, "after", options.after, 0),
    limit: checkInteger(where, "limit", options.limit, 1),
  };
}

/** The columns of records that a result needs. */
function columnsOf(include: readonly Include[], floats = false): Columns {
  return {
    document: include.includes("documents"),
    metadata: include.includes("metadatas"),
    uri: include.includes("uris"),
    embedding: include.includes("embeddings"),
    floats,
  };
}
