/** Writes as calls of a collection: also for the program that is killed, which knows no TypeScript. */

export function perform(collection, write) {
  if (write.verb === "delete") {
    return collection.delete({
      ...write.filter,
      ...(write.limit !== undefined && { limit: write.limit }),
    });
  }
  return collection[write.verb](columnsOf(write.rows, write.verb === "add"));
}

function columnsOf(rows, isNew) {
  const column = (name) => {
    const values = rows.map((row) => row[name]);
    return values.some((value) => value !== null) ? values : undefined;
  };
  const metadatas = column("metadata")?.map((metadata) =>
    metadata !== null && isNew ? withoutNulls(metadata) : metadata,
  );
  return {
    ids: rows.map(({ id }) => id),
    embeddings: column("embedding"),
    documents: column("document"),
    metadatas,
    uris: column("uri"),
  };
}

/** add takes no nulls. */
function withoutNulls(metadata) {
  return Object.fromEntries(Object.entries(metadata).filter(([, value]) => value !== null));
}
