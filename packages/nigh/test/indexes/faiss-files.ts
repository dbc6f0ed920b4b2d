import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { ByteSource } from "../../src/indexes/faiss-format/byte-stream.js";
import { decodeIndex } from "../../src/indexes/faiss-format/decode-index.js";
import { encodeIndex } from "../../src/indexes/faiss-format/encode-index.js";
import { readFile, writeFile } from "../../src/indexes/faiss-format/file-bytes.js";
import { defaultLevelProbabilities } from "../../src/indexes/faiss-format/hnsw-levels.js";
import type { Payload } from "../../src/indexes/faiss-format/payload.js";
import type {
  Chunks,
  StoredHnswFlat,
  StoredIndex,
} from "../../src/indexes/faiss-format/stored-index.js";
import { NighError } from "../../src/shared/errors.js";
import { MemorySink, MemorySource } from "./memory-bytes.js";

export type { ByteSource, Payload, StoredIndex };
/** The one place where tests reach FAISS's format, which nigh does not export. */
export { decodeIndex, defaultLevelProbabilities, encodeIndex, MemorySource, readFile, writeFile };

export interface Expected {
  d: number;
  k: number;
  queries: number[];
  vectors: number[];
  ids: number[];
  files: Record<string, ReadableFile | { refused: string }>;
}

export interface ReadableFile {
  kind: string;
  metric: "ip" | "l2";
  ntotal: number;
  isTrained: boolean;
  parameters: Record<string, number>;
  /** What FAISS finds, k a query; -1 and null where there is nothing, empty where the index is not trained. */
  labels: number[];
  distances: (number | null)[];
}

export const FIXTURES = join(import.meta.dirname, "../fixtures/indexes");
export const expected: Expected = JSON.parse(readFileSync(join(FIXTURES, "expected.json"), "utf8"));
export const { d } = expected;
export const fixture = (name: string): string => join(FIXTURES, `${name}.faiss`);
export const bytesOf = (name: string): Uint8Array => new Uint8Array(readFileSync(fixture(name)));
export const readable = Object.entries(expected.files).flatMap(([name, file]) =>
  "refused" in file ? [] : [{ name, ...file }],
);
export const refused = Object.entries(expected.files).flatMap(([name, file]) =>
  "refused" in file ? [{ name, names: file.refused }] : [],
);

/** Copies a payload out of the file. */
export function copy(payload: Payload): Uint8Array {
  const bytes = new Uint8Array(payload.byteLength);
  payload.readInto(bytes);
  return bytes;
}

export const decode = (bytes: Uint8Array): StoredIndex<Uint8Array> =>
  decodeIndex(new MemorySource(bytes), copy);

export function encode(index: StoredIndex<Chunks, Chunks>): Uint8Array {
  const sink = new MemorySink();
  encodeIndex(sink, index);
  return sink.bytes();
}

export const floatsOf = (bytes: Uint8Array): number[] => [
  ...new Float32Array(bytes.slice().buffer),
];
export const rowOf = (i: number): number[] => expected.vectors.slice(i * d, (i + 1) * d);

/** The error of an act that must throw a NighError. */
export function errorOf(act: () => unknown): NighError {
  try {
    act();
  } catch (error) {
    if (error instanceof NighError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

/** "ok", or the code of the NighError; any other error is thrown on. */
export function outcome(bytes: Uint8Array): string {
  try {
    decode(bytes);
    return "ok";
  } catch (error) {
    if (error instanceof NighError) return error.code;
    throw error;
  }
}

/** A copy of the bytes with others from `offset` on. */
export function patched(bytes: Uint8Array, offset: number, ...values: number[]): Uint8Array {
  const result = bytes.slice();
  result.set(values, offset);
  return result;
}

export const int32 = (value: number): number[] => [...new Uint8Array(Int32Array.of(value).buffer)];
export const int64 = (value: bigint): number[] => [
  ...new Uint8Array(BigInt64Array.of(value).buffer),
];

/** The index of a file of HNSW. */
export function decodeGraph(name: string): StoredHnswFlat<Uint8Array> {
  const index = decode(bytesOf(name));
  if (index.type !== "hnswFlat") throw new Error(`${name} is ${index.type}`);
  return index;
}
