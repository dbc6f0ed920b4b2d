import { existsSync } from "node:fs";
import { join } from "node:path";
import {
  type Collection,
  type Dtype,
  NighError,
  PersistentClient,
  type StoredEmbedder,
} from "../index.js";
import { DEFAULT_MODEL, type ModelFlags } from "./options.js";
import { isRemote } from "./remote-model.js";
import { type CommandModel, withModel } from "./with-model.js";

/** The collection that is made where a database has none and none is named. */
const DEFAULT_COLLECTION = "documents";

/** The file of the plain databases that nigh had before its first release. */
const PLAIN_DATABASE = "nigh.json";

/**
 * Opens the database of a folder, works with it and closes it.
 *
 * @param make whether to make one where there is none.
 * @throws NighError `ERR_NOT_FOUND` where there is none.
 */
export async function withDatabase<T>(
  folder: string,
  { make }: { make: boolean },
  work: (client: PersistentClient) => Promise<T>,
): Promise<T> {
  if (!PersistentClient.existsIn(folder)) {
    if (existsSync(join(folder, PLAIN_DATABASE))) {
      throw new NighError(
        "ERR_DATABASE",
        `${folder} holds a database of an earlier format (${PLAIN_DATABASE}), which this version does not read: index your files again into an empty folder.`,
      );
    }
    if (!make) throw noDatabase(folder);
  }
  const client = new PersistentClient({ path: folder });
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}

function noDatabase(folder: string): NighError {
  return new NighError(
    "ERR_NOT_FOUND",
    `There is no database in ${folder}: make one with nigh index FILES --db ${folder}, or nigh demo.`,
  );
}

/** Names of all collections, in the order in which they were made. */
export async function collectionNames(client: PersistentClient): Promise<string[]> {
  return (await client.listCollections()).map(({ name }) => name);
}

/**
 * The name of the collection to work on: the one that is named, else the only one there is, else undefined.
 *
 * @throws NighError `ERR_INVALID_ARGUMENT` where there are several and none is named.
 */
async function chooseCollection(
  client: PersistentClient,
  named: string | undefined,
): Promise<string | undefined> {
  if (named !== undefined) return named;
  const names = await collectionNames(client);
  if (names.length <= 1) return names[0];
  throw new NighError(
    "ERR_INVALID_ARGUMENT",
    `${client.path} has ${names.length} collections, ${listed(names)}: name one of them, --collection ${names[0]}.`,
  );
}

/** The collection to write to, whether it is there yet or not. @throws NighError as {@link chooseCollection} */
export async function collectionToWrite(
  client: PersistentClient,
  named: string | undefined,
): Promise<string> {
  return (await chooseCollection(client, named)) ?? DEFAULT_COLLECTION;
}

/**
 * The collection to read, opened without a model.
 *
 * @throws NighError `ERR_NOT_FOUND` where there is no such one; `ERR_INVALID_ARGUMENT` as {@link chooseCollection}.
 */
export async function collectionToRead(
  client: PersistentClient,
  named: string | undefined,
): Promise<Collection> {
  const name = await chooseCollection(client, named);
  if (name === undefined) {
    throw new NighError(
      "ERR_NOT_FOUND",
      `${client.path} has no collection: make one with nigh index FILES --db ${client.path}.`,
    );
  }
  const names = await collectionNames(client);
  if (!names.includes(name)) {
    throw new NighError(
      "ERR_NOT_FOUND",
      `There is no collection "${name}" in ${client.path}, but ${names.length === 0 ? "none at all" : listed(names)}.`,
    );
  }
  return client.getCollection({ name, embeddingFunction: null });
}

export interface EmbedderFlags extends ModelFlags {
  /** Precision where the flags name none. Default: that of the collection. */
  otherwise?: Dtype;
}

const DTYPES = ["fp32", "int8"] as const;

/**
 * Loads the model that the flags name, else the one that a collection's vectors are from, in the precision of these, and opens the
 * collection with it, or makes it.
 */
export async function withEmbedder<T>(
  client: PersistentClient,
  name: string,
  flags: EmbedderFlags,
  work: (collection: Collection, model: CommandModel) => Promise<T>,
): Promise<T> {
  const stored = (await collectionNames(client)).includes(name)
    ? (await client.getCollection({ name, embeddingFunction: null })).embedder
    : null;
  const model = flags.model ?? modelOf(name, stored);
  // Where nothing says it, the model does: a folder may have int8 weights alone.
  const own = DTYPES.find((dtype) => dtype === stored?.dtype);
  const dtype = flags.dtype ?? (isRemote(model) ? undefined : (flags.otherwise ?? own));
  // What the collection's vectors are from, unless it is said otherwise.
  const chunk = !isRemote(model) && stored?.longText === "chunk" ? "chunk" : undefined;
  const longText = flags.longText ?? chunk;
  const local = { ...(dtype && { dtype }), ...(longText && { longText }) };
  return withModel({ ...flags, model, ...local }, async (embedder) =>
    work(await client.getOrCreateCollection({ name, embeddingFunction: embedder }), embedder),
  );
}

function modelOf(name: string, embedder: StoredEmbedder | null): string {
  if (embedder?.fingerprint.startsWith("function:")) {
    throw new NighError(
      "ERR_EMBEDDER",
      `The vectors of "${name}" are from the function "${embedder.name}" of a program, which the command cannot call: search in that program, or by words with --mode keyword.`,
    );
  }
  return embedder?.name ?? DEFAULT_MODEL;
}

function listed(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(", ");
}
