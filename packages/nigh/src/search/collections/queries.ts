import { NighError } from "../../shared/errors.js";
import { Matrix, type MatrixLike } from "../../shared/matrix.js";
import type { BoundEmbedder } from "./bound-embedder.js";
import { checkTexts, checkVector } from "./check-records.js";

/** What to look near to: texts or vectors. */
export interface Queries {
  readonly queryTexts?: readonly string[] | string | undefined;
  readonly queryEmbeddings?: MatrixLike | undefined;
}

/** The vectors that are given, or the texts to embed. @throws NighError `ERR_INVALID_ARGUMENT`. */
export function checkQueries(
  where: string,
  { queryTexts, queryEmbeddings }: Queries,
): Matrix | readonly string[] {
  if (((queryTexts ?? null) === null) === ((queryEmbeddings ?? null) === null)) {
    throw new NighError(
      "ERR_INVALID_ARGUMENT",
      `${where}: give either "queryTexts" or "queryEmbeddings".`,
    );
  }
  if (queryEmbeddings === undefined || queryEmbeddings === null)
    return checkTexts(where, "queryTexts", queryTexts);
  return checkVectors(`${where}: queryEmbeddings`, Matrix.from(queryEmbeddings));
}

/** @throws NighError `ERR_INVALID_ARGUMENT` where the embedder gives numbers that are not finite. */
export async function embedQueries(
  where: string,
  embedder: BoundEmbedder,
  texts: readonly string[],
): Promise<Matrix> {
  return checkVectors(`${where}: the embedding of queryTexts`, await embedder.queries(texts));
}

function checkVectors(name: string, vectors: Matrix): Matrix {
  for (const [i, vector] of [...vectors].entries()) checkVector(`${name}[${i}]`, vector);
  return vectors;
}
