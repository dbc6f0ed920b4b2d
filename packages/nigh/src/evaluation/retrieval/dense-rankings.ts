import type { SimilarityName } from "../../encoder/model-folder.js";
import { similarityMatrix } from "../../kernels/similarity.js";
import { type Scored, topK } from "../../kernels/top-k.js";
import { semanticSearch } from "../../search/nearest-rows.js";
import { throwIfAborted } from "../../shared/abort.js";
import { NighError } from "../../shared/errors.js";
import type { Matrix } from "../../shared/matrix.js";

/** A document with its similarity to a query. */
export interface ScoredDocument {
  readonly id: string;
  readonly score: number;
}

/** Documents of a corpus in the order of their ids, a part of them at a time. */
export interface CorpusPart {
  readonly ids: readonly string[];
  readonly vectors: Matrix;
}

/**
 * The documents with the highest similarity of each query, the best first, ties by id as in sentence-transformers. Exact.
 *
 * @param parts with ascending ids, within and over the parts.
 * @param depth most documents a query.
 * @returns one ranking a query, of each similarity.
 */
export async function denseRankings(
  where: string,
  queries: Matrix,
  parts: AsyncIterable<CorpusPart> | Iterable<CorpusPart>,
  similarities: readonly SimilarityName[],
  depth: number,
  signal: AbortSignal | undefined,
): Promise<Map<SimilarityName, ScoredDocument[][]>> {
  const rankings = new Map(
    similarities.map((name) => [name, Array.from(queries, (): ScoredDocument[] => [])]),
  );
  for await (const { ids, vectors } of parts) {
    if (vectors.shape[0] === 0) continue;
    for (const [name, lists] of rankings) {
      throwIfAborted(signal);
      const found =
        name === "cosine"
          ? semanticSearch(queries, vectors, { topK: depth })
          : bestByMatrix(where, name, queries, vectors, depth);
      for (const [q, list] of lists.entries()) {
        const hits = found[q] ?? [];
        list.push(...hits.map(({ index, score }) => ({ id: ids[index] as string, score })));
        // Stable, and ids ascend: ties stay in their order.
        list.sort((a, b) => b.score - a.score);
        list.splice(depth);
      }
    }
  }
  return rankings;
}

/** A query at a time: scores of all queries with all documents would take gigabytes. */
function bestByMatrix(
  where: string,
  name: SimilarityName,
  queries: Matrix,
  vectors: Matrix,
  depth: number,
): Scored[][] {
  return Array.from(queries, (_, q) => {
    const scores = similarityMatrix(name, queries.rows(q, q + 1), vectors).data;
    // topK would leave NaN out without a word.
    const broken = scores.findIndex((score) => !Number.isFinite(score));
    if (broken === -1) return topK(scores, depth);
    throw new NighError(
      "ERR_INVALID_ARGUMENT",
      `${where}: the ${name} similarity of query ${q} and document ${broken} is ${scores[broken]}: expected finite numbers. Look at the vectors, which may hold NaN or infinities.`,
    );
  });
}
