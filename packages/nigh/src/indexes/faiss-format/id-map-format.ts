import type { FieldReader } from "./field-reader.js";
import type { FieldWriter } from "./field-writer.js";
import { checkPart, readHeader, writeHeader } from "./index-header.js";
import type { Chunks, InnerIndex, StoredIdMap } from "./stored-index.js";

const CODES = { 1: "IxMp", 2: "IxM2" } as const;

/** Undefined when the code is not that of an IndexIDMap or IndexIDMap2. */
export function idMapVersion(code: string): 1 | 2 | undefined {
  if (code === CODES[1]) return 1;
  return code === CODES[2] ? 2 : undefined;
}

/** The index inside is no IndexIDMap itself: FAISS would allow it, without a use. */
export function readIdMap<P>(
  reader: FieldReader,
  version: 1 | 2,
  readInner: () => InnerIndex<P>,
): StoredIdMap<P> {
  const { d, metric, ntotal } = readHeader(reader);
  const inner = readInner();
  checkPart(reader, "the index inside the IndexIDMap", inner, { d, metric, ntotal });
  reader.exactLength("the ids", 8, ntotal, "ntotal");
  const ids = reader.int64s("the ids", ntotal);
  return { type: "idMap", version, d, metric, ntotal, inner, ids };
}

export function writeIdMap(
  writer: FieldWriter,
  index: StoredIdMap<Chunks, Chunks>,
  writeInner: (inner: InnerIndex<Chunks, Chunks>) => void,
): void {
  const { inner, ids } = index;
  writer.code(CODES[index.version]);
  writeHeader(writer, { ...index, isTrained: "isTrained" in inner ? inner.isTrained : true });
  writeInner(inner);
  writer.int64(ids.length);
  writer.int64s(ids);
}
