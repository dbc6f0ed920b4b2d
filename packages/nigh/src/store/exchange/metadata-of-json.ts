import { describe } from "../../shared/describe.js";
import {
  Float,
  kindOf,
  type Metadata,
  type MetadataScalar,
  type MetadataValue,
} from "../metadata.js";
import { badFile } from "./exchange-errors.js";

/**
 * Parsed JSON as metadata. A key whose value is null is a key that is not there; metadata without keys is null.
 *
 * @param what names the metadata in messages, as do `place` and the key.
 * @throws NighError `ERR_FILE` where it is no metadata.
 */
export function metadataOfJson(value: unknown, place: string, what = "metadata"): Metadata | null {
  if (value === null || value === undefined) return null;
  if (typeof value !== "object" || Array.isArray(value) || value instanceof Float) {
    throw badFile(place, `"${what}" is ${shown(value)}; expected an object of keys and values.`);
  }
  const entries: [string, MetadataValue][] = [];
  for (const [key, found] of Object.entries(value)) {
    if (found !== null) entries.push([key, metadataValue(found, place, `${what}.${key}`)]);
  }
  return entries.length === 0 ? null : Object.fromEntries(entries);
}

/** @throws NighError `ERR_FILE` where it is no value of metadata, named `what`. */
export function metadataValue(value: unknown, place: string, what: string): MetadataValue {
  if (!Array.isArray(value)) return checkScalar(value, place, what);
  const kinds = new Set(
    value.map((item) => kindOf(checkScalar(item, place, what, " in its list"))),
  );
  if (kinds.size > 1) {
    throw badFile(
      place,
      `"${what}" is a list of different kinds; expected all texts, all numbers or all booleans.`,
    );
  }
  return value as MetadataScalar[];
}

function checkScalar(value: unknown, place: string, what: string, where = ""): MetadataScalar {
  if (kindOf(value) !== undefined) return value as MetadataScalar;
  throw badFile(
    place,
    `"${what}" has ${shown(value)}${where}; expected a text, a finite number, an integer of 64 bits, a boolean, or a list of one of these.`,
  );
}

function shown(value: unknown): string {
  return value instanceof Float ? `the number ${value.value}` : describe(value);
}
