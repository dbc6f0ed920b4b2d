import { MOST_DIMENSIONS } from "../../indexes/check-vectors.js";
import { describe, quote } from "../../shared/describe.js";
import { invalid, NighError } from "../../shared/errors.js";
import { Matrix, type MatrixLike } from "../../shared/matrix.js";
import { checkKeys } from "../../shared/options.js";
import { isFloat32Array } from "../../shared/plain-values.js";
import type { Metadata, MetadataChanges, MetadataFields } from "../../store/metadata.js";
import { checkMetadata, checkWellFormed } from "./check-metadata.js";

/** New records as columns: entry i of each list belongs to `ids[i]`. */
export interface RecordColumns<M extends MetadataFields<M> = Metadata> extends OtherColumns {
  readonly metadatas?: readonly (M | null | undefined)[] | M | undefined;
}

/** Changes of records as columns, or new records among them: metadata is merged key by key, and null takes a key away. */
export interface RecordChangeColumns<M extends MetadataFields<M> = Metadata> extends OtherColumns {
  readonly metadatas?:
    | readonly (NullableValues<M> | null | undefined)[]
    | NullableValues<M>
    | undefined;
}

interface OtherColumns {
  readonly ids: readonly string[] | string;
  /** Without them, documents are embedded. */
  readonly embeddings?:
    | MatrixLike
    | readonly (Float32Array | readonly number[] | null)[]
    | undefined;
  readonly documents?: readonly (string | null | undefined)[] | string | undefined;
  readonly uris?: readonly (string | null | undefined)[] | string | undefined;
}

/** Some of the keys; null takes one away. */
export type NullableValues<M> = { readonly [K in keyof M]?: M[K] | null };

/** Columns as the checks read them. */
export type AnyColumns = OtherColumns & { readonly metadatas?: unknown };

/** Records checked, as rows. */
export interface CheckedRecord {
  readonly id: string;
  readonly embedding: Float32Array | undefined;
  readonly document: string | undefined;
  readonly metadata: MetadataChanges | undefined;
  readonly uri: string | undefined;
}

interface CheckOptions {
  /** null values take keys away. */
  readonly nulls: boolean;
}

const COLUMNS = ["ids", "embeddings", "documents", "metadatas", "uris"];

/**
 * Checks records before anything is written.
 *
 * @throws NighError `ERR_INVALID_ARGUMENT` naming the column, the place and the id; `ERR_DIMENSION` where embeddings differ in
 * length; `ERR_UNKNOWN_OPTION`.
 */
export function checkRecords(
  where: string,
  columns: AnyColumns,
  { nulls }: CheckOptions,
): CheckedRecord[] {
  checkKeys(where, columns, COLUMNS);
  const ids = checkIds(where, columns.ids);
  const single = typeof columns.ids === "string";
  const column = (name: "documents" | "metadatas" | "uris"): readonly unknown[] => {
    const given: unknown = columns[name];
    const values = single && given !== undefined && !Array.isArray(given) ? [given] : given;
    return checkColumn(where, name, values, ids.length);
  };
  const documents = column("documents");
  const metadatas = column("metadatas");
  const uris = column("uris");
  const embeddings = checkEmbeddings(where, columns.embeddings, ids);
  return ids.map((id, i) => ({
    id,
    embedding: embeddings?.[i],
    document: checkText(where, "documents", documents[i], i, id),
    uri: checkText(where, "uris", uris[i], i, id),
    metadata: checkMetadata(
      () => `${where}: metadatas[${i}] (id ${quote(id)})`,
      metadatas[i],
      nulls,
    ),
  }));
}

/** Ids that are given: strings, not empty, none twice. */
export function checkIds(where: string, ids: unknown): string[] {
  const list = typeof ids === "string" ? [ids] : ids;
  if (!Array.isArray(list)) {
    throw invalid(`${where}: "ids" must be a list of strings, found ${describe(ids)}`);
  }
  const seen = new Set<string>();
  for (const [i, id] of list.entries()) {
    if (typeof id !== "string" || id === "") {
      throw invalid(
        `${where}: ids[${i}] must be a string that is not empty, found ${describe(id)}`,
      );
    }
    checkWellFormed(() => `${where}: ids[${i}]`, id);
    if (seen.has(id))
      throw invalid(
        `${where}: the id ${quote(id)} is given twice, ids[${list.indexOf(id)}] and ids[${i}]`,
      );
    seen.add(id);
  }
  return list as string[];
}

/** `ids` of a filter: a set, in which an id may come twice. */
export function checkIdFilter(where: string, ids: unknown): string[] | undefined {
  if (ids === undefined || ids === null) return undefined;
  return checkIds(where, Array.isArray(ids) ? [...new Set(ids)] : ids);
}

/** One text, or a list of them. */
export function checkTexts(where: string, name: string, texts: unknown): string[] {
  const list = typeof texts === "string" ? [texts] : texts;
  if (!Array.isArray(list)) {
    throw invalid(
      `${where}: "${name}" must be a string or a list of them, found ${describe(texts)}`,
    );
  }
  for (const [i, text] of list.entries()) {
    if (typeof text !== "string") {
      throw invalid(`${where}: ${name}[${i}] must be a string, found ${describe(text)}`);
    }
    checkWellFormed(`${where}: ${name}[${i}]`, text);
  }
  return list as string[];
}

function checkColumn(
  where: string,
  name: string,
  values: unknown,
  count: number,
): readonly unknown[] {
  if (values === undefined || values === null) return [];
  if (!Array.isArray(values)) {
    throw invalid(
      `${where}: "${name}" must be a list with an entry for each id, found ${describe(values)}`,
    );
  }
  if (values.length !== count) {
    throw invalid(
      `${where}: there are ${count} ids and ${values.length} ${name}: expected as many`,
    );
  }
  return values;
}

function checkEmbeddings(
  where: string,
  embeddings: AnyColumns["embeddings"],
  ids: readonly string[],
): readonly (Float32Array | undefined)[] | undefined {
  if (embeddings === undefined || embeddings === null) return undefined;
  if (embeddings instanceof Matrix) {
    if (embeddings.shape[0] !== ids.length) {
      throw invalid(
        `${where}: there are ${ids.length} ids and ${embeddings.shape[0]} embeddings: expected as many`,
      );
    }
    const copies = Matrix.zeros(...embeddings.shape);
    return ids.map((_, i) =>
      checkVector(`${where}: embeddings[${i}]`, embeddings.row(i), copies.row(i)),
    );
  }
  if (isFloat32Array(embeddings) && ids.length === 1) {
    return [checkVector(`${where}: embeddings`, embeddings)];
  }
  const list = checkColumn(where, "embeddings", embeddings, ids.length);
  const vectors = list.map((vector, i) =>
    vector === null || vector === undefined
      ? undefined
      : checkVector(`${where}: embeddings[${i}]`, vector),
  );
  const first = vectors.findIndex((vector) => vector !== undefined);
  const length = vectors[first]?.length;
  const other = vectors.findIndex((vector) => vector !== undefined && vector.length !== length);
  if (other >= 0) {
    throw new NighError(
      "ERR_DIMENSION",
      `${where}: embeddings[${other}] has ${vectors[other]?.length} dimensions, embeddings[${first}] has ${length}: all must be equal.`,
    );
  }
  return vectors;
}

/**
 * A vector of finite float32 numbers, copied: the caller may use its own again at once.
 *
 * @param copy where the copy goes, of the vector's length; memory of its own by default.
 */
export function checkVector(name: string, vector: unknown, copy?: Float32Array): Float32Array {
  if (!isFloat32Array(vector) && !Array.isArray(vector)) {
    throw invalid(`${name} must be a Float32Array or a list of numbers, found ${describe(vector)}`);
  }
  if (vector.length === 0) throw invalid(`${name} is empty`);
  if (vector.length > MOST_DIMENSIONS) {
    throw invalid(
      `${name} has ${vector.length} dimensions, expected ${MOST_DIMENSIONS} at most: more cannot be searched`,
    );
  }
  const floats = copy ?? new Float32Array(vector.length);
  for (let i = 0; i < floats.length; i++) {
    const value: unknown = vector[i];
    if (typeof value === "number" && Number.isFinite(Math.fround(value))) floats[i] = value;
    else {
      throw invalid(
        `${name}[${i}] is ${describe(value)}, expected a number that is finite in float32`,
      );
    }
  }
  return floats;
}

function checkText(
  where: string,
  name: string,
  text: unknown,
  i: number,
  id: string,
): string | undefined {
  if (text === null || text === undefined) return undefined;
  if (typeof text !== "string") {
    throw invalid(
      `${where}: ${name}[${i}] (id ${quote(id)}) must be a string, found ${describe(text)}`,
    );
  }
  checkWellFormed(() => `${where}: ${name}[${i}] (id ${quote(id)})`, text);
  return text;
}
