import type { Metadata } from "../metadata.js";
import type { Row } from "../sqlite.js";
import { isText, isVector, metadataOf } from "./check-records.js";

/** A record as far as it can be read. */
export interface DamagedRecord {
  readonly id: string;
  readonly document: string | null;
  readonly uri: string | null;
  readonly metadata: Metadata | null;
  readonly hash: Uint8Array | null;
  /** null where it is lost. */
  readonly embedding: Float32Array | null;
  /** What is not as it was: texts have replacement characters (U+FFFD) where they cannot be read, metadata and vectors are missing. */
  readonly damaged: readonly ("document" | "uri" | "metadata" | "vector")[];
}

/** Columns to read a record by: texts as bytes, since SQLite does not look whether they are UTF-8. */
export const RAW_COLUMNS =
  "key, CAST(id AS BLOB) AS id, CAST(document AS BLOB) AS document, CAST(uri AS BLOB) AS uri, metadata, hash";

/** @returns undefined where not even an id can be read. */
export function readRecord(
  row: Row,
  vector: unknown,
  dimension: number | null,
): DamagedRecord | undefined {
  if (!isText(row.id) || (row.id as Uint8Array).length === 0) return undefined;
  const damaged: DamagedRecord["damaged"][number][] = [];
  const text = (name: "document" | "uri") => {
    const bytes = row[name];
    if (bytes === null) return null;
    if (!isText(bytes)) damaged.push(name);
    return bytes instanceof Uint8Array ? readableText(bytes) : null;
  };
  const [document, uri] = [text("document"), text("uri")];
  const metadata = row.metadata === null ? null : metadataOf(row.metadata);
  if (metadata === undefined) damaged.push("metadata");
  const isWhole = isVector(vector, dimension);
  if (!isWhole) damaged.push("vector");
  const { hash } = row;
  return {
    id: readableText(row.id as Uint8Array),
    document,
    uri,
    metadata: metadata ?? null,
    // The hash of another text would keep a damaged one from being embedded anew.
    hash: hash instanceof Uint8Array && !damaged.includes("document") ? hash : null,
    embedding: isWhole ? new Float32Array(new Uint8Array(vector).buffer) : null,
    damaged,
  };
}

function readableText(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes).replaceAll("\0", "\ufffd");
}
