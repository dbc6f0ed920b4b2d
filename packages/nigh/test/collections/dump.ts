import type { Collection } from "nigh";
import type { AnyClient } from "./clients.js";

/** All that a collection holds. */
export async function contents(collection: Collection) {
  const all = await collection.get({ include: ["documents", "metadatas", "embeddings", "uris"] });
  return {
    id: collection.id,
    name: collection.name,
    metadata: collection.metadata,
    configuration: collection.configuration,
    count: await collection.count(),
    records: all.rows().map(({ embedding, ...rest }) => ({
      ...rest,
      embedding: Array.from(embedding ?? []),
    })),
  };
}

/** All that a client shows: what refused calls must leave as it is. */
export async function dump(client: AnyClient) {
  const collections = await client.listCollections();
  const list: Awaited<ReturnType<typeof contents>>[] = [];
  for (const collection of collections) list.push(await contents(collection));
  return { databases: await client.listDatabases(), collections: list };
}
