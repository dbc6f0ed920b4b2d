import type { Embedder } from "../encoder/embedder.js";
import { IndexFlatIP } from "../indexes/index-flat.js";
import { NighError } from "../shared/errors.js";
import type { Matrix } from "../shared/matrix.js";
import { hitsOf } from "./hits.js";
import {
  checkIndexOptions,
  type IndexOptions,
  interpretSearchOptions,
  type SearchOptions,
} from "./search-options.js";

export interface SearchAnswer {
  document: string;
  /** Cosine similarity of query and document, -1 to 1. */
  score: number;
  /** Place of the document in the list that was indexed. */
  index: number;
}

/**
 * Search by meaning over a list of texts in memory: the shortest way from a model to an answer.
 *
 * ```ts
 * const search = new SemanticSearch(await SentenceTransformer.load("all-MiniLM-L6-v2"));
 * await search.index(["The cat sleeps.", "Stocks fell."]);
 * await search.search("a resting animal", { topK: 1 });
 * ```
 */
export class SemanticSearch {
  readonly #embedder: Embedder;
  #documents: readonly string[] = [];
  #index: IndexFlatIP | undefined;

  constructor(embedder: Embedder) {
    if (typeof embedder?.encodeQuery !== "function") {
      throw new NighError(
        "ERR_INVALID_ARGUMENT",
        'SemanticSearch needs a model, e.g. await SentenceTransformer.load("all-MiniLM-L6-v2").',
      );
    }
    this.#embedder = embedder;
  }

  /** Documents that are indexed. */
  get size(): number {
    return this.#documents.length;
  }

  /**
   * Encodes the documents and makes them what `search` answers from; they replace those of an earlier call
   * when all are encoded.
   *
   * @throws NighError `ERR_INVALID_TEXT` naming the document, `ERR_ABORTED`.
   */
  async index(documents: readonly string[], options: IndexOptions = {}): Promise<void> {
    checkIndexOptions("SemanticSearch.index", options);
    const copied = Array.isArray(documents) ? [...documents] : documents;
    const vectors: Matrix = await this.#embedder.encodeDocument(copied, {
      ...options,
      normalizeEmbeddings: true,
    });
    const index = new IndexFlatIP(this.#embedder.dimension);
    index.add(vectors);
    this.#documents = copied;
    this.#index = index;
  }

  /**
   * The documents nearest in meaning to the query, best first.
   *
   * @throws NighError `ERR_INVALID_ARGUMENT` when nothing was indexed yet or an option is out of range.
   */
  async search(query: string, options: SearchOptions = {}): Promise<SearchAnswer[]> {
    const where = "SemanticSearch.search";
    const { topK, threshold } = interpretSearchOptions(where, options);
    if (typeof query !== "string") {
      throw new NighError("ERR_INVALID_TEXT", `${where}: the query must be a string.`);
    }
    const index = this.#index;
    const documents = this.#documents;
    if (!index)
      throw new NighError(
        "ERR_INVALID_ARGUMENT",
        `${where}: nothing is indexed yet: call index(documents) first.`,
      );
    if (documents.length === 0) return [];
    const vector = await this.#embedder.encodeQuery(query, { normalizeEmbeddings: true });
    const k = Math.min(topK, documents.length);
    return hitsOf(index.search([vector], k), 0, k)
      .filter(({ score }) => score >= threshold)
      .map(({ index, score }) => ({ document: documents[index] as string, score, index }));
  }
}
