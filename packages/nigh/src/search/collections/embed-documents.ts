import { NighError } from "../../shared/errors.js";
import { type BoundEmbedder, type EmbedOptions, embedTexts, hashOf } from "./bound-embedder.js";
import type { OpenCollection } from "./open-collection.js";

/** The vector of a text, and by which text and embedder it is found again. */
export interface Embedded {
  readonly embedding: Float32Array;
  readonly hash: Uint8Array;
}

/**
 * Texts in, vectors out: what the collection has a vector of already, and texts that come twice, are embedded once.
 *
 * @throws NighError `ERR_DIMENSION` when a vector has not as many dimensions as the embedder says; `ERR_INVALID_ARGUMENT` when it has none.
 */
export async function embedDocuments(
  collection: OpenCollection,
  embedder: BoundEmbedder,
  texts: readonly string[],
  options: EmbedOptions,
): Promise<{ embedded: Embedded[]; encoded: number; truncated: number }> {
  const hashes = texts.map((text) => hashOf(embedder, text));
  const keys = hashes.map((hash) => String.fromCharCode(...hash));
  const known = new Map<string, Float32Array>();
  collection.read(({ reader }) => {
    for (const [i, key] of keys.entries()) {
      if (known.has(key)) continue;
      const vector = reader.vectorOfHash(hashes[i] as Uint8Array);
      if (vector !== undefined) known.set(key, vector);
    }
  });
  const fresh = new Map<string, string>();
  for (const [i, key] of keys.entries()) if (!known.has(key)) fresh.set(key, texts[i] as string);
  let truncated = 0;
  if (fresh.size > 0) {
    const made = await embedTexts(embedder, [...fresh.values()], options);
    truncated = made.truncated;
    const { name, dimension } = embedder.identity;
    const [, found] = made.vectors.shape;
    if (found !== dimension) {
      throw new NighError(
        "ERR_DIMENSION",
        `The embedder "${name}" gave vectors of ${found} dimensions for ${fresh.size} texts, and of ${dimension} before: expected one length for all texts.`,
      );
    }
    for (const [i, key] of [...fresh.keys()].entries()) known.set(key, made.vectors.row(i));
  }
  const embedded = keys.map((key, i) => ({
    embedding: known.get(key) as Float32Array,
    hash: hashes[i] as Uint8Array,
  }));
  return { embedded, encoded: fresh.size, truncated };
}
