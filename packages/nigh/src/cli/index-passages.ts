import type { Collection, InputProblem, Metadata } from "../index.js";
import { type OnProgress, ProgressMeter } from "../shared/progress.js";
import { withProgressBar } from "../shared/progress-bar.js";
import type { DocumentPassages, PassageRecord } from "./read-passages.js";

export interface IndexPassagesOptions {
  /** Passages in all, for the progress. */
  readonly total: number;
  readonly showProgressBar: boolean;
  /** Write passages that are there as they are, too: their vectors may be of another precision. */
  readonly rewrite?: boolean;
  readonly signal?: AbortSignal;
}

/** What a run did. */
export interface IndexedPassages {
  readonly added: number;
  readonly updated: number;
  /** Passages that were there just so. */
  readonly unchanged: number;
  /** Texts that the model was given: the vectors of others were known. */
  readonly encoded: number;
  /** Passages of earlier versions that are gone. */
  readonly removed: number;
  /** Texts that the model reads only the beginning of. */
  readonly truncated: number;
}

/** Passages that are embedded and written at a time: what a crash may cost, and what memory holds. */
const BATCH = 500;

/**
 * Puts passages into a collection, batch by batch: what a batch has written stays, whatever happens later. When a document has been
 * written, what an earlier version of it has left is deleted; so is what is left of documents that a file no longer holds, if
 * nothing in the file is bad.
 *
 * @param items problems tell which files are not whole.
 */
export async function indexPassages(
  collection: Collection,
  items: AsyncIterable<DocumentPassages | InputProblem> | Iterable<DocumentPassages>,
  options: IndexPassagesOptions,
): Promise<IndexedPassages> {
  const bar = { show: options.showProgressBar, label: "Indexing" };
  return withProgressBar(bar, async (onProgress) => {
    const run = new IndexRun(collection, options, onProgress);
    for await (const item of items) {
      if (item.type === "passages") await run.take(item);
      else run.note(item);
    }
    return run.finish();
  });
}

class IndexRun {
  readonly #collection: Collection;
  readonly #options: IndexPassagesOptions;
  readonly #onProgress: OnProgress | undefined;
  readonly #meter: ProgressMeter;
  #left: number;
  #encoded = 0;
  readonly #counts = { added: 0, updated: 0, unchanged: 0, encoded: 0, removed: 0, truncated: 0 };
  /** Documents that were read, and how many passages they have. */
  readonly #documents = new Map<string, number>();
  readonly #badFiles = new Set<string>();
  #file: string | undefined;
  #batch: PassageRecord[] = [];
  /** Of the batch: documents whose last passage is in it, files that end in it. */
  #ended: { documents: string[]; files: string[] } = { documents: [], files: [] };

  constructor(
    collection: Collection,
    options: IndexPassagesOptions,
    onProgress: OnProgress | undefined,
  ) {
    this.#collection = collection;
    this.#options = options;
    this.#onProgress = onProgress;
    this.#meter = new ProgressMeter(options.total);
    this.#left = options.total;
  }

  async take({ id, source, passages }: DocumentPassages): Promise<void> {
    this.#follow(source);
    this.#documents.set(id, passages.length);
    for (const passage of passages) {
      this.#batch.push(passage);
      if (this.#batch.length === BATCH) await this.#write();
    }
    this.#ended.documents.push(id);
    if (this.#ended.documents.length >= BATCH) await this.#write();
  }

  note({ kind, source }: InputProblem): void {
    this.#follow(source);
    if (kind === "bad") this.#badFiles.add(source);
  }

  async finish(): Promise<IndexedPassages> {
    this.#follow(undefined);
    await this.#write();
    return this.#counts;
  }

  /** Files come one after the other. */
  #follow(file: string | undefined): void {
    if (file === this.#file) return;
    if (this.#file !== undefined) this.#ended.files.push(this.#file);
    this.#file = file;
  }

  async #write(): Promise<void> {
    const batch = this.#batch;
    this.#batch = [];
    await this.#upsert(batch);
    const { documents, files } = this.#ended;
    this.#ended = { documents: [], files: [] };
    await this.#deleteStale(
      documents,
      files.filter((file) => !this.#badFiles.has(file)),
    );
  }

  async #upsert(batch: readonly PassageRecord[]): Promise<void> {
    const there = await this.#there(batch);
    const changed = batch.filter(
      (passage) => this.#options.rewrite || !isSame(passage, there.get(passage.id)),
    );
    const { signal } = this.#options;
    this.#counts.unchanged += batch.length - changed.length;
    this.#progress(batch.length - changed.length, 0);
    if (changed.length === 0) return;
    let done = 0;
    const written = await this.#collection.upsert(
      {
        ids: changed.map(({ id }) => id),
        documents: changed.map(({ text }) => text),
        metadatas: changed.map((passage) => ({
          ...Object.fromEntries(goneKeys(passage, there.get(passage.id)).map((key) => [key, null])),
          ...passage.metadata,
        })),
      },
      {
        ...(signal && { signal }),
        onProgress: (progress) => {
          this.#progress(progress.done - done, progress.done - done);
          done = progress.done;
        },
      },
    );
    this.#progress(changed.length - done, 0);
    this.#counts.added += written.added;
    this.#counts.updated += written.updated;
    this.#counts.encoded += written.encoded;
    this.#counts.truncated += written.truncated;
  }

  async #there(batch: readonly PassageRecord[]): Promise<Map<string, Stored>> {
    const ids = batch.map(({ id }) => id);
    const rows = (await this.#collection.get({ ids })).rows();
    return new Map(
      rows.map(({ id, document, metadata }) => [
        id,
        { text: document ?? null, metadata: metadata ?? {} },
      ]),
    );
  }

  async #deleteStale(documents: readonly string[], files: readonly string[]): Promise<void> {
    const either = [{ document: { $in: documents } }, { source: { $in: files } }].filter((one) =>
      Object.values(one).some(({ $in }) => $in.length > 0),
    );
    const [first] = either;
    if (first === undefined) return;
    const where = either.length === 1 ? first : { $or: either };
    const { ids } = await this.#collection.get({ where, include: [] });
    const stale = ids.filter((id) => this.#isStale(id));
    if (stale.length === 0) return;
    const { deleted } = await this.#collection.delete({ ids: stale });
    this.#counts.removed += deleted;
  }

  /** Whether an id is a passage's, and of none that was read. */
  #isStale(id: string): boolean {
    const [, document, position] = /^(.*)#(\d+)$/su.exec(id) ?? [];
    if (document === undefined) return false;
    return Number(position) >= (this.#documents.get(document) ?? 0);
  }

  /** @param encoded those of the passages that took time: the rest is expected to take it, too. */
  #progress(passages: number, encoded: number): void {
    if (passages === 0) return;
    this.#meter.add(passages, 0, encoded);
    this.#left -= passages;
    this.#encoded += encoded;
    this.#onProgress?.(this.#meter.read(this.#encoded + this.#left));
  }
}

interface Stored {
  readonly text: string | null;
  readonly metadata: Metadata;
}

function isSame({ text, metadata }: PassageRecord, stored: Stored | undefined): boolean {
  if (stored === undefined || stored.text !== text) return false;
  const entries = Object.entries(metadata);
  return (
    entries.length === Object.keys(stored.metadata).length &&
    entries.every(([key, value]) => stored.metadata[key] === value)
  );
}

function goneKeys({ metadata }: PassageRecord, stored: Stored | undefined): string[] {
  return Object.keys(stored?.metadata ?? {}).filter((key) => !Object.hasOwn(metadata, key));
}
