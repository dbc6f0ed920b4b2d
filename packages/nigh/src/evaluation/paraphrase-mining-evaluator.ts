import type { ScoredPair } from "../analysis/best-pairs.js";
import { paraphraseMining } from "../analysis/paraphrase-mining.js";
import type { Embedder } from "../encoder/embedder.js";
import { describe } from "../shared/describe.js";
import { NighError } from "../shared/errors.js";
import { Matrix, type MatrixLike } from "../shared/matrix.js";
import { checkInteger, checkKeys, checkTypes } from "../shared/options.js";
import {
  checkEvaluateOptions,
  checkName,
  type EvaluateOptions,
  encodeOptions,
} from "./evaluate-options.js";
import { type Evaluation, named } from "./evaluation.js";
import { checkRows } from "./pair-scores.js";
import { type ById, textsById } from "./retrieval/judged-queries.js";
import { isEmbedder } from "./similarity-functions.js";

export interface ParaphraseMiningEvaluatorOptions {
  /** Sentences by their ids. */
  sentencesMap: ById<string>;
  /** Pairs of ids whose sentences mean the same, in any order. */
  duplicatesList: readonly (readonly [string, string])[];
  /** Whether what means the same as the same sentence means the same. Default false. */
  addTransitiveClosure?: boolean;
  /** As in `paraphraseMining`. Default 100. */
  topK?: number;
  /** As in `paraphraseMining`. Default 500,000. */
  maxPairs?: number;
  /** Stands before every key. Default: none. */
  name?: string;
  /** Keep only the first dimensions of the vectors. Default: all. */
  truncateDim?: number;
}

/** Besides the figures, the pairs that were found. */
export interface ParaphraseMiningEvaluation extends Evaluation {
  /** The most alike first, by the ids of the sentences. */
  readonly pairs: readonly { ids: readonly [string, string]; score: number; duplicate: boolean }[];
}

const WHERE = "ParaphraseMiningEvaluator";
const KEYS = [
  ...["sentencesMap", "duplicatesList", "addTransitiveClosure"],
  ...["topK", "maxPairs", "name", "truncateDim"],
];

/**
 * How well pairs of sentences that mean the same are found among all pairs, with the figures and keys of sentence-transformers:
 * "average_precision" (the primary one), and "f1", "precision" and "recall" at the "threshold" where F1 is best.
 */
export class ParaphraseMiningEvaluator {
  readonly #sentences: ReadonlyMap<string, string>;
  readonly #duplicates: ReadonlySet<string>;
  readonly #mining: { readonly topK: number; readonly maxPairs: number };
  readonly #name: string;
  readonly #truncateDim: number | undefined;

  /**
   * @throws NighError `ERR_INVALID_ARGUMENT` for no sentences or no duplicates, `ERR_UNKNOWN_ID` for duplicates that are no sentence;
   * `ERR_INVALID_TEXT`, `ERR_UNKNOWN_OPTION`.
   */
  constructor(options: ParaphraseMiningEvaluatorOptions) {
    checkKeys(WHERE, options, KEYS);
    checkTypes(WHERE, options, { addTransitiveClosure: "boolean" });
    const { sentencesMap, duplicatesList, addTransitiveClosure, truncateDim } = options;
    this.#sentences = textsById(WHERE, "sentencesMap", sentencesMap);
    const pairs = checkDuplicates(duplicatesList, this.#sentences);
    this.#duplicates = new Set((addTransitiveClosure ? closureOf(pairs) : pairs).map(keyOf));
    this.#mining = {
      topK: checkInteger(WHERE, "topK", options.topK ?? 100, 1),
      maxPairs: checkInteger(WHERE, "maxPairs", options.maxPairs ?? 500_000, 1),
    };
    this.#name = checkName(WHERE, options.name);
    if (truncateDim !== undefined) checkInteger(WHERE, "truncateDim", truncateDim, 1);
    this.#truncateDim = truncateDim;
  }

  /**
   * @param source a model, or vectors in the order of the sentences.
   * @throws NighError `ERR_INVALID_ARGUMENT` for vectors that are not finite, `ERR_DIMENSION`, `ERR_ABORTED`, and what the model throws.
   */
  async evaluate(
    source: Embedder | { readonly embeddings: MatrixLike },
    options: EvaluateOptions = {},
  ): Promise<ParaphraseMiningEvaluation> {
    const where = `${WHERE}.evaluate`;
    checkEvaluateOptions(where, options);
    const vectors = await this.#vectors(where, source, options);
    const { showProgressBar, signal } = options;
    const found = await paraphraseMining(vectors, { ...this.#mining, showProgressBar, signal });
    const ids = [...this.#sentences.keys()];
    const pairs = found.map(([score, i, j]) => {
      const pair = [ids[i] as string, ids[j] as string] as const;
      return { ids: pair, score, duplicate: this.#duplicates.has(keyOf(pair)) };
    });
    const metrics = figuresOf(found, pairs, this.#duplicates.size);
    return { ...named(this.#name, metrics, "average_precision"), pairs };
  }

  async #vectors(
    where: string,
    source: Embedder | { readonly embeddings: MatrixLike },
    options: EvaluateOptions,
  ): Promise<Matrix> {
    if (isEmbedder(source)) {
      return source.encode([...this.#sentences.values()], {
        ...encodeOptions(options),
        ...(this.#truncateDim !== undefined && { truncateDim: this.#truncateDim }),
      });
    }
    if (source?.embeddings === undefined) {
      throw new NighError(
        "ERR_INVALID_ARGUMENT",
        `${where}: expected a model, or { embeddings }; found ${describe(source)}.`,
      );
    }
    const vectors = Matrix.from(source.embeddings);
    checkRows(where, "embeddings", vectors, this.#sentences.size);
    return vectors;
  }
}

/** Pairs with the same score are accepted together. The threshold lies half way to the next score. */
function figuresOf(
  found: readonly ScoredPair[],
  pairs: ParaphraseMiningEvaluation["pairs"],
  total: number,
): Record<string, number> {
  let best = { f1: 0, precision: 0, recall: 0, threshold: 0 };
  let right = 0;
  let rightBefore = 0;
  let sum = 0;
  for (const [i, [score]] of found.entries()) {
    if (pairs[i]?.duplicate) right += 1;
    const next = found[i + 1]?.[0];
    if (score === next) continue;
    const precision = right / (i + 1);
    sum += precision * (right - rightBefore);
    const f1 = (2 * right) / (i + 1 + total);
    if (right > rightBefore && f1 > best.f1) {
      best = { f1, precision, recall: right / total, threshold: (score + (next ?? score)) / 2 };
    }
    rightBefore = right;
  }
  return { average_precision: sum / total, ...best };
}

function checkDuplicates(
  list: readonly (readonly [string, string])[],
  sentences: ReadonlyMap<string, string>,
): (readonly [string, string])[] {
  if (!Array.isArray(list) || list.length === 0) {
    throw new NighError(
      "ERR_INVALID_ARGUMENT",
      `${WHERE}: "duplicatesList" must be a list of pairs of ids, at least one, found ${describe(list)}.`,
    );
  }
  return list.map((pair: unknown, i) => {
    const [a, b] = Array.isArray(pair) && pair.length === 2 ? (pair as unknown[]) : [];
    if (typeof a !== "string" || typeof b !== "string" || a === b) {
      throw new NighError(
        "ERR_INVALID_ARGUMENT",
        `${WHERE}: pair ${i} of "duplicatesList" must be two different ids, found ${JSON.stringify(pair)}.`,
      );
    }
    const unknown = [a, b].find((id) => !sentences.has(id));
    if (unknown === undefined) return [a, b] as const;
    throw new NighError(
      "ERR_UNKNOWN_ID",
      `${WHERE}: pair ${i} of "duplicatesList" names ${JSON.stringify(unknown)}, which is not among the ${sentences.size} sentences: leave the pair out.`,
    );
  });
}

/** All pairs of each connected group. */
function closureOf(pairs: readonly (readonly [string, string])[]): (readonly [string, string])[] {
  const groups = new Map<string, Set<string>>();
  for (const [a, b] of pairs) {
    const merged = new Set([...(groups.get(a) ?? [a]), ...(groups.get(b) ?? [b])]);
    for (const id of merged) groups.set(id, merged);
  }
  return [...new Set(groups.values())].flatMap((group) => {
    const ids = [...group];
    return ids.flatMap((a, i) => ids.slice(i + 1).map((b) => [a, b] as const));
  });
}

function keyOf(pair: readonly [string, string]): string {
  return JSON.stringify([...pair].sort());
}
