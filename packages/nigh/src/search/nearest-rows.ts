import { checkVectors } from "../indexes/check-vectors.js";
import { IndexFlatIP } from "../indexes/index-flat.js";
import { normalizeL2 } from "../kernels/similarity.js";
import { NighError } from "../shared/errors.js";
import { Matrix, type MatrixLike } from "../shared/matrix.js";
import { checkInteger, checkKeys, checkTypes } from "../shared/options.js";
import { QuantizedMatrix } from "../shared/quantized-matrix.js";
import { type Hit, hitsOf } from "./hits.js";
import { type QuantizedPlan, searchQuantized } from "./quantized-search.js";

export interface SemanticSearchOptions {
  /** Most hits a query. Default 10. */
  topK?: number;
  /** Of a quantized corpus: compare the best of the scan with the query's numbers once more. Default true. */
  rescore?: boolean;
  /** Of a quantized corpus: how many times `topK` rows the scan finds for rescoring. Default 2, as in sentence-transformers. */
  rescoreMultiplier?: number;
  /** Of a quantized corpus: its vectors in float32, where they are at hand, for rescoring. Default: what the bytes stand for. */
  rescoreEmbeddings?: MatrixLike;
}

const WHERE = "semanticSearch";

/**
 * For each query the rows of the corpus with the highest cosine similarity, best first (ties by row), as
 * sentence_transformers.util.semantic_search. Exact: every row is compared.
 *
 * A corpus of "int8" or "uint8" is compared as the numbers that its bytes stand for, exactly. Of "binary" and "ubinary" the
 * `topK * rescoreMultiplier` rows with the fewest differing bits are ranked by the cosine of the query's numbers with the rows' signs;
 * with `rescore: false` the score is the cosine of signs alone, `1 - 2 * bits / dimension`. With `rescoreEmbeddings` the last word is theirs.
 *
 * @throws NighError `ERR_DIMENSION` when dimensions differ, `ERR_INVALID_ARGUMENT`, `ERR_UNKNOWN_OPTION`.
 */
export function semanticSearch(
  queries: MatrixLike,
  corpus: MatrixLike | QuantizedMatrix,
  options: SemanticSearchOptions = {},
): Hit[][] {
  const plan = interpretOptions(options, corpus);
  if ((queries as unknown) instanceof QuantizedMatrix) {
    throw new NighError(
      "ERR_INVALID_ARGUMENT",
      `${WHERE}: the queries are quantized: give their numbers in float32, which lose nothing.`,
    );
  }
  const left = Matrix.from(queries);
  const isQuantized = corpus instanceof QuantizedMatrix;
  const right = isQuantized ? corpus : Matrix.from(corpus);
  const dimension = isQuantized ? corpus.dimension : right.shape[1];
  if (left.shape[0] > 0 && right.shape[0] > 0 && left.shape[1] !== dimension) {
    throw new NighError(
      "ERR_DIMENSION",
      `${WHERE}: the queries have ${left.shape[1]} dimensions, the corpus has ${dimension}.`,
    );
  }
  if (left.shape[0] === 0 || right.shape[0] === 0) return Array.from(left, () => []);
  if (right instanceof QuantizedMatrix) {
    return searchQuantized(checkVectors(WHERE, left, dimension), right, plan);
  }
  const index = new IndexFlatIP(dimension);
  index.add(unitCopy(right));
  const k = Math.min(plan.topK, right.shape[0]);
  const found = index.search(unitCopy(left), k);
  return Array.from({ length: left.shape[0] }, (_, q) => hitsOf(found, q, k));
}

function interpretOptions(
  options: SemanticSearchOptions,
  corpus: MatrixLike | QuantizedMatrix,
): QuantizedPlan {
  checkKeys(WHERE, options, ["topK", "rescore", "rescoreMultiplier", "rescoreEmbeddings"]);
  checkTypes(WHERE, options, { rescore: "boolean" });
  const { topK = 10, rescore, rescoreMultiplier, rescoreEmbeddings } = options;
  const plan = {
    topK: checkInteger(WHERE, "topK", topK, 1),
    rescore: rescore ?? true,
    rescoreMultiplier: checkInteger(WHERE, "rescoreMultiplier", rescoreMultiplier ?? 2, 1),
    rescoreEmbeddings: rescoreEmbeddings && Matrix.from(rescoreEmbeddings),
  };
  if (!(corpus instanceof QuantizedMatrix)) {
    const given = Object.entries({ rescore, rescoreMultiplier, rescoreEmbeddings }).find(
      ([, value]) => value !== undefined,
    );
    if (given === undefined) return plan;
    throw new NighError(
      "ERR_INVALID_ARGUMENT",
      `${WHERE}: "${given[0]}" is for a quantized corpus; this one has float32 numbers, which are compared exactly: leave it out.`,
    );
  }
  const floats = plan.rescoreEmbeddings;
  if (floats === undefined) return plan;
  if (rescore === false) {
    throw new NighError(
      "ERR_INVALID_ARGUMENT",
      `${WHERE}: found "rescoreEmbeddings" with rescore: false: leave one of them out.`,
    );
  }
  const [rows, columns] = floats.shape;
  if (rows !== corpus.shape[0] || (rows > 0 && columns !== corpus.dimension)) {
    throw new NighError(
      "ERR_DIMENSION",
      `${WHERE}: the rescoreEmbeddings are ${rows} x ${columns}, the corpus has ${corpus.shape[0]} vectors of ${corpus.dimension} dimensions.`,
    );
  }
  return plan;
}

/** The rows at length 1; rows of length 0 stay, and so score 0 with everything. */
function unitCopy(matrix: Matrix): Matrix {
  return normalizeL2(new Matrix(matrix.data.slice(), matrix.shape[0], matrix.shape[1]));
}
