import type { Embedder } from "../encoder/embedder.js";
import type { SimilarityName } from "../encoder/model-folder.js";
import { checkReranker } from "../search/collections/ranking/rerank.js";
import { SEARCH_MODES } from "../search/collections/ranking/search-mode.js";
import { describe } from "../shared/describe.js";
import { NighError } from "../shared/errors.js";
import { checkInteger, checkKeys, checkOneOf, checkTypes } from "../shared/options.js";
import { checkEvaluateOptions, checkName } from "./evaluate-options.js";
import { type Evaluation, named } from "./evaluation.js";
import { RANKING_METRICS } from "./metrics/ranking-metrics.js";
import type { RelevantDocuments } from "./metrics/relevance.js";
import { encodedVectors, givenVectors, partsById } from "./retrieval/corpus-vectors.js";
import { type Cutoff, type CutoffOptions, interpretCutoffs } from "./retrieval/cutoffs.js";
import { denseRankings } from "./retrieval/dense-rankings.js";
import { type ById, type JudgedSet, judgedSet } from "./retrieval/judged-queries.js";
import {
  kindOf,
  type Rankings,
  type RetrievalOptions,
  type RetrievalSource,
  type RetrievalVectors,
  type RetrievedDocument,
  type SearchedCollection,
  type SearchedList,
  type SearchFunction,
} from "./retrieval/retrieval-source.js";
import {
  collectionSearch,
  functionSearch,
  listSearch,
  rankingsSearch,
  searchAll,
} from "./retrieval/searched-rankings.js";
import {
  interpretSimilarities,
  isEmbedder,
  type Similarities,
  type SimilarityOptions,
  similarityOfModel,
} from "./similarity-functions.js";

export interface InformationRetrievalEvaluatorOptions extends SimilarityOptions, CutoffOptions {
  /** Texts of queries by their ids. */
  queries: ById<string>;
  /** Texts of documents by their ids; may be left out where what is evaluated has the documents itself. */
  corpus?: ById<string>;
  /** Of each query's id the documents that answer it; with grades nDCG is a graded one. */
  relevantDocs: ById<RelevantDocuments>;
  /** Documents that are encoded and searched at a time: their vectors are in memory together. Default 50,000. */
  corpusChunkSize?: number;
  /** Stands before every key. Default: none. */
  name?: string;
  /** Keep only the first dimensions of the vectors. Default: all. */
  truncateDim?: number;
  /** As in `encode`, of queries. Default: the model's own for queries. */
  queryPrompt?: string;
  queryPromptName?: string;
  /** As in `encode`, of documents. Default: the model's own for documents. */
  corpusPrompt?: string;
  corpusPromptName?: string;
}

/** What was found for a query, and how good that is. */
export interface QueryEvaluation {
  readonly id: string;
  /** By keys without a similarity, such as "ndcg@10". */
  readonly metrics: Readonly<Record<string, number>>;
  /** The best first, as many as the largest k asks for. */
  readonly ranking: readonly RetrievedDocument[];
}

export interface InformationRetrievalEvaluation extends Evaluation {
  /** All judged queries, once for each similarity (undefined: what was evaluated searches itself). */
  readonly perQuery: readonly {
    readonly similarity: SimilarityName | undefined;
    readonly queries: readonly QueryEvaluation[];
  }[];
  /** Ids of queries without a relevant document: they are in no figure. */
  readonly unjudged: readonly string[];
  /** Queries and documents of which the model read only the beginning; 0 where what was evaluated searches itself. */
  readonly truncated: number;
}

const WHERE = "InformationRetrievalEvaluator";
const KEYS = [
  ...["queries", "corpus", "relevantDocs", "mrrAtK", "ndcgAtK", "accuracyAtK"],
  ...["precisionRecallAtK", "mapAtK", "corpusChunkSize", "name", "truncateDim"],
  ...["queryPrompt", "queryPromptName", "corpusPrompt", "corpusPromptName"],
  ...["similarityFnNames", "mainSimilarity"],
];

/**
 * How well documents are found, by judgments: accuracy, precision, recall, nDCG, MRR and MAP at k, means over the queries that have a
 * relevant document, with the figures and keys of sentence-transformers: "cosine_ndcg@10" (the primary one) and so on. What searches
 * itself (a collection, a function, rankings) has keys without a similarity: "ndcg@10".
 *
 * ```ts
 * const evaluator = new InformationRetrievalEvaluator({ queries, corpus, relevantDocs });
 * const { metrics } = await evaluator.evaluate(model);
 * await evaluator.evaluate(collection, { mode: "hybrid", rerank: crossEncoder });
 * ```
 *
 * Search is exact, ties by the lower id. Grades: see `ndcgAtK`; sentence-transformers knows none.
 */
export class InformationRetrievalEvaluator {
  readonly #set: JudgedSet;
  readonly #cutoffs: readonly Cutoff[];
  readonly #depth: number;
  readonly #primary: string;
  readonly #name: string;
  readonly #similarities: Similarities;
  readonly #chunkSize: number;
  readonly #encoding: Readonly<Record<"queries" | "corpus", object>>;

  /**
   * @throws NighError `ERR_INVALID_ARGUMENT` for empty sets, no judgments, grades that are no numbers; `ERR_UNKNOWN_ID` for judgments of unknown
   * queries or documents; `ERR_INVALID_TEXT`, `ERR_UNKNOWN_OPTION`.
   */
  constructor(options: InformationRetrievalEvaluatorOptions) {
    checkKeys(WHERE, options, KEYS);
    const text = "string";
    checkTypes(WHERE, options, {
      ...{ queryPrompt: text, queryPromptName: text, corpusPrompt: text, corpusPromptName: text },
    });
    const { queries, corpus, relevantDocs, truncateDim } = options;
    this.#set = judgedSet(WHERE, queries, corpus, relevantDocs);
    this.#cutoffs = interpretCutoffs(WHERE, options);
    this.#depth = Math.max(...this.#cutoffs.map(([, k]) => k));
    const ofNdcg = this.#cutoffs.filter(([metric]) => metric === "ndcg");
    this.#primary = `ndcg@${Math.max(...ofNdcg.map(([, k]) => k))}`;
    this.#name = checkName(WHERE, options.name);
    this.#similarities = interpretSimilarities(WHERE, options);
    this.#chunkSize = checkInteger(WHERE, "corpusChunkSize", options.corpusChunkSize ?? 50_000, 1);
    if (truncateDim !== undefined) checkInteger(WHERE, "truncateDim", truncateDim, 1);
    const { queryPrompt, queryPromptName, corpusPrompt, corpusPromptName } = options;
    this.#encoding = {
      queries: given({ truncateDim, prompt: queryPrompt, promptName: queryPromptName }),
      corpus: given({ truncateDim, prompt: corpusPrompt, promptName: corpusPromptName }),
    };
  }

  /**
   * @param source a model; vectors or rankings that are there already; a collection, a `SemanticSearch` over the corpus, or a function.
   * @throws NighError `ERR_INVALID_ARGUMENT` for what finds nothing, `ERR_UNKNOWN_ID` for judged documents that a collection lacks,
   * `ERR_DIMENSION`, `ERR_ABORTED`, and what the source throws.
   */
  async evaluate(
    source: RetrievalSource,
    options: RetrievalOptions = {},
  ): Promise<InformationRetrievalEvaluation> {
    const where = `${WHERE}.evaluate`;
    checkEvaluateOptions(where, options, ["mode", "rerank", "candidates"]);
    this.#checkSource(where, source, options);
    const kind = isEmbedder(source) ? "model" : kindOf(source);
    if (kind === "model" || kind === "vectors") {
      return this.#dense(where, source as Embedder | RetrievalVectors, options);
    }
    const found = await this.#searched(where, source, options);
    return { ...this.#figures(new Map([[undefined, found]])), truncated: 0 };
  }

  #checkSource(where: string, source: RetrievalSource, options: RetrievalOptions): void {
    const kind = isEmbedder(source) ? "model" : kindOf(source);
    if (kind === undefined) {
      throw new NighError(
        "ERR_INVALID_ARGUMENT",
        `${where}: expected a model, { queryEmbeddings, corpusEmbeddings }, { rankings }, a collection, a SemanticSearch, or a function that searches; found ${describe(source)}.`,
      );
    }
    const foreign = (["mode", "rerank", "candidates"] as const).find(
      (key) => options[key] !== undefined,
    );
    if (foreign !== undefined && kind !== "collection") {
      throw new NighError(
        "ERR_INVALID_ARGUMENT",
        `${where}: "${foreign}" is for a collection, which can be searched so: leave it out, or evaluate a collection.`,
      );
    }
    if (options.mode !== undefined) checkOneOf(where, "mode", options.mode, SEARCH_MODES);
    checkReranker(where, options.rerank);
    if (options.candidates !== undefined) checkInteger(where, "candidates", options.candidates, 1);
    const { names } = this.#similarities;
    if (names !== undefined && kind !== "model" && kind !== "vectors") {
      throw new NighError(
        "ERR_INVALID_ARGUMENT",
        `${where}: what is evaluated searches itself, so there are no vectors to compare by ${names.join(", ")}: leave the similarities out.`,
      );
    }
  }

  #searched(
    where: string,
    source: RetrievalSource,
    options: RetrievalOptions,
  ): Promise<RetrievedDocument[][]> {
    const set = this.#set;
    const ask = async () => {
      switch (kindOf(source)) {
        case "collection":
          return collectionSearch(where, source as SearchedCollection, set, options);
        case "list":
          return listSearch(where, source as SearchedList, set);
        case "rankings":
          return rankingsSearch(where, source as Rankings, set);
        default:
          return functionSearch(where, source as SearchFunction, options);
      }
    };
    return ask().then((search) => searchAll(where, set.queries, search, this.#depth, options));
  }

  async #dense(
    where: string,
    source: Embedder | RetrievalVectors,
    options: RetrievalOptions,
  ): Promise<InformationRetrievalEvaluation> {
    if (this.#set.corpus === undefined) {
      throw new NighError(
        "ERR_INVALID_ARGUMENT",
        `${where}: the evaluator has no corpus, which ${isEmbedder(source) ? "the model could encode" : "the vectors are of"}: give it to the constructor.`,
      );
    }
    const isModel = isEmbedder(source);
    const vectors = isModel
      ? encodedVectors(source, this.#set, this.#encoding, options)
      : givenVectors(where, source, this.#set);
    const rankings = await denseRankings(
      where,
      await vectors.queries(),
      partsById(this.#set, vectors, this.#chunkSize),
      this.#similarities.names ?? [isModel ? similarityOfModel(source) : "cosine"],
      this.#depth,
      options.signal,
    );
    return { ...this.#figures(rankings), truncated: vectors.truncated };
  }

  #figures(
    rankings: ReadonlyMap<SimilarityName | undefined, readonly RetrievedDocument[][]>,
  ): Omit<InformationRetrievalEvaluation, "truncated"> {
    const metrics: Record<string, number> = {};
    const perQuery = [...rankings].map(([similarity, lists]) => {
      const queries = this.#set.queries.map(({ id, relevance }, q) => {
        const ranking = lists[q] ?? [];
        const ids = ranking.map((found) => found.id);
        const figures = this.#cutoffs.map(
          ([metric, k]) => [`${metric}@${k}`, RANKING_METRICS[metric](ids, relevance, k)] as const,
        );
        return { id, metrics: Object.fromEntries(figures), ranking };
      });
      const prefix = similarity === undefined ? "" : `${similarity}_`;
      for (const [metric, k] of this.#cutoffs) {
        const key = `${metric}@${k}`;
        const sum = queries.reduce((total, query) => total + (query.metrics[key] as number), 0);
        metrics[prefix + key] = sum / queries.length;
      }
      return { similarity, queries };
    });
    return {
      ...named(this.#name, metrics, this.#primaryOf(metrics, [...rankings.keys()])),
      perQuery,
      unjudged: this.#set.unjudged,
    };
  }

  /** Of several similarities that with the highest nDCG, as in sentence-transformers. */
  #primaryOf(
    metrics: Readonly<Record<string, number>>,
    similarities: readonly (SimilarityName | undefined)[],
  ): string {
    const keys = similarities.map((name) =>
      name === undefined ? this.#primary : `${name}_${this.#primary}`,
    );
    const { main } = this.#similarities;
    if (main !== undefined) return `${main}_${this.#primary}`;
    return keys.reduce((best, key) =>
      (metrics[key] as number) > (metrics[best] as number) ? key : best,
    );
  }
}

function given(options: Readonly<Record<string, unknown>>): object {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}
