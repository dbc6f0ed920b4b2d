import { Matrix } from "../../shared/matrix.js";
import { type BoundEmbedder, checkEmbedder, sameVectors } from "./bound-embedder.js";
import type { OpenCollection, Reading } from "./open-collection.js";
import { checkQueries, embedQueries, type Queries } from "./queries.js";

/**
 * Reads with the vectors of queries. Texts are embedded before; when the collection got other vectors meanwhile, by `reembed`, again.
 *
 * @throws NighError `ERR_INVALID_ARGUMENT`, `ERR_EMBEDDER`.
 */
export async function readNearby<T>(
  collection: OpenCollection,
  where: string,
  given: Queries,
  work: (reading: Reading, queries: Matrix) => T,
): Promise<T> {
  const queries = checkQueries(where, given);
  if (queries instanceof Matrix) return collection.readVectors((reading) => work(reading, queries));
  for (;;) {
    const embedder: BoundEmbedder = await collection.embedder(where);
    const vectors = await embedQueries(where, embedder, queries);
    const isCurrent = (await collection.embedder(where)) === embedder;
    const result = await collection.readVectors((reading) => {
      if (isCurrent) checkEmbedder(reading.row, embedder);
      return sameVectors(reading.row, embedder) ? { value: work(reading, vectors) } : undefined;
    });
    if (result !== undefined) return result.value;
  }
}
