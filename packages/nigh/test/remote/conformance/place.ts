import type { CollectionsClient, CreateCollectionOptions, RecordCollection } from "nigh";
import { withThree } from "../../collections/clients.js";
import { CHROMA } from "../backends.js";

/** Where collections are, and how tests make them there. */
export interface Place {
  readonly client: () => CollectionsClient;
  readonly backend: string;
  /** A collection whose vectors are given. */
  bare(options?: Partial<CreateCollectionOptions>): Promise<RecordCollection>;
  /** Three records of two dimensions. */
  three(): Promise<RecordCollection>;
}

export function placeOf(client: () => CollectionsClient, backend: string): Place {
  // Vectors are to come back bit by bit: in cosine spaces Chroma's server changes their last ones.
  const configuration = backend === CHROMA ? { hnsw: { space: "l2" as const } } : undefined;
  const bare: Place["bare"] = (options = {}) =>
    client().createCollection({
      ...{ name: "notes", embeddingFunction: null, configuration },
      ...options,
    });
  return { client, backend, bare, three: async () => withThree(await bare()) };
}

/** All records with all that they hold. */
export async function everything(collection: RecordCollection) {
  const include = ["documents", "metadatas", "embeddings", "uris"] as const;
  return (await collection.get({ include })).rows().map((row) => ({
    ...row,
    embedding: Array.from(row.embedding ?? []),
  }));
}
