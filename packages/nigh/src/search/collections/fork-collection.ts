import type { CollectionRow } from "../../store/collection-row.js";
import { exactMetadata, fixVectors, insertCollection } from "../../store/collection-row.js";
import { RecordReader } from "../../store/record-reader.js";
import { type NewRecord, RecordWriter } from "../../store/record-writer.js";
import { forkedConfiguration, rootOf } from "./configuration.js";
import type { OpenCollection } from "./open-collection.js";

const COLUMNS = { document: true, metadata: true, uri: true, floats: true } as const;

/**
 * Copies one state of a collection into a new one of the same database, in one transaction.
 *
 * @throws NighError `ERR_EXISTS` when the name is taken.
 */
export function forkCollection(collection: OpenCollection, name: string): Promise<CollectionRow> {
  return collection.database.write(function* (db) {
    const row = collection.find(db);
    const { embedder, dimension } = row;
    const fork = insertCollection(db, row, {
      name,
      metadata: exactMetadata(db, row),
      configuration: forkedConfiguration(row),
      embedder,
    });
    const reader = new RecordReader(db, row);
    const writer = new RecordWriter(db, fork, embedder);
    for (const { keys, vectors } of reader.vectorBlocks()) {
      const records = keys.map((key, i) => ({
        ...reader.recordThere(key, COLUMNS),
        embedding: vectors.row(i),
      }));
      yield* writer.add(records as NewRecord[]);
      yield;
    }
    writer.finish();
    if (dimension !== null) fixVectors(db, fork, dimension, embedder);
    return fork;
  });
}

/** How many forks there are of a collection, of what it was forked from, and of forks of these. */
export function countForks(collection: OpenCollection): number {
  return collection.read(({ db, row }) => {
    const found = db.get(
      "SELECT count(*) AS n FROM collections WHERE json_extract(configuration, '$.fork_of') = ?",
      rootOf(row),
    );
    return Number(found?.n);
  });
}
