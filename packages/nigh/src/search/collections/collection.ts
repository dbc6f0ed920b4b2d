import { NighError } from "../../shared/errors.js";
import { Matrix, type MatrixLike } from "../../shared/matrix.js";
import { checkInteger, checkKeys } from "../../shared/options.js";
import {
  type CollectionRow,
  changeCollection,
  findCollectionById,
} from "../../store/collection-row.js";
import type { Connection } from "../../store/database.js";
import type { Metadata } from "../../store/metadata.js";
import { type Columns, type PartialRecord, RecordReader } from "../../store/record-reader.js";
import { type NewRecord, RecordWriter } from "../../store/record-writer.js";
import type { Condition } from "../../store/where/condition.js";
import type { Where, WhereDocument } from "../../store/where/grammar.js";
import { parseWhere } from "../../store/where/parse-where.js";
import { type BoundEmbedder, checkEmbedder, type EmbedOptions } from "./bound-embedder.js";
import { checkCollectionMetadata } from "./check-metadata.js";
import {
  type CheckedRecord,
  checkIds,
  checkRecords,
  checkVector,
  type RecordColumns,
} from "./check-records.js";
import type { CollectionContext } from "./collection-context.js";
import {
  type CollectionConfiguration,
  type FullConfiguration,
  interpretConfiguration,
} from "./configuration.js";
import { embedDocuments } from "./embed-documents.js";
import { checkCollectionName } from "./names.js";
import { checkInclude, type Found, GetResult, type Include, QueryResult } from "./results.js";

/** What a write has to say of texts. */
export interface Embedding {
  /** Texts that were given to the embedder: the vectors of others were known. */
  readonly encoded: number;
  /** Texts of which the embedder reads only the beginning. */
  readonly truncated: number;
}

export interface Added extends Embedding {
  readonly added: number;
  /** Ids that were there already: their records stay as they are. */
  readonly skipped: readonly string[];
}

export interface Upserted extends Embedding {
  readonly added: number;
  readonly updated: number;
}

export interface Updated extends Embedding {
  readonly updated: number;
  /** Ids that are not there. */
  readonly unknown: readonly string[];
}

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

export interface DeleteOptions {
  readonly ids?: readonly string[] | string | undefined;
  readonly where?: Where | undefined;
  readonly whereDocument?: WhereDocument | undefined;
  /** Most records to delete, the first added first; only together with a filter. */
  readonly limit?: number | undefined;
}

const EMBED_OPTIONS = ["showProgressBar", "onProgress", "signal"];

/**
 * Records by their ids: vector, document, metadata, uri. Chroma's verbs; every call that writes is all or nothing, and on disk
 * when its promise is fulfilled.
 */
export class Collection<M extends Metadata = Metadata> {
  /** A UUID. */
  readonly id: string;
  readonly tenant: string;
  readonly database: string;
  readonly #context: CollectionContext;
  #row: CollectionRow;

  /** @internal */
  constructor(row: CollectionRow, context: CollectionContext) {
    this.id = row.id;
    this.tenant = row.tenant;
    this.database = row.database;
    this.#row = row;
    this.#context = context;
  }

  get name(): string {
    return this.#row.name;
  }

  get metadata(): Metadata | null {
    return this.#row.metadata;
  }

  get configuration(): FullConfiguration {
    return JSON.parse(this.#row.configuration) as FullConfiguration;
  }

  /**
   * Adds records whose ids are new; others are skipped, and reported.
   *
   * @throws NighError `ERR_INVALID_ARGUMENT`, `ERR_DIMENSION`, `ERR_EMBEDDER`, `ERR_BUSY`, `ERR_DISK_FULL`; nothing is written then.
   */
  async add(records: RecordColumns<M>, options: EmbedOptions = {}): Promise<Added> {
    const checked = checkRecords("add", records, { nulls: false });
    const there = this.#read((db, row) => {
      const reader = new RecordReader(db, row);
      return new Set(checked.map(({ id }) => id).filter((id) => reader.keyOf(id) !== undefined));
    });
    const fresh = checked.filter(({ id }) => !there.has(id));
    const { complete, embedder, ...embedding } = await this.#complete("add", fresh, options);
    const skipped = new Set(
      await this.#write(embedder, (writer) => writer.add(complete as NewRecord[])),
    );
    const ids = checked.map(({ id }) => id).filter((id) => there.has(id) || skipped.has(id));
    return { added: checked.length - ids.length, skipped: ids, ...embedding };
  }

  /** Adds records, or changes those that are there as {@link update} does. */
  async upsert(records: RecordColumns<M>, options: EmbedOptions = {}): Promise<Upserted> {
    const checked = checkRecords("upsert", records, { nulls: true });
    const { complete, embedder, ...embedding } = await this.#complete("upsert", checked, options);
    const added = await this.#write(embedder, (writer) => writer.upsert(complete as NewRecord[]));
    return { added, updated: checked.length - added, ...embedding };
  }

  /**
   * Changes records: what is not given stays, metadata is merged key by key, and null takes a key away. A new document without an
   * embedding is embedded.
   */
  async update(records: RecordColumns<M>, options: EmbedOptions = {}): Promise<Updated> {
    const checked = checkRecords("update", records, { nulls: true });
    const { complete, embedder, ...embedding } = await this.#complete("update", checked, options);
    const unknown = await this.#write(embedder, (writer) => writer.update(complete));
    return { updated: checked.length - unknown.length, unknown, ...embedding };
  }

  /** Records in the order in which they were added. */
  async get(options: GetOptions = {}): Promise<GetResult<M>> {
    const where = "get";
    checkKeys(where, options, ["ids", "where", "whereDocument", "limit", "offset", "include"]);
    const include = checkInclude(where, options.include, ["documents", "metadatas"]);
    const selection = {
      ids: checkIdFilter(where, options.ids),
      condition: parseWhere(options.where, options.whereDocument),
      limit: options.limit === undefined ? -1 : checkInteger(where, "limit", options.limit, 0),
      offset: checkInteger(where, "offset", options.offset ?? 0, 0),
    };
    return this.#read((db, row) => {
      const reader = new RecordReader(db, row);
      const columns = columnsOf(include);
      const records = reader.keys(selection).map((key) => reader.record(key, columns));
      return new GetResult<M>(records as PartialRecord[], include);
    });
  }

  /** The first records. */
  async peek({ limit = 10 }: { readonly limit?: number } = {}): Promise<GetResult<M>> {
    return this.get({ limit, include: ["documents", "metadatas", "embeddings"] });
  }

  async count(): Promise<number> {
    return this.#read((db, row) => new RecordReader(db, row).count());
  }

  /**
   * The records nearest to each query. There are always `nResults` of them when so many pass the filters.
   *
   * @throws NighError `ERR_INVALID_ARGUMENT`, `ERR_INVALID_FILTER`, `ERR_DIMENSION`, `ERR_EMBEDDER`.
   */
  async query(options: QueryOptions): Promise<QueryResult<M>> {
    const where = "query";
    checkKeys(where, options, [
      "queryTexts",
      "queryEmbeddings",
      "nResults",
      "where",
      "whereDocument",
      "ids",
      "include",
    ]);
    const include = checkInclude(where, options.include, ["documents", "metadatas", "distances"]);
    const nResults = checkInteger(where, "nResults", options.nResults ?? 10, 1);
    const condition = parseWhere(options.where, options.whereDocument);
    const ids = checkIdFilter(where, options.ids);
    const queries = await this.#queries(where, options);
    return this.#read((db, row) => {
      const found = this.#nearest(
        db,
        row,
        queries,
        nResults,
        { condition, ids },
        columnsOf(include),
      );
      return new QueryResult<M>(found, include);
    });
  }

  /**
   * Deletes records.
   *
   * @throws NighError `ERR_INVALID_ARGUMENT` when neither ids nor a filter is given.
   */
  async delete(options: DeleteOptions): Promise<{ deleted: number }> {
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
    let deleted = 0;
    await this.#write(undefined, function* (writer, reader) {
      const keys = reader.keys({ ids, condition, limit });
      deleted = keys.length;
      yield* writer.delete(keys);
    });
    return { deleted };
  }

  /**
   * Changes name, metadata (replaced as a whole) or configuration.
   *
   * @throws NighError `ERR_EXISTS`, `ERR_INVALID_ARGUMENT` for what cannot be changed.
   */
  async modify(changes: {
    readonly name?: string;
    readonly metadata?: Metadata;
    readonly configuration?: CollectionConfiguration;
  }): Promise<void> {
    const where = "modify";
    checkKeys(where, changes, ["name", "metadata", "configuration"]);
    const name = changes.name === undefined ? undefined : checkCollectionName(where, changes.name);
    const metadata = checkCollectionMetadata(where, changes.metadata) ?? undefined;
    const { configuration } = changes;
    const find = (db: Connection) => this.#find(db);
    // biome-ignore lint/correctness/useYield: short work takes no turns
    this.#row = await this.#context.database.write(function* (db) {
      const row = find(db);
      const full =
        configuration === undefined
          ? undefined
          : JSON.stringify(
              interpretConfiguration(where, configuration, JSON.parse(row.configuration)),
            );
      return changeCollection(db, row, { name, metadata, configuration: full });
    });
  }

  /** Embeds what has a document and no embedding. */
  async #complete(
    where: string,
    records: readonly CheckedRecord[],
    options: EmbedOptions,
  ): Promise<
    {
      complete: readonly (CheckedRecord & { hash?: Uint8Array })[];
      embedder?: BoundEmbedder;
    } & Embedding
  > {
    checkKeys(where, options, EMBED_OPTIONS);
    const lacking = records.filter(({ embedding }) => embedding === undefined);
    const texts = lacking.flatMap(({ document }) => (document === undefined ? [] : [document]));
    const bare =
      where === "update" ? undefined : lacking.find(({ document }) => document === undefined);
    if (bare !== undefined) {
      throw new NighError(
        "ERR_INVALID_ARGUMENT",
        `${where}: the record "${bare.id}" has neither an embedding nor a document to embed. Nothing was written.`,
      );
    }
    if (texts.length === 0) return { complete: records, encoded: 0, truncated: 0 };
    const embedder = await this.#embedder(where);
    const { database } = this.#context;
    const { embedded, encoded, truncated } = await embedDocuments(
      database,
      this.#row,
      embedder,
      texts,
      options,
    );
    let next = 0;
    const complete = records.map((record) => {
      if (record.embedding !== undefined || record.document === undefined) return record;
      const { embedding, hash } = embedded[next++] as (typeof embedded)[number];
      return {
        ...record,
        embedding: checkVector(`${where}: the embedding of "${record.id}"`, embedding),
        hash,
      };
    });
    return { complete, embedder, encoded, truncated };
  }

  async #queries(where: string, { queryTexts, queryEmbeddings }: QueryOptions): Promise<Matrix> {
    if ((queryTexts === undefined) === (queryEmbeddings === undefined)) {
      throw new NighError(
        "ERR_INVALID_ARGUMENT",
        `${where}: give either "queryTexts" or "queryEmbeddings".`,
      );
    }
    if (queryEmbeddings !== undefined) {
      const matrix = Matrix.from(queryEmbeddings);
      for (const [i, vector] of [...matrix].entries())
        checkVector(`${where}: queryEmbeddings[${i}]`, vector);
      return matrix;
    }
    const texts = typeof queryTexts === "string" ? [queryTexts] : (queryTexts as readonly string[]);
    const embedder = await this.#embedder(where);
    return embedder.queries(texts);
  }

  #nearest(
    db: Connection,
    row: CollectionRow,
    queries: Matrix,
    k: number,
    filter: { condition: Condition | undefined; ids: readonly string[] | undefined },
    columns: Columns,
  ): Found[][] {
    const state = this.#context.state(this.id);
    state.follow(db, row);
    const { live } = state;
    if (live === undefined || live.size === 0) return Array.from(queries, () => []);
    if (queries.shape[0] > 0 && queries.shape[1] !== live.d) {
      throw new NighError(
        "ERR_DIMENSION",
        `The collection "${row.name}" holds vectors of ${live.d} dimensions${row.embedder ? `, those of "${row.embedder.name}"` : ""}; the query has ${queries.shape[1]}.`,
      );
    }
    const reader = new RecordReader(db, row);
    const bits = passingBits(state.passing.bind(state), reader, filter);
    const { ef_search } = (JSON.parse(row.configuration) as FullConfiguration).hnsw;
    return live.search(queries, k, bits, ef_search).map(({ keys, distances }) =>
      keys.map((key, i) => ({
        record: reader.record(key, columns) as PartialRecord,
        distance: distances[i] as number,
      })),
    );
  }

  async #embedder(where: string): Promise<BoundEmbedder> {
    const embedder = await this.#context.embedder();
    if (embedder === undefined) {
      throw new NighError(
        "ERR_INVALID_ARGUMENT",
        `${where}: the collection "${this.name}" was opened without an embedding function: give embeddings, or open it with one.`,
      );
    }
    checkEmbedder(
      this.#read((_, row) => row),
      embedder,
    );
    return embedder;
  }

  #read<T>(work: (db: Connection, row: CollectionRow) => T): T {
    return this.#context.database.read((db) => work(db, this.#find(db)));
  }

  async #write<T>(
    embedder: BoundEmbedder | undefined,
    work: (writer: RecordWriter, reader: RecordReader) => Generator<void, T>,
  ): Promise<T> {
    const find = (db: Connection) => this.#find(db);
    const result = await this.#context.database.write(function* (db) {
      const row = find(db);
      if (embedder !== undefined) checkEmbedder(row, embedder);
      const writer = new RecordWriter(db, row, embedder?.identity);
      const value = yield* work(writer, new RecordReader(db, row));
      writer.finish();
      return value;
    });
    // Vectors that were read once are followed at once: the next query need not wait for it.
    if (this.#context.state(this.id).live !== undefined) {
      this.#read((db, row) => this.#context.state(this.id).follow(db, row));
    }
    return result;
  }

  #find(db: Connection): CollectionRow {
    const row = findCollectionById(db, this.id);
    if (row === undefined) {
      this.#context.forget(this.id);
      throw new NighError("ERR_NOT_FOUND", `The collection "${this.name}" was deleted.`);
    }
    this.#row = row;
    return row;
  }
}

/** `ids` of a filter: a set, in which an id may come twice. */
function checkIdFilter(
  where: string,
  ids: readonly string[] | string | undefined,
): string[] | undefined {
  if (ids === undefined) return undefined;
  return checkIds(where, Array.isArray(ids) ? [...new Set(ids)] : ids);
}

function passingBits(
  passing: (condition: Condition, reader: RecordReader) => { bits: Uint8Array },
  reader: RecordReader,
  { condition, ids }: { condition: Condition | undefined; ids: readonly string[] | undefined },
): Uint8Array | undefined {
  const bits = condition && passing(condition, reader).bits;
  if (ids === undefined) return bits;
  const keys = ids.map((id) => reader.keyOf(id)).filter((key) => key !== undefined);
  const own = new Uint8Array((Math.max(0, ...keys) >> 3) + 1);
  for (const key of keys) {
    const at = key >> 3;
    const bit = 1 << (key & 7);
    if (bits === undefined || ((bits[at] ?? 0) & bit) !== 0) own[at] = (own[at] as number) | bit;
  }
  return own;
}

function columnsOf(include: readonly Include[]): Columns {
  return {
    document: include.includes("documents"),
    metadata: include.includes("metadatas"),
    uri: include.includes("uris"),
    embedding: include.includes("embeddings"),
  };
}
