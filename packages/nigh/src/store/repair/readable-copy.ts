import {
  closeSync,
  copyFileSync,
  existsSync,
  ftruncateSync,
  openSync,
  readSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { PAGE_BYTES } from "../node/database-file.js";
import { APPLICATION_ID, SCHEMA_VERSION } from "../schema.js";

const HEADER_BYTES = 100;
/** A header that says so many times more pages than there are has a bit that flipped. */
const MOST_MISSING = 64;
const MAGIC = "SQLite format 3\0";

/**
 * Copies a database's file and its log, with a header as nigh writes it and no pages missing at the end: so SQLite reads what it
 * otherwise refuses as a whole for a bit of the first hundred bytes, or for having been cut.
 */
export function copyReadable(path: string, copy: string): void {
  copyFileSync(path, copy);
  if (existsSync(`${path}-wal`)) copyFileSync(`${path}-wal`, `${copy}-wal`);
  const file = openSync(copy, "r+");
  try {
    const header = Buffer.alloc(HEADER_BYTES);
    readSync(file, header, 0, HEADER_BYTES, 0);
    const found = Math.max(1, Math.ceil(statSync(copy).size / PAGE_BYTES));
    const pages = Math.max(found, pagesOf(header, MOST_MISSING * found));
    // Tables that begin behind the end would make SQLite refuse the list of all tables.
    ftruncateSync(file, pages * PAGE_BYTES);
    writeHeader(header, pages);
    writeSync(file, header, 0, HEADER_BYTES, 0);
  } finally {
    closeSync(file);
  }
}

/** Bytes of the header that are the same in every database of nigh's: SQLite believes some of them whatever they say. */
const FIXED: readonly [number, number][] = [
  [0, 24],
  [44, 48],
  [52, 60],
  [64, 68],
];

/** Whether nigh would write another header, or one for a file of another length. */
export function hasOddHeader(path: string): boolean {
  const header = Buffer.alloc(HEADER_BYTES);
  const file = openSync(path, "r");
  try {
    readSync(file, header, 0, HEADER_BYTES, 0);
  } finally {
    closeSync(file);
  }
  const sound = Buffer.from(header);
  writeHeader(sound, 0);
  if (header.readUInt32BE(28) * PAGE_BYTES !== statSync(path).size) return true;
  return FIXED.some(([from, to]) => !header.subarray(from, to).equals(sound.subarray(from, to)));
}

export function removeCopy(copy: string): void {
  for (const end of ["", "-wal", "-shm"]) rmSync(`${copy}${end}`, { force: true });
}

/** How many pages a header says there are; 0 where it cannot be believed. */
function pagesOf(header: Buffer, most: number): number {
  const isSound =
    header.toString("latin1", 0, 16) === MAGIC &&
    header.readUInt16BE(16) === PAGE_BYTES &&
    header.readUInt32BE(24) === header.readUInt32BE(92);
  const pages = header.readUInt32BE(28);
  return isSound && pages <= most ? pages : 0;
}

/** The fields of https://www.sqlite.org/fileformat.html#the_database_header. */
function writeHeader(header: Buffer, pages: number): void {
  header.write(MAGIC, 0, "latin1");
  header.writeUInt16BE(PAGE_BYTES, 16);
  // Written and read as WAL, no reserved bytes, payload fractions.
  header.set([2, 2, 0, 64, 32, 32], 18);
  header.writeUInt32BE(pages, 28);
  // The list of free pages is of no use to a reader.
  header.fill(0, 32, 40);
  // Schema format 4, no autovacuum, UTF-8.
  header.writeUInt32BE(4, 44);
  header.fill(0, 52, 56);
  header.writeUInt32BE(1, 56);
  header.writeUInt32BE(SCHEMA_VERSION, 60);
  header.fill(0, 64, 68);
  header.writeUInt32BE(APPLICATION_ID, 68);
  header.fill(0, 72, 92);
  // The number of pages counts when these two agree.
  header.copy(header, 92, 24, 28);
}
