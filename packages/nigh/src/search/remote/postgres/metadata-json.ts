import { parseExactJson, scalarJson, toExactJson } from "../../../store/exchange/exact-json.js";
import {
  type Metadata,
  type MetadataScalar,
  type MetadataValue,
  withoutFloats,
} from "../../../store/metadata.js";

/** Postgres compares the decimals that it was given: from here on a float's shortest ones are not its value. */
const EXACT_FROM = 2 ** 53;

/**
 * Metadata for a jsonb column, whose numbers are decimals of any length: integers have no point, floats have one, and both have their
 * exact value. Only the sign of -0.0 is lost there.
 */
export function jsonbOf(metadata: Metadata): string {
  return toExactJson(metadata, exactFloat);
}

/** A value as a jsonb column has it. */
export function scalarJsonb(value: MetadataScalar): string {
  return scalarJson(value, exactFloat);
}

function exactFloat(value: number): string {
  if (Math.abs(value) >= EXACT_FROM) return `${BigInt(value)}.0`;
  return Number.isInteger(value) ? `${value}.0` : String(value);
}

/** @param floats whether floats without a fraction are Floats. */
export function metadataOfJsonb(text: string | null, floats: boolean): Metadata | null {
  if (text === null) return null;
  const values = parseExactJson(text) as Record<string, MetadataValue>;
  return floats ? values : withoutFloats(values);
}

/** Metadata that was given, without keys to take away; null when nothing is left. */
export function keptJson(
  changes: Readonly<Record<string, MetadataValue | null>> | undefined,
): string | null {
  const kept = Object.entries(changes ?? {}).filter(([, value]) => value !== null);
  return kept.length === 0 ? null : jsonbOf(Object.fromEntries(kept) as Metadata);
}

/** The keys that changes take away. */
export function droppedKeys(
  changes: Readonly<Record<string, MetadataValue | null>> | undefined,
): string[] {
  return Object.entries(changes ?? {})
    .filter(([, value]) => value === null)
    .map(([key]) => key);
}
