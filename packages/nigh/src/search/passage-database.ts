import { createHash } from "node:crypto";
import type { Embedder } from "../encoder/embedder.js";
import { IndexFlatIP } from "../indexes/index-flat.js";
import { NighError } from "../shared/errors.js";
import { Matrix } from "../shared/matrix.js";
import {
  type PassageFileState,
  readPassageFile,
  type StoredModel,
  type StoredPassage,
  writePassageFile,
} from "../store/passage-file.js";
import { holdsDatabase } from "../store/passage-manifest.js";
import { bestSentences, type Span } from "./best-sentence.js";
import { checkPassages } from "./check-passages.js";
import { hitsOf } from "./hits.js";
import {
  checkIndexOptions,
  type IndexOptions,
  interpretSearchOptions,
  type SearchOptions,
} from "./search-options.js";

export interface PassageAnswer {
  readonly passage: StoredPassage;
  /** Cosine similarity of query and passage, -1 to 1. */
  readonly score: number;
  /** The passage's sentence that is nearest to the query; only where `highlight` was asked for. */
  readonly highlight?: Span;
}

export interface PassageSearchOptions extends SearchOptions {
  /** Find the sentence of each answer that is nearest to the query: a few more encodings. Default false. */
  highlight?: boolean;
}

export interface Indexed {
  /** Passages that were encoded. */
  encoded: number;
  /** Passages whose text was there already: their vectors were kept. */
  unchanged: number;
  /** Passages of earlier versions of the documents whose ids are gone. */
  removed: number;
  /** Passages that the model reads only the beginning of. */
  truncated: number;
}

/**
 * Passages and their vectors in a folder: the database behind `nigh index` and `nigh search`. One process
 * writes at a time; of two that opened the same state, the second to store is refused.
 */
export class PassageDatabase {
  readonly #folder: string;
  #model: StoredModel | undefined;
  #passages: readonly StoredPassage[] = [];
  #vectors = Matrix.zeros(0, 0);
  #index: IndexFlatIP | undefined;
  #state: PassageFileState;
  /** Settles when the last index() has: the next one starts then. */
  #indexing: Promise<unknown> = Promise.resolve();

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * Opens the database of a folder; a folder without one is an empty database.
   *
   * @throws NighError `ERR_DATABASE` when a file is damaged or of another version.
   */
  static async open(folder: string): Promise<PassageDatabase> {
    const database = new PassageDatabase(folder);
    const found = await readPassageFile(folder);
    if (found) {
      const { model, passages, vectors } = found.content;
      database.#take(model, passages, vectors);
      database.#state = found.state;
    }
    return database;
  }

  /** Whether a folder holds a database. */
  static existsIn(folder: string): Promise<boolean> {
    return holdsDatabase(folder);
  }

  /** The model that the vectors are from; undefined while the database is empty. */
  get model(): StoredModel | undefined {
    return this.#model;
  }

  get size(): number {
    return this.#passages.length;
  }

  /** Ids of the documents whose passages are stored. */
  documentIds(): string[] {
    return [...new Set(this.#passages.map((passage) => passage.documentId))];
  }

  /**
   * Encodes passages and stores them; what was stored of the same documents is replaced. When this
   * resolves, the folder holds them. Calls at the same time run one after the other.
   *
   * @throws NighError `ERR_INVALID_ARGUMENT` naming the passage and field that cannot be stored;
   * `ERR_DATABASE` when the vectors stored are from another model, another process has changed the
   * database since it was opened, or writing fails.
   */
  async index(
    passages: readonly StoredPassage[],
    embedder: Embedder,
    options: IndexOptions = {},
  ): Promise<Indexed> {
    const where = "PassageDatabase.index";
    checkIndexOptions(where, options);
    checkPassages(where, passages);
    const copied = [...passages];
    const indexed = this.#indexing.then(() => this.#indexNow(copied, embedder, options));
    this.#indexing = indexed.catch(() => undefined);
    return indexed;
  }

  async #indexNow(
    passages: readonly StoredPassage[],
    embedder: Embedder,
    options: IndexOptions,
  ): Promise<Indexed> {
    this.#checkModel(embedder);
    const dtype = embedder.dtype ?? "fp32";
    const known = new Map<string, number>();
    if (this.#model?.dtype === dtype) {
      for (const [i, passage] of this.#passages.entries()) known.set(textKey(passage.text), i);
    }
    const fresh = passages.filter((passage) => !known.has(textKey(passage.text)));
    let truncated = 0;
    const encoded = await embedder.encodeDocument(
      fresh.map((passage) => passage.text),
      {
        ...options,
        normalizeEmbeddings: true,
        onProgress: (progress) => {
          truncated = progress.truncated;
          options.onProgress?.(progress);
        },
      },
    );

    const replaced = new Set(passages.map((passage) => passage.documentId));
    const kept = this.#passages.flatMap((passage, i) =>
      replaced.has(passage.documentId) ? [] : [i],
    );
    const all = [...kept.map((i) => this.#passages[i] as StoredPassage), ...passages];
    const vectors = Matrix.zeros(all.length, embedder.dimension);
    kept.forEach((i, row) => {
      vectors.row(row).set(this.#vectors.row(i));
    });
    let next = 0;
    passages.forEach((passage, i) => {
      const at = known.get(textKey(passage.text));
      vectors
        .row(kept.length + i)
        .set(at === undefined ? encoded.row(next++) : this.#vectors.row(at));
    });

    const model = {
      name: embedder.name,
      fingerprint: embedder.fingerprint,
      dimension: embedder.dimension,
      dtype: kept.length === 0 || this.#model?.dtype === dtype ? dtype : "mixed",
    };
    const ids = new Set(all.map((passage) => passage.id));
    const removed = this.#passages.filter((passage) => !ids.has(passage.id)).length;
    this.#state = await writePassageFile(
      this.#folder,
      { model, passages: all, vectors },
      this.#state,
    );
    this.#take(model, all, vectors);
    return { encoded: fresh.length, unchanged: passages.length - fresh.length, removed, truncated };
  }

  /** The passages nearest in meaning to the query, best first. */
  async search(
    query: string,
    embedder: Embedder,
    options: PassageSearchOptions = {},
  ): Promise<PassageAnswer[]> {
    const where = "PassageDatabase.search";
    const { topK, threshold } = interpretSearchOptions(where, options, ["highlight"]);
    this.#checkModel(embedder);
    const vector = await embedder.encodeQuery(query, { normalizeEmbeddings: true });
    const answers = this.searchByVector(vector, topK).filter((answer) => answer.score >= threshold);
    if (!options.highlight) return answers;
    const texts = answers.map((answer) => answer.passage.text);
    const spans = await bestSentences(vector, texts, (list) => embedder.encodeDocument(list));
    return answers.map((answer, i) => ({ ...answer, highlight: spans[i] as Span }));
  }

  /**
   * {@link search} with a query that is encoded already, at length 1.
   *
   * @throws NighError `ERR_DIMENSION`, `ERR_INVALID_ARGUMENT` when it holds NaN or infinite numbers.
   */
  searchByVector(vector: Float32Array, topK: number): PassageAnswer[] {
    if (!this.#index || this.size === 0) return [];
    const wrong = vector.findIndex((x) => !Number.isFinite(x));
    if (wrong >= 0) {
      throw new NighError(
        "ERR_INVALID_ARGUMENT",
        `PassageDatabase.searchByVector: the vector's number ${wrong} is ${vector[wrong]}, expected finite numbers.`,
      );
    }
    const k = Math.min(topK, this.size);
    return hitsOf(this.#index.search([vector], k), 0, k).map(({ index, score }) => ({
      passage: this.#passages[index] as StoredPassage,
      score,
    }));
  }

  #take(model: StoredModel, passages: readonly StoredPassage[], vectors: Matrix): void {
    this.#model = model;
    this.#passages = passages;
    this.#vectors = vectors;
    this.#index = new IndexFlatIP(model.dimension);
    this.#index.add(vectors);
  }

  #checkModel(embedder: Embedder): void {
    if (this.#model === undefined || this.#model.fingerprint === embedder.fingerprint) return;
    throw new NighError(
      "ERR_DATABASE",
      `The vectors in ${this.#folder} are from the model "${this.#model.name}" (fingerprint ${this.#model.fingerprint.slice(0, 12)}); this is "${embedder.name}" (${embedder.fingerprint.slice(0, 12)}). Use that model, or index into another folder.`,
    );
  }
}

function textKey(text: string): string {
  return createHash("sha256").update(text).digest("base64");
}
