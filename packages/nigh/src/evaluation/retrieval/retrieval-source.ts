import type { Embedder } from "../../encoder/embedder.js";
import type { Reranker, RerankFunction } from "../../search/collections/ranking/rerank.js";
import type { SearchMode } from "../../search/collections/ranking/search-mode.js";
import type { MatrixLike } from "../../shared/matrix.js";
import type { EvaluateOptions } from "../evaluate-options.js";
import type { ById } from "./judged-queries.js";

/** A document that was found; the score where what found it has one. */
export interface RetrievedDocument {
  readonly id: string;
  readonly score?: number;
}

/** Vectors in the order of the evaluator's queries and documents, in place of a model. */
export interface RetrievalVectors {
  readonly queryEmbeddings: MatrixLike;
  readonly corpusEmbeddings: MatrixLike;
}

/** Ids of documents that were found for each query's id, the best first. A query that is missing found nothing. */
export interface Rankings {
  readonly rankings: ById<readonly string[]>;
}

/** A collection that has the documents under the ids of the judgments. */
export interface SearchedCollection {
  search(options: {
    query: string;
    limit: number;
    mode?: SearchMode;
    rerank?: Reranker | RerankFunction;
    candidates?: number;
  }): Promise<readonly { readonly id: string; readonly score: number }[]>;
  get(options: { ids: string[]; include: [] }): Promise<{ readonly ids: readonly string[] }>;
  count(): Promise<number>;
}

/** Search over a list of texts: the evaluator's documents, indexed in their order, as `SemanticSearch` has them. */
export interface SearchedList {
  readonly size: number;
  search(
    query: string,
    options: { topK: number },
  ): Promise<readonly { readonly index: number; readonly score: number }[]>;
}

/** Any search: gives ids of documents, or `{ id, score }`, the best first. */
export type SearchFunction = (
  query: string,
  options: { readonly id: string; readonly limit: number; readonly signal?: AbortSignal },
) => Promise<readonly (string | RetrievedDocument)[]> | readonly (string | RetrievedDocument)[];

/** What finds documents. */
export type RetrievalSource =
  | Embedder
  | RetrievalVectors
  | Rankings
  | SearchedCollection
  | SearchedList
  | SearchFunction;

export interface RetrievalOptions extends EvaluateOptions {
  /** Of a collection: how it is searched. Default "hybrid", as in `search`. */
  mode?: SearchMode;
  /** Of a collection: orders the best anew, such as a CrossEncoder. Answers are then those that it was given, no more. */
  rerank?: Reranker | RerankFunction;
  /** Of a collection: how many of the best `rerank` is given. Default 50. */
  candidates?: number;
}

/** @internal */
export type SourceKind = "vectors" | "rankings" | "collection" | "list" | "function";

/** What a source that is no embedder is; undefined for none. */
export function kindOf(source: unknown): SourceKind | undefined {
  if (typeof source === "function") return "function";
  const { search, get, size, rankings, queryEmbeddings, corpusEmbeddings } = (source ??
    {}) as Record<string, unknown>;
  if (typeof search === "function") {
    if (typeof get === "function") return "collection";
    return typeof size === "number" ? "list" : undefined;
  }
  if (rankings !== undefined) return "rankings";
  return queryEmbeddings !== undefined && corpusEmbeddings !== undefined ? "vectors" : undefined;
}
