import type { MetadataFields } from "../../store/metadata.js";
import type { StoredRecord } from "../../store/record.js";
import type { RecordPage } from "./collections-client.js";
import { nearestRecords } from "./nearest-records.js";
import type { OpenCollection } from "./open-collection.js";
import { readNearby } from "./read-nearby.js";
import {
  type GetOptions,
  interpretGet,
  interpretPage,
  interpretQuery,
  type PageOptions,
  type QueryOptions,
} from "./record-options.js";
import { GetResult, QueryResult } from "./results.js";

export function getRecords<M extends MetadataFields<M>>(
  collection: OpenCollection,
  options: GetOptions,
): GetResult<M> {
  const { selection, include, columns } = interpretGet(options);
  return collection.read(({ reader }) => {
    const records = reader.keys(selection).map((key) => reader.recordThere(key, columns));
    return new GetResult<M>(records, include);
  });
}

export async function queryRecords<M extends MetadataFields<M>>(
  collection: OpenCollection,
  options: QueryOptions,
): Promise<QueryResult<M>> {
  const { nResults, filter, include, columns } = interpretQuery(options);
  return readNearby(collection, "query", options, (reading, queries) => {
    const found = nearestRecords(reading, queries, nResults, filter).map(({ keys, distances }) =>
      keys.map((key, i) => ({
        record: reading.reader.recordThere(key, columns),
        distance: distances[i] as number,
      })),
    );
    return new QueryResult<M>(found, include);
  });
}

export function readPage(collection: OpenCollection, options: PageOptions): RecordPage {
  const { after, limit } = interpretPage(options);
  return collection.read(({ reader }) => {
    const records: StoredRecord[] = [];
    let last = after;
    for (const { key, vector } of reader.vectors(after + 1)) {
      if (records.length === limit) return { records, next: last };
      const columns = { document: true, metadata: true, uri: true, floats: true };
      const record = reader.recordThere(key, columns) as StoredRecord;
      records.push({ ...record, embedding: vector });
      last = key;
    }
    return { records, next: undefined };
  });
}
