import type { ByteSink } from "./byte-stream.js";
import { FieldWriter } from "./field-writer.js";
import { writeFlat } from "./flat-format.js";
import { writeHnswFlat } from "./hnsw-flat-format.js";
import { writeIdMap } from "./id-map-format.js";
import { writeIvfFlat } from "./ivf-flat-format.js";
import { writeScalarQuantizer } from "./scalar-quantizer-format.js";
import type { Chunks, InnerIndex, StoredIndex } from "./stored-index.js";

/**
 * Writes an index as FAISS 1.15's `write_index` does, byte for byte. Payloads are taken piece by piece, without a copy of
 * the whole.
 *
 * @throws NighError `ERR_INVALID_ARGUMENT` when a payload has not as many bytes as the index's counts say; the sink's errors.
 */
export function encodeIndex(sink: ByteSink, index: StoredIndex<Chunks, Chunks>): void {
  const writer = new FieldWriter(sink);
  if (index.type === "idMap") writeIdMap(writer, index, (inner) => writeInner(writer, inner));
  else writeInner(writer, index);
}

function writeInner(writer: FieldWriter, index: InnerIndex<Chunks, Chunks>): void {
  if (index.type === "flat") writeFlat(writer, index);
  else if (index.type === "hnswFlat") writeHnswFlat(writer, index);
  else if (index.type === "ivfFlat") writeIvfFlat(writer, index);
  else writeScalarQuantizer(writer, index);
}
