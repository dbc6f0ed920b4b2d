import { z } from "zod";
import { toExactJson } from "./exact-json.js";
import type { ExchangeHeader } from "./exchange.js";
import { badFile } from "./exchange-errors.js";
import { metadataOfJson } from "./metadata-of-json.js";

const VERSION = 1;

const HeaderSchema = z.strictObject({
  nigh: z.literal("collection"),
  version: z.literal(VERSION),
  name: z.string(),
  metadata: z.unknown(),
  configuration: z.record(z.string(), z.unknown()),
  embedder: z
    .strictObject({
      name: z.string(),
      fingerprint: z.string(),
      dimension: z.int().positive(),
      dtype: z.exactOptional(z.string()),
      longText: z.exactOptional(z.string()),
    })
    .nullable(),
  dimension: z.int().positive().nullable(),
  count: z.int().nonnegative().optional(),
});

/** @param exact the same value read by `parseExactJson`. Tells a header from a record. */
export function isHeader(exact: unknown): boolean {
  return exact !== null && typeof exact === "object" && Object.hasOwn(exact, "nigh");
}

/** A header as one line of JSON, without its closing brace, so that a count may follow. */
export function openHeaderJson(header: ExchangeHeader): string {
  const { name, metadata, configuration, embedder, dimension } = header;
  const facts = JSON.stringify({ configuration, embedder, dimension });
  const exact = metadata === null ? "null" : toExactJson(metadata);
  return `{"nigh":"collection","version":${VERSION},"name":${JSON.stringify(name)},"metadata":${exact},${facts.slice(1, -1)}`;
}

/**
 * @param text JSON.
 * @param exact the same, read by `parseExactJson`.
 * @throws NighError `ERR_FILE` where it is no header of this version.
 */
export function headerOf(
  text: string,
  exact: unknown,
  place: string,
): { header: ExchangeHeader; count: number | undefined } {
  const plain: unknown = JSON.parse(text);
  const version = (plain as { version?: unknown } | null)?.version;
  if (typeof version === "number" && version > VERSION) {
    throw badFile(
      place,
      `the header has version ${version}; expected ${VERSION}. A newer nigh wrote the file: read it with that one.`,
    );
  }
  const result = HeaderSchema.safeParse(plain);
  if (!result.success) {
    throw badFile(
      place,
      `the header is not one of a collection: ${z.prettifyError(result.error)}. Export again, or take the line away.`,
    );
  }
  const { name, configuration, embedder, dimension, count } = result.data;
  const metadata = metadataOfJson((exact as { metadata?: unknown }).metadata, place);
  return { header: { name, metadata, configuration, embedder, dimension }, count };
}
