import { throwIfAborted } from "../../shared/abort.js";
import { describe } from "../../shared/describe.js";
import { NighError } from "../../shared/errors.js";
import { checkInteger, checkKeys, checkSignal, checkTypes } from "../../shared/options.js";
import { type OnProgress, ProgressMeter } from "../../shared/progress.js";
import { withProgressBar } from "../../shared/progress-bar.js";
import type { MetadataValue } from "../../store/metadata.js";
import type { StoredRecord } from "../../store/record.js";
import type { CollectionsClient, RecordCollection } from "../collections/collections-client.js";
import { checkCollectionName } from "../collections/names.js";
import { identityOnly } from "./identity-only.js";

export interface CopyOptions {
  /** Records that are read and written at a time. Default 500. */
  readonly batchSize?: number | undefined;
  /** Name of the copy. Default: as the original. */
  readonly newName?: string | undefined;
  /** Draw a progress bar on stderr. Default false. */
  readonly showProgressBar?: boolean | undefined;
  /** Called after every batch: how many of how many, how fast, how long still. */
  readonly onProgress?: OnProgress | undefined;
  /** Stops the work between batches: what was copied stays, and the next call goes on with it. */
  readonly signal?: AbortSignal | undefined;
}

export interface Copied {
  readonly collection: RecordCollection;
  /** Records of the copy. */
  readonly records: number;
}

const WHERE = "copyCollection";
const BATCH_SIZE = 500;

/**
 * Copies a collection from one client to another, in the order in which records were added: vectors and metadata exactly, the space, and
 * what embedder the vectors are from. The rest of the configuration is the target's: engines differ in it. Nothing is embedded.
 *
 * A copy that was stopped is completed by the same call: records are written by their ids, those that are there are brought to the
 * original's state.
 *
 * @throws NighError `ERR_MISMATCH` when the copy ends with another number of records than the original has, because one of them was
 * changed meanwhile or the target had records of its own; `ERR_INVALID_ARGUMENT` when the target is there and has another space;
 * `ERR_EMBEDDER`, `ERR_DIMENSION`, `ERR_NOT_FOUND`, `ERR_ABORTED`, and what the two clients throw.
 */
export async function copyCollection(
  from: CollectionsClient,
  to: CollectionsClient,
  name: string,
  options: CopyOptions = {},
): Promise<Copied> {
  checkKeys(WHERE, options, ["batchSize", "newName", "showProgressBar", "onProgress", "signal"]);
  checkClients({ from, to });
  checkTypes(WHERE, options, { onProgress: "function", showProgressBar: "boolean" });
  const { onProgress, showProgressBar = false, signal } = options;
  checkSignal(WHERE, signal);
  const limit = checkInteger(WHERE, "batchSize", options.batchSize ?? BATCH_SIZE, 1);
  const newName = checkCollectionName(WHERE, options.newName ?? name);
  if (from === to && newName === name) {
    throw new NighError(
      "ERR_INVALID_ARGUMENT",
      `${WHERE}: "${name}" would be copied onto itself: give "newName", or another client.`,
    );
  }
  const source = await from.getCollection({ name, embeddingFunction: null });
  const target = await openTarget(source, to, newName);
  await withProgressBar(
    { show: showProgressBar, label: `Copying ${name}`, onProgress },
    (onBatch) => copyRecords(source, target, limit, onBatch, signal),
  );
  return { collection: target, records: await compareCounts(source, target) };
}

/** What is needed of each client. */
const NEEDED = { from: "getCollection", to: "getOrCreateCollection" } as const;

function checkClients(clients: { from: CollectionsClient; to: CollectionsClient }): void {
  for (const name of Object.keys(NEEDED) as (keyof typeof NEEDED)[]) {
    const client: Partial<CollectionsClient> | null = clients[name];
    if (typeof client?.[NEEDED[name]] === "function") continue;
    throw new NighError(
      "ERR_INVALID_ARGUMENT",
      `${WHERE}: "${name}" must be a client, as connect() gives, found ${describe(client)}.`,
    );
  }
}

async function copyRecords(
  source: RecordCollection,
  target: RecordCollection,
  limit: number,
  onBatch: OnProgress | undefined,
  signal: AbortSignal | undefined,
): Promise<void> {
  const mayHoldOthers = (await target.count()) > 0;
  const meter = new ProgressMeter(await source.count());
  let after: number | undefined;
  do {
    throwIfAborted(signal);
    const page = await source.readPage({ after, limit });
    if (page.records.length > 0) await write(target, page.records, mayHoldOthers, signal);
    meter.add(page.records.length);
    onBatch?.(meter.read());
    after = page.next;
  } while (after !== undefined);
}

async function openTarget(
  source: RecordCollection,
  to: CollectionsClient,
  name: string,
): Promise<RecordCollection> {
  const { embedder, configuration } = source;
  const metadata = await source.exactMetadata();
  const { space } = configuration.hnsw;
  const target = await to.getOrCreateCollection({
    name,
    ...(metadata === null ? {} : { metadata }),
    configuration: { hnsw: { space } },
    embeddingFunction: embedder === null ? null : identityOnly(embedder),
  });
  const found = target.configuration.hnsw.space;
  if (found === space) return target;
  throw new NighError(
    "ERR_INVALID_ARGUMENT",
    `${WHERE}: the collection "${name}" is there already with space "${found}"; the original has "${space}". Give another "newName", or delete it.`,
  );
}

async function write(
  target: RecordCollection,
  records: readonly StoredRecord[],
  mayHoldOthers: boolean,
  signal: AbortSignal | undefined,
): Promise<void> {
  const stale = mayHoldOthers ? await removeStale(target, records) : new Map<string, string[]>();
  await target.upsert(
    {
      ids: records.map(({ id }) => id),
      embeddings: records.map(({ embedding }) => embedding),
      documents: records.map(({ document }) => document),
      uris: records.map(({ uri }) => uri),
      metadatas: records.map(({ id, metadata }) => {
        const gone = (stale.get(id) ?? []).map((key): [string, null] => [key, null]);
        const entries: [string, MetadataValue | null][] = [
          ...Object.entries(metadata ?? {}),
          ...gone,
        ];
        return entries.length === 0 ? null : Object.fromEntries(entries);
      }),
    },
    signal ? { signal } : {},
  );
}

/**
 * upsert keeps what is not given: records with a document or uri that the original lacks are deleted first.
 *
 * @returns keys of metadata that the original lacks, by id.
 */
async function removeStale(
  target: RecordCollection,
  records: readonly StoredRecord[],
): Promise<Map<string, string[]>> {
  const originals = new Map(records.map((record) => [record.id, record]));
  const found = await target.get({
    ids: [...originals.keys()],
    include: ["documents", "metadatas", "uris"],
  });
  const keys = new Map<string, string[]>();
  const ids: string[] = [];
  for (const { id, document, metadata, uri } of found.rows()) {
    const original = originals.get(id) as StoredRecord;
    const isStale =
      (document !== null && original.document === null) || (uri !== null && original.uri === null);
    if (isStale) ids.push(id);
    else {
      const own = Object.keys(original.metadata ?? {});
      keys.set(
        id,
        Object.keys(metadata ?? {}).filter((key) => !own.includes(key)),
      );
    }
  }
  if (ids.length > 0) await target.delete({ ids });
  return keys;
}

/** @returns how many records both have. */
async function compareCounts(source: RecordCollection, target: RecordCollection): Promise<number> {
  const [original, copy] = [await source.count(), await target.count()];
  if (original === copy) return copy;
  const why =
    copy > original
      ? "it had records of its own, or the original lost some meanwhile"
      : "the original got some meanwhile, or records of the copy were deleted";
  throw new NighError(
    "ERR_MISMATCH",
    `${WHERE}: the copy "${target.name}" has ${copy} records, the original ${original}: ${why}. Copy again when nobody writes, or into a new collection.`,
  );
}
