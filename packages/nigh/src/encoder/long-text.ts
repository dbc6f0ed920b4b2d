import { createHash } from "#shared/hash";

/**
 * What becomes of a text of more tokens than the model reads: "truncate" leaves the rest out and counts it, as Python does; "chunk" reads the
 * text in windows.
 */
export const LONG_TEXTS = ["truncate", "chunk"] as const;
export type LongText = (typeof LONG_TEXTS)[number];

/** Changes where windows would be cut or put together in another way: vectors of long texts are then others. */
const WINDOWS = "chunk 1";

/** Vectors of long texts depend on it: those of chunks are not compared with others unawares. */
export function fingerprintOf(fingerprint: string, longText: LongText): string {
  if (longText === "truncate") return fingerprint;
  return createHash("sha256").update(`${fingerprint} ${WINDOWS}`).digest("hex");
}
