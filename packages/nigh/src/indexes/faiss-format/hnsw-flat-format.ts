import type { FieldReader } from "./field-reader.js";
import type { FieldWriter } from "./field-writer.js";
import { isFlat, readFlat, writeFlat } from "./flat-format.js";
import { describeCode } from "./four-character-codes.js";
import { readGraph, writeGraph } from "./hnsw-graph-format.js";
import { checkPart, checkTrained, readHeader, writeHeader } from "./index-header.js";
import type { PayloadRole, Receive } from "./payload.js";
import type { Chunks, StoredHnswFlat } from "./stored-index.js";

export const HNSW_FLAT_CODE = "IHNf";

/** FAISS keeps ordinals as int32. */
const MOST_VECTORS = 2 ** 31 - 1;

export function readHnswFlat<P>(
  reader: FieldReader,
  receive: Receive<P>,
  role: PayloadRole = "vectors",
): StoredHnswFlat<P> {
  const header = readHeader(reader);
  const { d, metric, ntotal } = header;
  checkTrained(reader, header, false);
  if (ntotal > MOST_VECTORS) {
    reader.fail(`ntotal is ${ntotal}, HNSW indexes have at most ${MOST_VECTORS} vectors`);
  }
  const graph = readGraph(reader, ntotal);
  const code = reader.code("the code of the HNSW index's storage");
  if (!isFlat(code)) {
    reader.fail(
      `the vectors of the HNSW index are in ${describeCode(code)}, an IndexFlat was expected`,
      "Write the index with its storage, without IO_FLAG_SKIP_STORAGE.",
    );
  }
  const storage = readFlat(reader, code, receive, role, true);
  checkPart(reader, "the storage", storage, { d, metric, ntotal });
  return { type: "hnswFlat", d, metric, ntotal, ...graph, storage };
}

export function writeHnswFlat(writer: FieldWriter, index: StoredHnswFlat<Chunks, Chunks>): void {
  writer.code(HNSW_FLAT_CODE);
  writeHeader(writer, { ...index, isTrained: true });
  writeGraph(writer, index);
  writeFlat(writer, index.storage);
}
