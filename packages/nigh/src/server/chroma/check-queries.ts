import type { Collection } from "../../index.js";
import { invalidArgument } from "../http-error.js";

/** Chroma's words, which its clients' users know. @throws HttpError 400. */
export function checkQueries(collection: Collection, vectors: readonly Float32Array[]): void {
  for (const vector of vectors) {
    if (vector.length === 0) throw invalidArgument("A query embedding is empty.");
    if (!vector.every(Number.isFinite)) {
      throw invalidArgument("A query embedding has numbers that are not finite in float32.");
    }
    if (vector.length === vectors[0]?.length) continue;
    throw invalidArgument(
      `Query embeddings have ${vectors[0]?.length} and ${vector.length} dimensions: all must be equal.`,
    );
  }
  checkDimensions(collection, vectors);
}

/** @throws HttpError 400. */
export function checkDimensions(
  { dimension }: Collection,
  vectors: readonly (Float32Array | null)[],
): void {
  if (dimension === null) return;
  const wrong = vectors.find(
    (vector) => vector && vector.length > 0 && vector.length !== dimension,
  );
  if (!wrong) return;
  throw invalidArgument(
    `Collection expecting embedding with dimension of ${dimension}, got ${wrong.length}`,
  );
}
