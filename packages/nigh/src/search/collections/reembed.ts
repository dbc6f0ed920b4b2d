import type { Embedder } from "../../encoder/embedder.js";
import { throwIfAborted } from "../../shared/abort.js";
import { NighError } from "../../shared/errors.js";
import { checkInteger, checkKeys } from "../../shared/options.js";
import { ProgressMeter } from "../../shared/progress.js";
import { withProgressBar } from "../../shared/progress-bar.js";
import type { CollectionRow } from "../../store/collection-row.js";
import {
  beginNextVectors,
  countWaiting,
  idsWithoutDocument,
  keepNextVector,
  takeNextVectors,
  type Waiting,
  waitingRecords,
} from "../../store/next-vectors.js";
import {
  bindEmbedder,
  type EmbeddingFunction,
  type EmbedOptions,
  type IdentifiedEmbedder,
  identify,
} from "./bound-embedder.js";
import { checkVector } from "./check-records.js";
import { embedDocuments } from "./embed-documents.js";
import { checkEmbedOptions } from "./embeddable.js";
import type { OpenCollection } from "./open-collection.js";

export interface ReembedOptions extends EmbedOptions {
  /** Records that are embedded and stored at a time. Default 256. */
  readonly batchSize?: number;
}

export interface Reembedded {
  /** Texts that were embedded by this call: not those of an earlier call that was stopped, nor those whose vectors were known. */
  readonly embedded: number;
  /** Texts of which the embedder reads only the beginning. */
  readonly truncated: number;
}

/**
 * Moves a collection to another embedder. Queries are answered from the old vectors until all new ones are there; what was embedded
 * when it stops, by an error, a signal or a crash, is kept for the next call.
 */
export async function reembed(
  collection: OpenCollection,
  given: Embedder | EmbeddingFunction,
  options: ReembedOptions,
): Promise<Reembedded> {
  const where = "reembed";
  checkKeys(where, options, ["batchSize", "showProgressBar", "onProgress", "signal"]);
  const { batchSize: givenSize = 256, ...embedOptions } = options;
  const batchSize = checkInteger(where, "batchSize", givenSize, 1);
  checkEmbedOptions(where, embedOptions);
  if (given === undefined || given === null) {
    throw new NighError(
      "ERR_INVALID_ARGUMENT",
      `${where}: give the embedder to move to, a model as SentenceTransformer.load gives or an object with generate(texts); found ${given}.`,
    );
  }
  const embedder = await identify(await bindEmbedder(where, given));
  const total = await collection.database.writeAtOnce((db) => {
    const row = collection.find(db);
    const bare = idsWithoutDocument(db, row, 4);
    if (bare.length > 0) throw noDocument(where, row.name, bare);
    beginNextVectors(db, row, embedder.identity);
    return countWaiting(db, collection.find(db));
  });
  const meter = new ProgressMeter(total);
  const bar = {
    show: options.showProgressBar ?? false,
    label: "Embedding",
    onProgress: options.onProgress,
  };
  let embedded = 0;
  let truncated = 0;
  await withProgressBar(bar, async (onProgress) => {
    for (;;) {
      throwIfAborted(options.signal);
      const waiting = collection.read(({ db, row }) =>
        isMoving(row, embedder) ? waitingRecords(db, row, batchSize) : [],
      );
      if (waiting.length === 0) {
        if (await take(collection, embedder)) return;
        continue;
      }
      const counts = await embedBatch(collection, embedder, waiting, options.signal);
      embedded += counts.encoded;
      truncated += counts.truncated;
      meter.add(waiting.length, counts.truncated);
      onProgress?.(meter.read());
    }
  });
  return { embedded, truncated };
}

/** What the collection has a vector of by this very embedder is not embedded again. */
async function embedBatch(
  collection: OpenCollection,
  embedder: IdentifiedEmbedder,
  waiting: readonly Waiting[],
  signal: AbortSignal | undefined,
): Promise<{ encoded: number; truncated: number }> {
  const texts = waiting.map(({ id, document }) => {
    if (document !== null) return document;
    throw noDocument("reembed", collection.row.name, [id]);
  });
  const options = signal === undefined ? {} : { signal };
  const { embedded, ...counts } = await embedDocuments(collection, embedder, texts, options);
  await collection.database.writeAtOnce((db) => {
    const row = collection.find(db);
    if (!isMoving(row, embedder)) return;
    for (const [i, record] of waiting.entries()) {
      const { embedding, hash } = embedded[i] as (typeof embedded)[number];
      const vector = checkVector(`reembed: the embedding of "${record.id}"`, embedding);
      keepNextVector(db, row, record, vector, hash);
    }
  });
  return counts;
}

/** Puts the new vectors in place, when none is missing. */
async function take(collection: OpenCollection, embedder: IdentifiedEmbedder): Promise<boolean> {
  const done = await collection.database.write(function* (db) {
    const row = collection.find(db);
    if (!isMoving(row, embedder)) return true;
    if (waitingRecords(db, row, 1).length > 0) return false;
    yield* takeNextVectors(db, row, embedder.identity);
    return true;
  });
  if (!done) return false;
  collection.useEmbedder(embedder);
  collection.read(({ row }) => row);
  return true;
}

/**
 * Whether a collection is on its way to an embedder; false when another call has brought it there.
 *
 * @throws NighError `ERR_BUSY` when another call has begun to move it elsewhere: going on would drop that one's vectors.
 */
function isMoving(row: CollectionRow, { identity }: IdentifiedEmbedder): boolean {
  const { name, embedder, nextEmbedder } = row;
  if (nextEmbedder?.fingerprint === identity.fingerprint) return true;
  if (nextEmbedder === null && embedder?.fingerprint === identity.fingerprint) return false;
  const instead = nextEmbedder
    ? `is being moved to "${nextEmbedder.name}" by another call since`
    : `holds vectors of ${embedder ? `"${embedder.name}"` : "no embedder"} by now`;
  throw new NighError(
    "ERR_BUSY",
    `reembed: the collection "${name}" ${instead}: its move to "${identity.name}" ended. Call reembed() again where it shall be moved to "${identity.name}" still.`,
  );
}

function noDocument(where: string, name: string, ids: readonly string[]): NighError {
  const shown = ids.slice(0, 3).map((id) => `"${id}"`);
  return new NighError(
    "ERR_INVALID_ARGUMENT",
    `${where}: records of the collection "${name}" have no document to embed: ${shown.join(", ")}${ids.length > 3 ? " and others" : ""}. Give them documents by update, or delete them.`,
  );
}
