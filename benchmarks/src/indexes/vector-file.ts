/** Files of little-endian float32 vectors, row after row: what all engines read. */
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  statSync,
  writeSync,
} from "node:fs";
import { dirname, resolve } from "node:path";

/** Vectors are made once and kept here. */
export const CACHE = resolve(import.meta.dirname, "../../.cache");

export const COLUMNS = 384;

/** The first `rows` rows of a file, which may have more. */
export interface VectorFile {
  readonly file: string;
  readonly rows: number;
}

/** Rows that are read, written or added at once. */
const CHUNK = 50_000;

export function hasRows({ file, rows }: VectorFile): boolean {
  return existsSync(file) && statSync(file).size >= rows * COLUMNS * 4;
}

/** @returns rows `from` to `from + rows`. */
export function readRows(file: string, from: number, rows: number): Float32Array {
  const values = new Float32Array(rows * COLUMNS);
  const bytes = new Uint8Array(values.buffer);
  const descriptor = openSync(file, "r");
  try {
    let read = 0;
    while (read < bytes.length) {
      const length = Math.min(bytes.length - read, 2 ** 30);
      const got = readSync(descriptor, bytes, read, length, from * COLUMNS * 4 + read);
      if (got === 0) throw new Error(`${file} ends before row ${from + rows}.`);
      read += got;
    }
  } finally {
    closeSync(descriptor);
  }
  return values;
}

/** The rows of a file, some at a time: a million of them need not be in memory twice. */
export function* chunksOf({ file, rows }: VectorFile): Generator<Float32Array> {
  for (let from = 0; from < rows; from += CHUNK)
    yield readRows(file, from, Math.min(CHUNK, rows - from));
}

/** Writes a file from chunks; an unfinished one never has the name. */
export function writeChunks(file: string, chunks: Iterable<Float32Array>): void {
  mkdirSync(dirname(file), { recursive: true });
  const unfinished = `${file}.unfinished`;
  const descriptor = openSync(unfinished, "w");
  try {
    for (const { buffer, byteOffset, byteLength } of chunks) {
      const bytes = new Uint8Array(buffer, byteOffset, byteLength);
      let written = 0;
      while (written < bytes.length) written += writeSync(descriptor, bytes, written);
    }
  } finally {
    closeSync(descriptor);
  }
  renameSync(unfinished, file);
}

/** Writes `rows` rows, some at a time, each made by `fill`. */
export function makeRows({ file, rows }: VectorFile, fill: (row: Float32Array) => void): void {
  writeChunks(file, madeChunks(rows, fill));
}

function* madeChunks(rows: number, fill: (row: Float32Array) => void): Generator<Float32Array> {
  for (let from = 0; from < rows; from += CHUNK) {
    const chunk = new Float32Array(Math.min(CHUNK, rows - from) * COLUMNS);
    for (let start = 0; start < chunk.length; start += COLUMNS)
      fill(chunk.subarray(start, start + COLUMNS));
    yield chunk;
  }
}
