import { describe, quote, shorten } from "../../shared/describe.js";
import { invalid } from "../../shared/errors.js";
import { isObject } from "../../shared/plain-values.js";
import {
  kindOf,
  type Metadata,
  type MetadataChanges,
  type MetadataValue,
} from "../../store/metadata.js";

/** How a message calls what was checked; a function where it would be made for each of many records, most of which are fine. */
type Name = string | (() => string);

function textOf(name: Name): string {
  return typeof name === "string" ? name : name();
}

/** @throws NighError `ERR_INVALID_ARGUMENT`; an object without keys is refused, as in Chroma. */
export function checkCollectionMetadata(where: string, metadata: unknown): Metadata | null {
  const checked = checkMetadata(`${where}: metadata`, metadata, false);
  if (checked === undefined) return null;
  if (Object.keys(checked).length > 0) return checked as Metadata;
  throw invalid(
    `${where}: the metadata of a collection must have at least one key: leave it out for none`,
  );
}

/** SQLite keeps UTF-8, which has no half of a surrogate pair, and some of its interfaces cut texts at a NUL. */
export function checkWellFormed(name: Name, text: string): void {
  if (text.includes("\0")) {
    throw invalid(
      `${textOf(name)} has a NUL character (code 0, at ${text.indexOf("\0")}), which cannot be stored: take it out`,
    );
  }
  if (text.isWellFormed()) return;
  throw invalid(
    `${textOf(name)} has half of a surrogate pair, which cannot be stored: repair it with the string's toWellFormed()`,
  );
}

/**
 * @param nulls whether values may be null.
 * @throws NighError `ERR_INVALID_ARGUMENT`.
 */
export function checkMetadata(
  name: Name,
  metadata: unknown,
  nulls: boolean,
): MetadataChanges | undefined {
  if (metadata === null || metadata === undefined) return undefined;
  if (!isObject(metadata)) {
    throw invalid(
      `${textOf(name)} must be an object of keys and values, found ${describe(metadata)}`,
    );
  }
  const checked: [string, MetadataValue | null][] = [];
  for (const [key, value] of Object.entries(metadata)) {
    if (key === "" || key.startsWith("#") || key.startsWith("$")) {
      throw invalid(
        `${textOf(name)}: the key ${quote(key)} is not allowed: keys are not empty and start with neither "#" nor "$"`,
      );
    }
    checkWellFormed(() => `${textOf(name)}: the key ${quote(key)}`, key);
    if (value === undefined) continue;
    const place = () => `${textOf(name)}.${shorten(key)}`;
    if (value === null && !nulls) {
      throw invalid(
        `${place()} is null, which is for taking a key away in update and upsert: leave the key out`,
      );
    }
    checkValue(place, value);
    if (!Array.isArray(value)) checked.push([key, value as MetadataValue | null]);
    else if (value.length > 0) checked.push([key, [...value]]);
    // An empty list says nothing, as in Chroma.
    else if (nulls) checked.push([key, null]);
  }
  return Object.fromEntries(checked);
}

function checkValue(name: () => string, value: unknown): void {
  if (value === null) return;
  const values = Array.isArray(value) ? value : [value];
  const kind = kindOf(values[0]);
  for (const [i, one] of values.entries()) {
    const place = () => (Array.isArray(value) ? `${name()}[${i}]` : name());
    const own = kindOf(one);
    if (own === undefined) {
      throw invalid(
        `${place()} must be a string, a boolean, a finite number or an integer of 64 bits, or a list of these; found ${describe(one)}`,
      );
    }
    if (own !== kind)
      throw invalid(
        `${place()} is ${describe(one)}, ${name()}[0] is ${describe(values[0])}: a list holds values of one kind`,
      );
    if (typeof one === "string") checkWellFormed(place, one);
  }
}
