import { messageOf } from "../../shared/errors.js";
import { OneDimension } from "./embedding-json.js";
import { parseExactJson } from "./exact-json.js";
import type {
  ExchangeFormat,
  ExchangeHeader,
  Import,
  ImportedRecord,
  RecordSource,
} from "./exchange.js";
import { asFileError, badFile } from "./exchange-errors.js";
import { headerOf, isHeader, openHeaderJson } from "./header-json.js";
import { recordOf, toLine } from "./record-line.js";
import { put, writeStaged } from "./staged-file.js";
import { readTextLines, type TextLine } from "./text-lines.js";

/** Characters to gather before the disk is asked. */
const CHUNK_LENGTH = 2 ** 20;
/** Room for any count of records, so that the header keeps its length when the count is known. */
const COUNT_LENGTH = 16;

/** JSON Lines: a header, then a record a line. */
export const jsonlFormat: ExchangeFormat = { name: "jsonl", write: writeJsonl, read: readJsonl };

/**
 * Writes records as they come, a line each, behind a header line. Integers are JSON's integers, whatever their size, floats have a
 * point or an exponent, embeddings are numbers of few digits that read as the same float32.
 *
 * @returns how many records were written.
 * @throws NighError `ERR_FILE` when the disk refuses, `ERR_INVALID_ARGUMENT` for a record that JSON cannot hold.
 */
export async function writeJsonl(
  records: RecordSource,
  path: string,
  header: ExchangeHeader,
): Promise<number> {
  const headerLine = (count: number): string =>
    `${openHeaderJson(header)},"count":${String(count).padEnd(COUNT_LENGTH)}}\n`;
  return writeStaged(path, async (file) => {
    let gathered = headerLine(0);
    let count = 0;
    for await (const record of records()) {
      gathered += toLine(record);
      count += 1;
      if (gathered.length < CHUNK_LENGTH) continue;
      await put(path, file, Buffer.from(gathered));
      gathered = "";
    }
    await put(path, file, Buffer.from(gathered));
    await put(path, file, Buffer.from(headerLine(count)), 0);
    return count;
  });
}

/**
 * Opens a file of records, a JSON object a line: `{"id", "document", "metadata", "uri", "embedding"}`, of which only the id
 * must be there. A header comes first where nigh wrote the file. Blank lines are passed over.
 *
 * @throws NighError `ERR_FILE`, here or while records are read: names file and line.
 */
export async function readJsonl(path: string): Promise<Import> {
  try {
    for await (const line of readTextLines(path)) {
      const value = parseLine(line, path);
      if (!isHeader(value)) break;
      const place = `${path}:${line.number}`;
      const { header, count } = headerOf(line.text, value, place);
      if (count === undefined) throw badFile(place, 'the header has no "count". Export again.');
      return { header, count, records: readRecords(path, header, count) };
    }
  } catch (error) {
    throw asFileError(path, "read", error);
  }
  return { header: null, count: null, records: readRecords(path, null, null) };
}

async function* readRecords(
  path: string,
  header: ExchangeHeader | null,
  count: number | null,
): AsyncGenerator<ImportedRecord> {
  const dimension = new OneDimension(header?.dimension ?? null);
  let found = 0;
  let expectHeader = header !== null;
  const lines = readTextLines(path);
  try {
    for (;;) {
      const { value: line, done } = await lines.next();
      if (done) break;
      const place = `${path}:${line.number}`;
      const value = parseLine(line, path);
      if (isHeader(value)) {
        if (!expectHeader)
          throw badFile(place, "a second header; expected a record. Import one collection a file.");
        expectHeader = false;
        continue;
      }
      const record = recordOf(value, place);
      dimension.check(record.embedding, place);
      found += 1;
      yield record;
    }
  } catch (error) {
    throw asFileError(path, "read", error);
  } finally {
    await lines.return(undefined);
  }
  if (count === null || found === count) return;
  throw badFile(
    path,
    `found ${found} records; expected ${count}, as the header says. ${found < count ? "The file was cut off: export again." : 'Where records were added by hand, correct "count" in the first line.'}`,
  );
}

function parseLine({ number, text }: TextLine, path: string): unknown {
  try {
    return parseExactJson(text);
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof RangeError)) throw error;
    throw badFile(
      `${path}:${number}`,
      `the line is not valid JSON: ${messageOf(error)}. Expected one object a line; where the file was cut off, export again.`,
      error,
    );
  }
}
