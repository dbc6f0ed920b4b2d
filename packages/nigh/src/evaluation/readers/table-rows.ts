import { isUtf8 } from "node:buffer";
import { readFile } from "node:fs/promises";
import { CsvError, parse } from "csv-parse/sync";
import { firstBrokenLine } from "../../shared/broken-line.js";
import { badFile, unreadable } from "./bad-file.js";
import { jsonLines } from "./json-lines.js";

/** A row of a table by the names of its columns. */
export interface TableRow {
  /** Where it begins, counted from 1. */
  readonly line: number;
  readonly fields: Readonly<Record<string, unknown>>;
}

/**
 * The rows of a table: JSON Lines where the name ends in .jsonl or .ndjson, tab-separated values in .tsv, else CSV as RFC 4180 has it. The
 * first line of a .tsv or CSV file names the columns.
 *
 * @throws NighError `ERR_FILE` naming the line that cannot be read.
 */
export async function tableRows(path: string): Promise<TableRow[]> {
  if (/\.(jsonl|ndjson)$/iu.test(path)) {
    const rows: TableRow[] = [];
    for await (const row of jsonLines(path)) rows.push(row);
    return rows;
  }
  const bytes = await readFile(path).catch((error: unknown) => {
    throw unreadable(path, error);
  });
  if (!isUtf8(bytes)) throw badFile(path, firstBrokenLine(bytes), "the line is not valid UTF-8");
  const isTabbed = /\.tsv$/iu.test(path);
  try {
    const records = parse(bytes, {
      bom: true,
      columns: true,
      info: true,
      skip_empty_lines: true,
      // Tabs cannot stand in a field of such a file, so quotation marks are letters like others.
      ...(isTabbed && { delimiter: "\t", quote: null }),
    }) as unknown as { record: Record<string, string>; info: { lines: number } }[];
    return records.map(({ record, info }) => ({
      line: info.lines - lineFeeds(record),
      fields: record,
    }));
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const { lines } = error as unknown as { lines?: number };
    throw badFile(path, lines, error.message.replace(/\.$/u, ""));
  }
}

/** csv-parse tells the line on which a record ends. */
function lineFeeds(record: Readonly<Record<string, string>>): number {
  return Object.values(record).join("").split("\n").length - 1;
}
