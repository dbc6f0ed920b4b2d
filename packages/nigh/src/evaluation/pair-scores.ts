import type { Embedder } from "../encoder/embedder.js";
import type { SimilarityName } from "../encoder/model-folder.js";
import { similarityOfPairs } from "../kernels/similarity.js";
import { describe } from "../shared/describe.js";
import { NighError } from "../shared/errors.js";
import { Matrix, type MatrixLike } from "../shared/matrix.js";
import { type EvaluateOptions, encodeOptions } from "./evaluate-options.js";
import { isEmbedder, type Similarities, similarityOfModel } from "./similarity-functions.js";

/** Vectors of both texts of each pair, in order, in place of a model. */
export interface PairVectors {
  readonly embeddings1: MatrixLike;
  readonly embeddings2: MatrixLike;
}

/** What scores pairs of texts itself, such as a CrossEncoder. */
export interface PairScorer {
  predict(pairs: [string, string][], options?: EvaluateOptions): Promise<unknown>;
}

/** What gives pairs of texts a score. */
export type PairSource = Embedder | PairVectors | PairScorer;

/** Scores of all pairs by one way of comparing; its name is undefined where the source has scores of its own. */
export interface PairScores {
  readonly similarity: SimilarityName | undefined;
  /** Higher is more alike: distances are negative. */
  readonly scores: readonly number[];
}

/**
 * Scores of pairs by each similarity. A text that comes several times is encoded once.
 *
 * @throws NighError `ERR_INVALID_ARGUMENT` for what is no source, and for a score that is not finite, naming the pair; `ERR_DIMENSION`.
 */
export async function pairScores(
  where: string,
  source: PairSource,
  [first, second]: readonly [readonly string[], readonly string[]],
  { names }: Similarities,
  options: EvaluateOptions & { truncateDim?: number },
): Promise<PairScores[]> {
  if (typeof (source as PairScorer | null)?.predict === "function") {
    if (names !== undefined) {
      throw new NighError(
        "ERR_INVALID_ARGUMENT",
        `${where}: what is evaluated scores pairs itself, so there are no vectors to compare by ${names.join(", ")}: leave the similarities out.`,
      );
    }
    const pairs = first.map((text, i): [string, string] => [text, second[i] as string]);
    const given = await (source as PairScorer).predict(pairs, encodeOptions(options));
    return [{ similarity: undefined, scores: checkScores(where, given, pairs.length) }];
  }
  const { left, right, own } = await vectorsOf(where, source, first, second, options);
  return (names ?? [own]).map((similarity) => {
    const scores = similarityOfPairs(similarity, left, right);
    return { similarity, scores: checkScores(where, scores, first.length) };
  });
}

async function vectorsOf(
  where: string,
  source: PairSource,
  first: readonly string[],
  second: readonly string[],
  options: EvaluateOptions & { truncateDim?: number },
): Promise<{ left: Matrix; right: Matrix; own: SimilarityName }> {
  if (isEmbedder(source)) {
    const vectorOf = await encodeOnce([...first, ...second], (texts) =>
      source.encode(texts, {
        ...encodeOptions(options),
        ...(options.truncateDim !== undefined && { truncateDim: options.truncateDim }),
      }),
    );
    return {
      left: Matrix.from(first.map(vectorOf)),
      right: Matrix.from(second.map(vectorOf)),
      own: similarityOfModel(source),
    };
  }
  const { embeddings1, embeddings2 } = (source ?? {}) as Partial<PairVectors>;
  if (embeddings1 === undefined || embeddings2 === undefined) {
    throw new NighError(
      "ERR_INVALID_ARGUMENT",
      `${where}: expected a model, { embeddings1, embeddings2 }, or what has predict(pairs), such as a CrossEncoder; found ${describe(source)}.`,
    );
  }
  const [left, right] = [Matrix.from(embeddings1), Matrix.from(embeddings2)];
  checkRows(where, "embeddings1", left, first.length);
  checkRows(where, "embeddings2", right, second.length);
  return { left, right, own: "cosine" };
}

/** Encodes each text once and gives the vectors by text. */
export async function encodeOnce(
  texts: readonly string[],
  encode: (texts: readonly string[]) => Promise<Matrix>,
): Promise<(text: string) => Float32Array> {
  const rows = new Map<string, number>();
  for (const text of texts) if (!rows.has(text)) rows.set(text, rows.size);
  const vectors = await encode([...rows.keys()]);
  return (text) => vectors.row(rows.get(text) as number);
}

/** @throws NighError `ERR_DIMENSION` when there is not one vector for each text. */
export function checkRows(where: string, name: string, vectors: Matrix, expected: number): void {
  if (vectors.shape[0] === expected) return;
  throw new NighError(
    "ERR_DIMENSION",
    `${where}: "${name}" has ${vectors.shape[0]} vectors, expected ${expected}, one for each text.`,
  );
}

/** @throws NighError `ERR_INVALID_ARGUMENT` when there is not one finite score for each pair. */
export function checkScores(where: string, given: unknown, count: number): number[] {
  if (!Array.isArray(given) && !(ArrayBuffer.isView(given) && "length" in given)) {
    throw new NighError(
      "ERR_INVALID_ARGUMENT",
      `${where}: expected one score for each pair, found ${describe(given)}${given instanceof Matrix ? ": a model with several labels scores no likeness" : ""}.`,
    );
  }
  const scores = Array.from(given as ArrayLike<number>);
  if (scores.length !== count) {
    throw new NighError(
      "ERR_INVALID_ARGUMENT",
      `${where}: expected ${count} scores, one for each pair, found ${scores.length}.`,
    );
  }
  const broken = scores.findIndex((score) => !Number.isFinite(score));
  if (broken === -1) return scores;
  throw new NighError(
    "ERR_INVALID_ARGUMENT",
    `${where}: the score of pair ${broken} is ${describe(scores[broken])}: expected a finite number. Look at the model or the vectors, which may hold NaN.`,
  );
}
