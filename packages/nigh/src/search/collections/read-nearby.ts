import { NighError } from "../../shared/errors.js";
import { Matrix, type MatrixLike } from "../../shared/matrix.js";
import { type BoundEmbedder, checkEmbedder, sameVectors } from "./bound-embedder.js";
import { checkTexts, checkVector } from "./check-records.js";
import type { OpenCollection, Reading } from "./open-collection.js";

/** What to look near to: texts or vectors. */
export interface Queries {
  readonly queryTexts?: readonly string[] | string | undefined;
  readonly queryEmbeddings?: MatrixLike | undefined;
}

/**
 * Reads with the vectors of queries. Texts are embedded before; when the collection got other vectors meanwhile, by `reembed`, again.
 *
 * @throws NighError `ERR_INVALID_ARGUMENT`, `ERR_EMBEDDER`.
 */
export async function readNearby<T>(
  collection: OpenCollection,
  where: string,
  { queryTexts, queryEmbeddings }: Queries,
  work: (reading: Reading, queries: Matrix) => T,
): Promise<T> {
  if (((queryTexts ?? null) === null) === ((queryEmbeddings ?? null) === null)) {
    throw new NighError(
      "ERR_INVALID_ARGUMENT",
      `${where}: give either "queryTexts" or "queryEmbeddings".`,
    );
  }
  if (queryEmbeddings) {
    const queries = Matrix.from(queryEmbeddings);
    for (const [i, vector] of [...queries].entries()) {
      checkVector(`${where}: queryEmbeddings[${i}]`, vector);
    }
    return collection.read((reading) => work(reading, queries));
  }
  const texts = checkTexts(where, "queryTexts", queryTexts);
  for (;;) {
    const embedder: BoundEmbedder = await collection.embedder(where);
    const queries = await embedder.queries(texts);
    for (const [i, vector] of [...queries].entries()) {
      checkVector(`${where}: the embedding of queryTexts[${i}]`, vector);
    }
    const isCurrent = (await collection.embedder(where)) === embedder;
    const result = collection.read((reading) => {
      if (isCurrent) checkEmbedder(reading.row, embedder);
      return sameVectors(reading.row, embedder) ? { value: work(reading, queries) } : undefined;
    });
    if (result !== undefined) return result.value;
  }
}
