import type { ByteSource } from "./byte-stream.js";
import { FieldReader } from "./field-reader.js";
import { isFlat, readFlat } from "./flat-format.js";
import { describeCode, SUPPORTED } from "./four-character-codes.js";
import { HNSW_FLAT_CODE, readHnswFlat } from "./hnsw-flat-format.js";
import { idMapVersion, readIdMap } from "./id-map-format.js";
import { IVF_FLAT_CODE, readIvfFlat } from "./ivf-flat-format.js";
import type { Receive } from "./payload.js";
import { readScalarQuantizer, SCALAR_QUANTIZER_CODE } from "./scalar-quantizer-format.js";
import type { InnerIndex, StoredIndex } from "./stored-index.js";

/**
 * Reads an index as FAISS 1.15's `write_index` writes it. Bytes that follow it are left unread, as FAISS does.
 *
 * @param receive gets each payload (vectors, centroids, codes) when the file has come to it, and decides where its bytes
 * go: they are read straight into that memory. What it returns stands in the result.
 * @throws NighError `ERR_INDEX_FORMAT` for a file that is damaged, cut off, no index, or an index of a kind that nigh does
 * not have; nothing is allocated for what such a file merely claims to hold. `ERR_FILE` when it cannot be read,
 * `ERR_OUT_OF_MEMORY`; whatever `receive` throws.
 */
export function decodeIndex<P>(source: ByteSource, receive: Receive<P>): StoredIndex<P> {
  const reader = new FieldReader(source);
  const code = reader.code("the code of the index's kind");
  const version = idMapVersion(code);
  if (version === undefined) return readInner(reader, code, receive);
  return readIdMap(reader, version, () => readInner(reader, reader.code("the code"), receive));
}

function readInner<P>(reader: FieldReader, code: string, receive: Receive<P>): InnerIndex<P> {
  if (isFlat(code)) return readFlat(reader, code, receive);
  if (code === HNSW_FLAT_CODE) return readHnswFlat(reader, receive);
  if (code === IVF_FLAT_CODE) return readIvfFlat(reader, receive);
  if (code === SCALAR_QUANTIZER_CODE) return readScalarQuantizer(reader, receive);
  return reader.fail(
    `what begins with ${describeCode(code)} is no index that nigh has`,
    `nigh reads ${SUPPORTED}.`,
  );
}
