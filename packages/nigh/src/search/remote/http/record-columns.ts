import {
  type ExactJson,
  stringifyExactJson,
} from "../../../store/exchange/stringify-exact-json.js";
import type { Columns, PartialRecord } from "../../../store/record-reader.js";
import type { RecordChanges } from "../../../store/record-writer.js";
import type { Found } from "../../collections/results.js";
import type { ReplyReader } from "./reply-reader.js";

/** Roughly how many characters a record takes in a request. */
export function sizeOf({ id, document, metadata, uri, embedding }: RecordChanges): number {
  const texts = id.length + (document?.length ?? 0) + (uri?.length ?? 0);
  const values = Object.entries(metadata ?? {}).reduce(
    (sum, [key, value]) => sum + key.length + String(value).length + 8,
    0,
  );
  return texts + values + 12 * (embedding?.length ?? 0);
}

/** Records as the body of add, update and upsert. */
export function recordsBody(records: readonly RecordChanges[], base64: boolean): string {
  const column = (value: (record: RecordChanges) => ExactJson): ExactJson => {
    const values = records.map(value);
    return values.some((x) => x !== null && x !== undefined) ? values : undefined;
  };
  return stringifyExactJson({
    ids: records.map(({ id }) => id),
    embeddings: column(({ embedding }) =>
      base64 && embedding !== undefined ? base64Of(embedding) : embedding,
    ),
    documents: column(({ document }) => document),
    metadatas: column(({ metadata }) => metadata),
    uris: column(({ uri }) => uri),
  });
}

/** Little-endian float32, as every machine that runs Node.js has it. */
function base64Of({ buffer, byteOffset, byteLength }: Float32Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString("base64");
}

const NAMES = {
  document: "documents",
  metadata: "metadatas",
  uri: "uris",
  embedding: "embeddings",
} as const;

/** What to ask a server for. */
export function includeOf(columns: Columns): string[] {
  return Object.entries(NAMES).flatMap(([key, name]) =>
    columns[key as keyof typeof NAMES] ? [name] : [],
  );
}

/** The records of a reply of get. */
export function recordsOf(reader: ReplyReader, reply: unknown, columns: Columns): PartialRecord[] {
  const lists = reader.object(reply, "reply");
  const ids = reader.list(lists.ids, "ids");
  const column = (key: keyof typeof NAMES): readonly unknown[] | undefined =>
    columns[key] ? reader.list(lists[NAMES[key]], NAMES[key], ids.length) : undefined;
  const documents = column("document");
  const metadatas = column("metadata");
  const uris = column("uri");
  const embeddings = column("embedding");
  return ids.map((id, i) => ({
    id: reader.text(id, "ids"),
    ...(documents && { document: reader.textOrNull(documents[i], "documents") }),
    ...(metadatas && {
      metadata: reader.metadata(metadatas[i], "metadatas", columns.floats ?? false),
    }),
    ...(uris && { uri: reader.textOrNull(uris[i], "uris") }),
    ...(embeddings && { embedding: reader.vector(embeddings[i], "embeddings") }),
  }));
}

/** The records of a reply of query: a list for each query. */
export function foundOf(
  reader: ReplyReader,
  reply: unknown,
  columns: Columns,
  queries: number,
): Found[][] {
  const lists = reader.object(reply, "reply");
  const distances = reader.list(lists.distances, "distances", queries);
  const names = ["ids", ...includeOf(columns)];
  const columnsOfQueries = names.map(
    (name) => [name, reader.list(lists[name], name, queries)] as const,
  );
  return distances.map((list, q) => {
    const ofQuery = Object.fromEntries(columnsOfQueries.map(([name, all]) => [name, all[q]]));
    const records = recordsOf(reader, ofQuery, columns);
    const own = reader.list(list, "distances", records.length);
    return records.map((record, i) => ({ record, distance: reader.number(own[i], "distances") }));
  });
}
