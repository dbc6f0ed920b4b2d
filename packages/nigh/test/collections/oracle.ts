import {
  type ErrorCode,
  Float,
  type Metadata,
  type MetadataScalar,
  type MetadataValue,
  type Space,
  type Where,
  type WhereDocument,
} from "nigh";
import { vectorOf } from "./embedders.js";
import { passes } from "./filters.js";

/** Chroma's distance, with sums in float64 of float32 numbers. */
export function distanceOf(space: Space, a: Float32Array, b: Float32Array): number {
  let [inner, squares, ofA, ofB] = [0, 0, 0, 0];
  for (const [i, x] of a.entries()) {
    const y = b[i] as number;
    inner += x * y;
    squares += (x - y) ** 2;
    ofA += x * x;
    ofB += y * y;
  }
  if (space === "l2") return squares;
  if (space === "ip") return 1 - inner;
  return ofA === 0 || ofB === 0 ? 1 : 1 - inner / Math.sqrt(ofA * ofB);
}

/** A record of a write: what is null is not given. */
export interface Row {
  readonly id: string;
  readonly embedding: Float32Array | null;
  readonly document: string | null;
  readonly metadata: Readonly<Record<string, unknown>> | null;
  readonly uri: string | null;
}

export interface Filter {
  readonly ids?: readonly string[] | undefined;
  readonly where?: Where | undefined;
  readonly whereDocument?: WhereDocument | undefined;
}

export type Write =
  | { readonly verb: "add" | "upsert" | "update"; readonly rows: readonly Row[] }
  | { readonly verb: "delete"; readonly filter: Filter; readonly limit?: number | undefined };

/** What a write reports, or the code of the error with which it is refused. */
export type Outcome = Readonly<Record<string, unknown>> | { readonly code: ErrorCode };

export interface PlainRecord {
  embedding: Float32Array;
  document: string | null;
  metadata: Metadata | null;
  uri: string | null;
}

export interface Near {
  readonly id: string;
  readonly distance: number;
  /** Its place in the order of adding. */
  readonly place: number;
}

/** How a collection is made. */
export interface CollectionPlan {
  readonly name: string;
  readonly space: Space;
  readonly d: number;
  readonly embeds: boolean;
  readonly syncThreshold: number;
}

/** A collection as the documentation has it, without any index. */
export class PlainCollection {
  readonly space: Space;
  readonly d: number;
  /** Whether documents are embedded, by {@link vectorOf}. */
  readonly embeds: boolean;
  /** Whether a graph may answer queries, which finds almost all that is near. */
  readonly isApproximate: boolean;
  name: string;
  id = "";
  metadata: Metadata | null = null;
  dimension: number | null = null;
  /** In the order of adding. */
  readonly records = new Map<string, PlainRecord>();

  constructor({ name, space, d, embeds, syncThreshold }: CollectionPlan) {
    this.name = name;
    this.space = space;
    this.d = d;
    this.embeds = embeds;
    this.isApproximate = syncThreshold < 50_000;
  }

  apply(write: Write): Outcome {
    if (write.verb === "delete") return this.#delete(write.filter, write.limit);
    const { verb, rows } = write;
    const ids = rows.map(({ id }) => id);
    if (new Set(ids).size < ids.length) return { code: "ERR_INVALID_ARGUMENT" };
    const there = new Set(ids.filter((id) => this.records.has(id)));
    const relevant = rows.filter(({ id, embedding }) => {
      if (verb === "upsert") return true;
      return verb === "add" ? embedding !== null || !there.has(id) : there.has(id);
    });
    const lacking = relevant.filter(({ embedding }) => embedding === null);
    const bare = lacking.some(({ document }) => document === null);
    if (bare && verb !== "update") return { code: "ERR_INVALID_ARGUMENT" };
    if (!this.embeds && lacking.some(({ document }) => document !== null)) {
      return { code: "ERR_INVALID_ARGUMENT" };
    }
    const vectors = relevant.map(({ embedding, document }) => {
      if (embedding !== null) return embedding;
      return document === null ? undefined : vectorOf(document, this.d);
    });
    const wrong = vectors.some((v) => v && v.length !== (this.dimension ?? this.d));
    if (wrong) return { code: "ERR_DIMENSION" };
    for (const [i, row] of relevant.entries()) {
      const vector = vectors[i];
      const known = this.records.get(row.id);
      if (known === undefined) this.#insert(row, vector as Float32Array);
      else if (verb !== "add") change(known, row, vector);
    }
    if (verb === "add") return { added: ids.length - there.size, skipped: [...there] };
    if (verb === "upsert") return { added: ids.length - there.size, updated: there.size };
    return { updated: there.size, unknown: ids.filter((id) => !there.has(id)) };
  }

  select({ ids, where, whereDocument }: Filter): string[] {
    const wanted = ids && new Set(ids);
    return [...this.records]
      .filter(
        ([id, { metadata, document }]) =>
          (wanted === undefined || wanted.has(id)) &&
          passes(where, whereDocument, metadata, document),
      )
      .map(([id]) => id);
  }

  /** All records that pass, the nearest first, ties in the order of adding. */
  nearest(query: Float32Array, filter: Filter): Near[] {
    const places = new Map([...this.records.keys()].map((id, place) => [id, place]));
    return this.select(filter)
      .map((id) => ({
        id,
        distance: distanceOf(this.space, query, (this.records.get(id) as PlainRecord).embedding),
        place: places.get(id) as number,
      }))
      .sort((a, b) => a.distance - b.distance || a.place - b.place);
  }

  rows() {
    return [...this.records].map(([id, { embedding, document, metadata, uri }]) => ({
      id,
      document,
      metadata,
      embedding,
      uri,
    }));
  }

  #insert(row: Row, embedding: Float32Array): void {
    this.dimension = this.d;
    const { id, document, uri } = row;
    this.records.set(id, { embedding, document, metadata: merged(null, row.metadata), uri });
  }

  #delete(filter: Filter, limit: number | undefined): Outcome {
    const isFiltered = filter.where !== undefined || filter.whereDocument !== undefined;
    const isLimited = limit !== undefined;
    if ((!isFiltered && isLimited) || (!isFiltered && filter.ids === undefined)) {
      return { code: "ERR_INVALID_ARGUMENT" };
    }
    const chosen = this.select(filter).slice(0, limit);
    for (const id of chosen) this.records.delete(id);
    return { deleted: chosen.length };
  }
}

function change(record: PlainRecord, row: Row, vector: Float32Array | undefined): void {
  if (vector !== undefined) record.embedding = vector;
  if (row.document !== null) record.document = row.document;
  if (row.uri !== null) record.uri = row.uri;
  record.metadata = merged(record.metadata, row.metadata);
}

/** What is read back: null takes keys away, an empty list too; floats without a fraction come back as numbers. */
function merged(old: Metadata | null, changes: Row["metadata"]): Metadata | null {
  const entries = new Map(Object.entries(old ?? {}));
  for (const [key, value] of Object.entries(changes ?? {})) {
    if (value === null || (Array.isArray(value) && value.length === 0)) entries.delete(key);
    else entries.set(key, readBack(value as MetadataValue));
  }
  return entries.size === 0 ? null : Object.fromEntries(entries);
}

function readBack(value: MetadataValue): MetadataValue {
  if (Array.isArray(value)) return value.map((one) => readBack(one) as MetadataScalar);
  return value instanceof Float ? value.value : value;
}
