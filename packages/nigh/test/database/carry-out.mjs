/** One batch as calls of a client: one transaction, or none where there is nothing to do. */
export async function carryOut(client, { verb, collection: name, space, records, ids }) {
  if (verb === "create") {
    const configuration = { hnsw: { space, sync_threshold: 200 } };
    await client.getOrCreateCollection({ name, configuration, embeddingFunction: null });
    return;
  }
  try {
    if (verb === "drop") {
      await client.deleteCollection({ name });
      return;
    }
    const collection = await client.getCollection({ name, embeddingFunction: null });
    await collection[verb](records ?? { ids });
  } catch (error) {
    if (error.code !== "ERR_NOT_FOUND") throw error;
  }
}
