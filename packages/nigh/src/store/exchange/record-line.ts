import { describe } from "../../shared/describe.js";
import { nearestName } from "../../shared/options.js";
import { checkFinite, embeddingJson, embeddingOf } from "./embedding-json.js";
import { toExactJson } from "./exact-json.js";
import type { ImportedRecord } from "./exchange.js";
import { badFile } from "./exchange-errors.js";
import { metadataOfJson } from "./metadata-of-json.js";

const FIELDS: readonly string[] = ["id", "document", "uri", "metadata", "embedding"];

/**
 * A record as a line of JSON; what is null is left out, and the long embedding comes last. JSON keeps lone surrogates, as
 * escapes.
 */
export function toLine(record: Omit<ImportedRecord, "place">): string {
  const { id, document, uri, metadata, embedding } = record;
  let line = `{"id":${JSON.stringify(id)}`;
  if (document !== null) line += `,"document":${JSON.stringify(document)}`;
  if (uri !== null) line += `,"uri":${JSON.stringify(uri)}`;
  if (metadata !== null) line += `,"metadata":${toExactJson(metadata)}`;
  if (embedding === null) return `${line}}\n`;
  checkFinite(id, embedding);
  return `${line},"embedding":${embeddingJson(embedding)}}\n`;
}

/** @param value a line read by `parseExactJson`. @throws NighError `ERR_FILE` where it is no record. */
export function recordOf(value: unknown, place: string): ImportedRecord {
  if (value === null || typeof value !== "object" || Array.isArray(value)) {
    throw badFile(
      place,
      `the line holds ${describe(value)}; expected an object {"id", "document", "metadata", "uri", "embedding"}.`,
    );
  }
  const fields = value as Record<string, unknown>;
  for (const name of Object.keys(fields))
    if (!FIELDS.includes(name)) throw unknownField(name, place);
  return {
    id: idOf(fields.id, place),
    document: textOf(fields.document, "document", place),
    metadata: metadataOfJson(fields.metadata, place),
    uri: textOf(fields.uri, "uri", place),
    embedding: embeddingOf(fields.embedding, place),
    place,
  };
}

/** @throws NighError `ERR_FILE` */
export function idOf(value: unknown, place: string): string {
  if (typeof value === "string") return value;
  const found = value === undefined ? "missing" : describe(value);
  throw badFile(place, `"id" is ${found}; expected a text. Give each record an id of its own.`);
}

/** null stands for no text. @throws NighError `ERR_FILE` */
export function textOf(value: unknown, what: string, place: string): string | null {
  if (value === null || value === undefined) return null;
  if (typeof value === "string") return value;
  throw badFile(place, `"${what}" is ${describe(value)}; expected a text, or null.`);
}

function unknownField(name: string, place: string): Error {
  const nearest = nearestName(name, FIELDS);
  const hint = nearest ? `Did you mean "${nearest}"?` : `Put other values into "metadata".`;
  return badFile(
    place,
    `unknown field "${name}"; expected ${FIELDS.map((field) => `"${field}"`).join(", ")}. ${hint}`,
  );
}
