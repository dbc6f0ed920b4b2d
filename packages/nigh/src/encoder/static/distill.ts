import { availableParallelism } from "node:os";
import { spearmanCorrelation } from "../../kernels/correlation.js";
import { similarityMatrix } from "../../kernels/similarity.js";
import { throwIfAborted } from "../../shared/abort.js";
import { NighError } from "../../shared/errors.js";
import { Matrix } from "../../shared/matrix.js";
import { checkInteger, checkKeys, checkSignal, checkTypes } from "../../shared/options.js";
import type { OnProgress } from "../../shared/progress.js";
import { withProgressBar } from "../../shared/progress-bar.js";
import { CALIBRATION_TEXTS } from "../calibration-texts.js";
import type { Engine } from "../engine.js";
import { GraphEngine } from "../graph-engine.js";
import { readModelFolder } from "../model-folder.js";
import { findModel } from "../node/find-model.js";
import { checkFree } from "../write-model-folder.js";
import { mostDimensions, reduceDimensions } from "./reduce-dimensions.js";
import { sifWeights } from "./sif-weights.js";
import { StaticEngine } from "./static-engine.js";
import { staticTokenizerJson } from "./static-tokenizer-json.js";
import { writeStaticModel } from "./write-static-model.js";

export interface DistillOptions {
  /** Length of the static model's vectors. Default 256, or what the model has where that is less. */
  dimensions?: number;
  /** Cores to use. Default: all. */
  threads?: number;
  /** Draw a progress bar on stderr. Default false. */
  showProgressBar?: boolean;
  /** Called after every batch of tokens. */
  onProgress?: OnProgress;
  /** Stops the work: the promise then rejects with `ERR_ABORTED`, and nothing is written. */
  signal?: AbortSignal;
}

/** What became of a model. */
export interface Distilled {
  readonly folder: string;
  /** Name of the model it was made from. */
  readonly teacher: string;
  /** Tokens that have a vector. */
  readonly tokens: number;
  readonly dimension: number;
  /** Share of the variance of the tokens' vectors that the dimensions keep, 0 to 1. */
  readonly varianceKept: number;
  /** How far the static model agrees with its teacher which sentences are alike. */
  readonly agreement: Agreement;
}

export interface Agreement {
  /** Spearman's rank correlation of both models' cosines, -1 to 1, over all pairs of nigh's calibration sentences. */
  readonly spearman: number;
  readonly sentences: number;
  readonly pairs: number;
}

const OPTIONS = ["dimensions", "threads", "showProgressBar", "onProgress", "signal"];
const DEFAULT_DIMENSIONS = 256;

/**
 * Makes a static model of a transformer, as model2vec does (Tulkens & van Dongen 2024): each token of the vocabulary through the
 * model, principal components, weights by the token's rank. Writes a folder that nigh, model2vec and sentence-transformers load.
 *
 * @param nameOrFolder of the model, as `SentenceTransformer.load` takes it.
 * @param folder where the static model is written; must not be there, or be empty.
 * @throws NighError `ERR_EXISTS`, `ERR_UNSUPPORTED_MODEL` for a model that is static already, `ERR_FILE`, and what
 * `SentenceTransformer.load` throws.
 */
export async function distill(
  nameOrFolder: string,
  folder: string,
  options: DistillOptions = {},
): Promise<Distilled> {
  const where = "distill";
  checkKeys(where, options, OPTIONS);
  checkTypes(where, options, { showProgressBar: "boolean", onProgress: "function" });
  checkSignal(where, options.signal);
  const { signal, showProgressBar: show = false, onProgress } = options;
  const threads = checkInteger(where, "threads", options.threads ?? availableParallelism(), 1);
  throwIfAborted(signal);
  await checkFree(folder);

  const found = await findModel(where, nameOrFolder);
  const teacherFolder = await readModelFolder(found.folder);
  const { input } = teacherFolder;
  if (input.kind !== "Transformer") {
    throw new NighError(
      "ERR_UNSUPPORTED_MODEL",
      `${found.name} is a static model already: distill a model that begins with Transformer.`,
    );
  }
  const engine = await GraphEngine.load(teacherFolder, {
    dtype: "fp32",
    threads,
    runtime: undefined,
    signal,
  });
  try {
    const most = mostDimensions(engine.dimension);
    const dimensions =
      options.dimensions === undefined
        ? Math.min(DEFAULT_DIMENSIONS, most)
        : checkInteger(where, "dimensions", options.dimensions, 1, most);
    const tokenizer = await staticTokenizerJson(input);
    const bar = { show, label: "Distilling", onProgress };
    const vectors = await withProgressBar(bar, (onProgress) =>
      engine.encodeSingleTokens(tokenizer.wordIds, { onProgress, signal }),
    );
    const { reduced, varianceKept } = reduceDimensions(vectors, dimensions);
    const table = weighted(reduced, tokenizer.wordIds, tokenizer.idLimit);
    const model = { teacher: found.name, vectors: table, tokenizer: tokenizer.json };
    throwIfAborted(signal);
    await writeStaticModel(folder, model);
    return {
      folder,
      teacher: found.name,
      tokens: tokenizer.wordIds.length,
      dimension: dimensions,
      varianceKept,
      agreement: await agreementOf(engine, folder),
    };
  } finally {
    await engine.close();
  }
}

/** A row for each id; zeros for tokens that say nothing, so that they change no mean but its length. */
function weighted(reduced: Matrix, wordIds: readonly number[], idLimit: number): Matrix {
  const table = Matrix.zeros(idLimit, reduced.shape[1]);
  const weights = sifWeights(wordIds.length);
  for (const [i, id] of wordIds.entries()) {
    const weight = weights[i] as number;
    table.row(id).set(reduced.row(i).map((x) => weight * x));
  }
  return table;
}

async function agreementOf(teacher: Engine, folder: string): Promise<Agreement> {
  const read = await readModelFolder(folder);
  if (read.input.kind !== "StaticEmbedding") throw new TypeError("what was written is static");
  const student = await StaticEngine.load(read, read.input, "fp32");
  const [a, b] = [await pairCosines(teacher), await pairCosines(student)];
  await student.close();
  return {
    spearman: spearmanCorrelation(a, b),
    sentences: CALIBRATION_TEXTS.length,
    pairs: a.length,
  };
}

/** Cosines of all pairs of different sentences. */
async function pairCosines(engine: Engine): Promise<Float64Array> {
  const work = { prompt: "", batchSize: 32, onProgress: undefined, signal: undefined };
  const vectors = await engine.encode(CALIBRATION_TEXTS, work);
  const cosines = similarityMatrix("cosine", vectors, vectors);
  return Float64Array.from(
    CALIBRATION_TEXTS.flatMap((_, i) => Array.from(cosines.row(i).subarray(i + 1))),
  );
}
