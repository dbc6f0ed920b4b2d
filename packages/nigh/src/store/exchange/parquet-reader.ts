import {
  type AsyncBuffer,
  asyncBufferFromFile,
  type FileMetaData,
  parquetMetadataAsync,
  parquetScan,
  parquetSchema,
} from "hyparquet";
import { compressors } from "hyparquet-compressors";
import { messageOf } from "../../shared/errors.js";
import { OneDimension } from "./embedding-json.js";
import { parseExactJson } from "./exact-json.js";
import type { ExchangeHeader, Import, ImportedRecord } from "./exchange.js";
import { asFileError, badFile, onFile } from "./exchange-errors.js";
import { headerOf } from "./header-json.js";
import { RECORD_COLUMNS } from "./metadata-columns.js";
import { recordOfRow } from "./parquet-row.js";
import { countRows } from "./parquet-row-groups.js";
import { CREATED_BY, checkSeal } from "./parquet-seal.js";
import { type ParquetColumn, parquetColumn } from "./parquet-types.js";
import { HEADER_KEY } from "./parquet-writer.js";

/** A byte order mark at the start of a text is part of it. */
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const decode = (bytes: Uint8Array | undefined): string | undefined => bytes && utf8.decode(bytes);
/** JSON as its text: JSON.parse would lose large integers. */
const PARSERS = { stringFromBytes: decode, jsonFromBytes: decode };

/**
 * Opens a Parquet file of records: the columns id (text), document, uri, embedding (a list of numbers) and metadata (JSON) where they
 * are there; every other column is a key of metadata. Memory holds one row group.
 *
 * @throws NighError `ERR_FILE`, here or while records are read: names file and column, or row.
 */
export async function readParquet(path: string): Promise<Import> {
  return onFile(path, "read", async () => {
    const file = await asyncBufferFromFile(path);
    const sealed = await checkSeal(path, file);
    const metadata = await parquetMetadataAsync(file, { geoparquet: false });
    if (!sealed && metadata.created_by === CREATED_BY) {
      throw badFile(path, "the file is damaged: its checksum is not in its place. Export again.");
    }
    const header = readHeader(path, metadata);
    const count = countRows(path, metadata);
    const columns = readColumns(path, metadata);
    // In a file that is as nigh wrote it, the other columns say what "metadata" says.
    const needed = sealed ? columns.filter(({ name }) => isRecordColumn(name)) : columns;
    return {
      header,
      count,
      records: readRecords(path, { file, metadata, header, count, columns: needed }),
    };
  });
}

interface OpenFile {
  readonly file: AsyncBuffer;
  readonly metadata: FileMetaData;
  readonly header: ExchangeHeader | null;
  readonly count: number;
  readonly columns: readonly ParquetColumn[];
}

async function* readRecords(
  path: string,
  { file, metadata, header, count, columns }: OpenFile,
): AsyncGenerator<ImportedRecord> {
  const dimension = new OneDimension(header?.dimension ?? null);
  let found = 0;
  try {
    const scan = await parquetScan({
      file,
      metadata,
      compressors,
      parsers: PARSERS,
      useOffsetIndex: false,
    });
    for (const { rowStart, rowEnd } of scan.ranges) {
      const cells: ArrayLike<unknown>[] = [];
      for (const column of columns) {
        const values = await scan.readColumn({ column: column.name, rowStart, rowEnd });
        checkCells(path, column, values, rowEnd - rowStart);
        cells.push(values);
      }
      for (let i = 0; i < rowEnd - rowStart; i++) {
        found += 1;
        const place = `${path}, row ${found}`;
        const record = recordOfRow(columns, (column) => cells[column]?.[i], place);
        dimension.check(record.embedding, place);
        yield record;
      }
    }
  } catch (error) {
    throw asFileError(path, "read", error);
  }
  if (found !== count)
    throw badFile(path, `found ${found} rows; expected ${count}. Write the file again.`);
}

/** hyparquet leaves out a list that is null; of other columns it gives each value. */
function checkCells(
  path: string,
  { name, list }: ParquetColumn,
  cells: ArrayLike<unknown>,
  rows: number,
): void {
  let found = cells.length;
  if (!list) for (let i = 0; i < cells.length; i++) if (cells[i] === undefined) found -= 1;
  if (found === rows && cells.length === rows) return;
  throw badFile(
    path,
    `the file is damaged: found ${found} values in the column "${name}", expected ${rows}. Write the file again.`,
  );
}

function readHeader(path: string, metadata: FileMetaData): ExchangeHeader | null {
  const text = metadata.key_value_metadata?.find(({ key }) => key === HEADER_KEY)?.value;
  if (text === undefined) return null;
  const place = `${path}, metadata "${HEADER_KEY}"`;
  try {
    return headerOf(text, parseExactJson(text), place).header;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw badFile(place, `the header is not valid JSON: ${messageOf(error)}. Export again.`, error);
  }
}

function readColumns(path: string, metadata: FileMetaData): ParquetColumn[] {
  const columns = parquetSchema(metadata).children.map((node) => parquetColumn(node, path));
  const names = columns.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined)
    throw badFile(path, `there are two columns "${twice}"; expected one. Rename one of them.`);
  if (!names.includes("id")) {
    throw badFile(
      path,
      `there is no column "id", but ${names.map((name) => `"${name}"`).join(", ")}; expected one of texts. Rename the column that holds the ids.`,
    );
  }
  for (const column of columns) checkRecordColumn(path, column);
  return columns;
}

function checkRecordColumn(path: string, { name, kind, list }: ParquetColumn): void {
  if (!isRecordColumn(name)) return;
  const fits =
    name === "embedding"
      ? list && (kind === "float" || kind === "integer")
      : !list && (kind === "text" || (kind === "json" && name === "metadata"));
  if (fits) return;
  const expected =
    name === "embedding" ? "lists of numbers" : name === "metadata" ? "texts of JSON" : "texts";
  throw badFile(
    path,
    `the column "${name}" holds ${list ? `lists of kind ${kind}` : `values of kind ${kind}`}; expected ${expected}. Cast the column, or rename it.`,
  );
}

function isRecordColumn(name: string): boolean {
  return RECORD_COLUMNS.some((column) => column === name);
}
