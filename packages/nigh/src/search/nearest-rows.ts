import { IndexFlatIP } from "../indexes/index-flat.js";
import { normalizeL2 } from "../kernels/similarity.js";
import { NighError } from "../shared/errors.js";
import { Matrix, type MatrixLike } from "../shared/matrix.js";
import { checkInteger, checkKeys } from "../shared/options.js";
import { type Hit, hitsOf } from "./hits.js";

/**
 * For each query the rows of the corpus with the highest cosine similarity, best first (ties by row), as
 * sentence_transformers.util.semantic_search. Exact: every row is compared.
 *
 * @param options.topK most hits a query. Default 10.
 * @throws NighError `ERR_DIMENSION` when dimensions differ, `ERR_INVALID_ARGUMENT`, `ERR_UNKNOWN_OPTION`.
 */
export function semanticSearch(
  queries: MatrixLike,
  corpus: MatrixLike,
  options: { topK?: number } = {},
): Hit[][] {
  checkKeys("semanticSearch", options, ["topK"]);
  const topK = checkInteger("semanticSearch", "topK", options.topK ?? 10, 1);
  const left = Matrix.from(queries);
  const right = Matrix.from(corpus);
  if (left.shape[0] > 0 && right.shape[0] > 0 && left.shape[1] !== right.shape[1]) {
    throw new NighError(
      "ERR_DIMENSION",
      `semanticSearch: the queries have ${left.shape[1]} dimensions, the corpus has ${right.shape[1]}.`,
    );
  }
  if (left.shape[0] === 0 || right.shape[0] === 0) return Array.from(left, () => []);
  const index = new IndexFlatIP(right.shape[1]);
  index.add(unitCopy(right));
  const k = Math.min(topK, right.shape[0]);
  const found = index.search(unitCopy(left), k);
  return Array.from({ length: left.shape[0] }, (_, q) => hitsOf(found, q, k));
}

/** The rows at length 1; rows of length 0 stay, and so score 0 with everything. */
function unitCopy(matrix: Matrix): Matrix {
  return normalizeL2(new Matrix(matrix.data.slice(), matrix.shape[0], matrix.shape[1]));
}
