import { describe } from "../shared/describe.js";
import type { Document, Metadata } from "./document.js";
import type { ReadRules } from "./document-reader.js";

/** Why a record is not a document: what was found, what was expected. */
export interface BadRecord {
  reason: string;
}

/**
 * One parsed JSON value as a document: text (behind its title, as BEIR's loaders join them), id,
 * and every other field as metadata, nested ones as JSON. Null fields are left out.
 *
 * @param source names the record; also its id where it has none.
 */
export function recordToDocument(
  value: unknown,
  rules: ReadRules,
  source: string,
): Document | BadRecord {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return { reason: `the line holds ${describe(value)}; expected a JSON object` };
  }
  // A Map, since a plain object would take a field named "__proto__" or "constructor" amiss.
  const fields = new Map<string, unknown>(Object.entries(value));
  const text = findText(fields, rules);
  if ("reason" in text) return text;
  const id = findId(fields, rules);
  if ("reason" in id) return id;
  fields.delete(text.field);
  if (id.field !== undefined) fields.delete(id.field);

  const document: Document = {
    type: "document",
    id: id.id ?? source,
    text: text.text,
    metadata: toMetadata(fields),
    source,
  };
  const broken = findLoneSurrogate(document);
  if (broken === undefined) return document;
  const field = broken === "text" ? text.field : broken === "id" ? (id.field ?? "id") : broken;
  return {
    reason: `the field ${JSON.stringify(field)} holds a lone surrogate, half of a character (such as "\\ud83d"); expected whole ones`,
  };
}

function findText(
  fields: Map<string, unknown>,
  rules: ReadRules,
): { field: string; text: string } | BadRecord {
  const candidates = rules.textFields.filter((name) => (fields.get(name) ?? null) !== null);
  const first = candidates[0];
  if (first === undefined) {
    const found = [...fields.keys()].slice(0, 8).map((name) => JSON.stringify(name));
    return {
      reason: `no text: found ${found.length === 0 ? "no fields" : `the fields ${found.join(", ")}`}; expected ${quoteAny(rules.textFields)}`,
    };
  }
  for (const field of candidates) {
    const text = fields.get(field);
    if (typeof text !== "string") {
      return { reason: `the field "${field}" is ${describe(text)}; expected a string` };
    }
    if (text.trim() !== "") return { field, text: withTitle(fields, field, text) };
  }
  // BEIR has documents that are only a title.
  const title = withTitle(fields, first, "");
  if (title !== "") return { field: first, text: title };
  return { reason: `the field "${first}" is empty; expected text` };
}

function withTitle(fields: Map<string, unknown>, field: string, text: string): string {
  const title = field === "title" ? undefined : fields.get("title");
  return typeof title === "string" ? `${title.trim()} ${text}`.trim() : text;
}

function findId(
  fields: Map<string, unknown>,
  rules: ReadRules,
): { field?: string; id?: string } | BadRecord {
  for (const field of rules.idFields) {
    const id = fields.get(field);
    if (id === undefined || id === null || id === "") continue;
    if (typeof id === "string") return { field, id };
    if (typeof id === "number" && Math.abs(id) <= Number.MAX_SAFE_INTEGER) {
      return { field, id: String(id) };
    }
    const expected = typeof id === "number" ? "one of at most 2^53 - 1, or a string" : "a string";
    return { reason: `the field "${field}" is ${describe(id)}; expected ${expected}` };
  }
  return rules.idRequired ? { reason: `no id: expected ${quoteAny(rules.idFields)}` } : {};
}

function toMetadata(fields: Map<string, unknown>): Metadata {
  const entries: [string, string | number | boolean][] = [];
  for (const [name, value] of fields) {
    if (value === null) continue;
    if (typeof value === "object") entries.push([name, JSON.stringify(value)]);
    // 1e999 is JSON, but no database holds an infinite number.
    else if (typeof value === "number")
      entries.push([name, Number.isFinite(value) ? value : String(value)]);
    else if (typeof value === "string" || typeof value === "boolean") entries.push([name, value]);
  }
  return Object.fromEntries(entries);
}

/** The name of the part that holds one: `id`, `text`, or a field of the metadata. */
function findLoneSurrogate(document: Document): string | undefined {
  const lone = /\p{Surrogate}/u;
  if (lone.test(document.text)) {
    return typeof document.metadata.title === "string" && lone.test(document.metadata.title)
      ? "title"
      : "text";
  }
  if (lone.test(document.id)) return "id";
  return Object.keys(document.metadata).find((name) => {
    const value = document.metadata[name];
    return lone.test(name) || (typeof value === "string" && lone.test(value));
  });
}

function quoteAny(names: readonly string[]): string {
  return names
    .map((name) => `"${name}"`)
    .join(", ")
    .replace(/, ([^,]*)$/, " or $1");
}
