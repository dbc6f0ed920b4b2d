import type { SchemaElement } from "hyparquet";
import { ByteWriter, ParquetWriter } from "hyparquet-writer";
import { describe } from "../../shared/describe.js";
import { NighError } from "../../shared/errors.js";
import type { StoredRecord } from "../record.js";
import { checkFinite } from "./embedding-json.js";
import { toExactJson } from "./exact-json.js";
import type { ExchangeHeader, RecordSource } from "./exchange.js";
import { openHeaderJson } from "./header-json.js";
import {
  ColumnFinder,
  type ColumnKind,
  type MetadataColumn,
  toColumnValue,
} from "./metadata-columns.js";
import { CREATED_BY, Seal } from "./parquet-seal.js";
import { put, writeStaged } from "./staged-file.js";

/** The key-value metadata that holds the header. */
export const HEADER_KEY = "nigh";

/** A row group ends with so many rows, or so many characters and numbers: what memory has to hold at once. */
const MAX_GROUP_ROWS = 10_000;
const MAX_GROUP_SIZE = 1_000_000;

const TYPES: Readonly<Record<ColumnKind, Omit<SchemaElement, "name">>> = {
  boolean: { type: "BOOLEAN" },
  integer: { type: "INT64" },
  float: { type: "DOUBLE" },
  text: { type: "BYTE_ARRAY", converted_type: "UTF8" },
};

/**
 * Writes records as a Parquet file: id, document, uri, embedding (a list of float32), metadata as the text of exact JSON, and for
 * each key of metadata whose values are all of one kind a column of that type, for other tools.
 *
 * @param records asked for twice: which columns there are has to be known before the first row.
 * @returns how many records were written.
 * @throws NighError `ERR_FILE` when the disk refuses, `ERR_INVALID_TEXT` for lone surrogates, which UTF-8 cannot hold.
 */
export async function writeParquet(
  records: RecordSource,
  path: string,
  header: ExchangeHeader,
): Promise<number> {
  const finder = new ColumnFinder();
  for await (const { metadata } of records()) finder.add(metadata);
  const columns = finder.columns();
  return writeStaged(path, async (file) => {
    const seal = new Seal();
    const bytes = new ByteWriter();
    const writer = new ParquetWriter({
      writer: bytes,
      schema: schemaOf(columns),
      kvMetadata: [{ key: HEADER_KEY, value: `${openHeaderJson(header)}}` }, seal.entry],
      createdBy: CREATED_BY,
    });
    const writeGroup = async (group: readonly StoredRecord[]): Promise<void> => {
      if (group.length === 0) return;
      await writer.write({ columnData: columnsOf(group, columns), rowGroupSize: group.length });
      seal.add(bytes.getBytes());
      await put(path, file, bytes.getBytes());
      bytes.index = 0;
    };

    let count = 0;
    let group: StoredRecord[] = [];
    let size = 0;
    for await (const record of records()) {
      check(record);
      group.push(record);
      count += 1;
      size += record.embedding.length + (record.document?.length ?? 0);
      if (group.length < MAX_GROUP_ROWS && size < MAX_GROUP_SIZE) continue;
      await writeGroup(group);
      group = [];
      size = 0;
    }
    await writeGroup(group);
    await writer.finish();
    seal.close(bytes.getBytes());
    await put(path, file, bytes.getBytes());
    return count;
  });
}

function schemaOf(columns: readonly MetadataColumn[]): SchemaElement[] {
  return [
    { name: "root", num_children: 5 + columns.length },
    { name: "id", ...TYPES.text, repetition_type: "REQUIRED" },
    { name: "document", ...TYPES.text, repetition_type: "OPTIONAL" },
    { name: "uri", ...TYPES.text, repetition_type: "OPTIONAL" },
    ...listOf("embedding", { type: "FLOAT" }, "REQUIRED"),
    { name: "metadata", ...TYPES.text, repetition_type: "OPTIONAL" },
    ...columns.flatMap(({ key, kind, list }): SchemaElement[] =>
      list
        ? listOf(key, TYPES[kind], "OPTIONAL")
        : [{ name: key, ...TYPES[kind], repetition_type: "OPTIONAL" }],
    ),
  ];
}

function listOf(
  name: string,
  element: Omit<SchemaElement, "name">,
  repetition_type: "OPTIONAL" | "REQUIRED",
): SchemaElement[] {
  return [
    { name, converted_type: "LIST", num_children: 1, repetition_type },
    { name: "list", num_children: 1, repetition_type: "REPEATED" },
    { name: "element", ...element, repetition_type: "REQUIRED" },
  ];
}

/** Statistics are for values that tools filter by. */
function columnsOf(group: readonly StoredRecord[], columns: readonly MetadataColumn[]) {
  const plain = (name: string, data: unknown[]) => ({ name, data, statistics: false });
  return [
    plain(
      "id",
      group.map(({ id }) => id),
    ),
    plain(
      "document",
      group.map(({ document }) => document),
    ),
    plain(
      "uri",
      group.map(({ uri }) => uri),
    ),
    {
      ...plain(
        "embedding",
        group.map(({ embedding }) => Array.from(embedding)),
      ),
      // Neither dictionaries nor compression find anything in them.
      encoding: "PLAIN" as const,
      codec: "UNCOMPRESSED" as const,
    },
    plain(
      "metadata",
      group.map(({ metadata }) => metadata && toExactJson(metadata)),
    ),
    ...columns.map((column) => ({
      name: column.key,
      data: group.map(({ metadata }) => toColumnValue(column, metadata)),
      statistics: !column.list,
    })),
  ];
}

function check({ id, document, uri, metadata, embedding }: StoredRecord): void {
  checkFinite(id, embedding);
  const texts = [id, document ?? "", uri ?? "", ...Object.entries(metadata ?? {}).flat(2)];
  for (const text of texts) {
    if (typeof text !== "string" || text.isWellFormed()) continue;
    throw new NighError(
      "ERR_INVALID_TEXT",
      `The record ${describe(id)} holds a lone surrogate, half of a character; Parquet holds whole ones only. Export to .jsonl.`,
    );
  }
}
