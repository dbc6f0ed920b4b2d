import { describe } from "../shared/describe.js";
import { NighError } from "../shared/errors.js";
import { decodeIndex } from "./faiss-format/decode-index.js";
import { encodeIndex } from "./faiss-format/encode-index.js";
import { readFile, writeFile } from "./faiss-format/file-bytes.js";
import { IndexBase } from "./index-base.js";
import { indexFromStored } from "./index-from-stored.js";
import { IndexIDMap } from "./index-id-map.js";
import { receiver } from "./receive-payload.js";
import type { VectorIndex } from "./vector-index.js";

/**
 * Writes an index in FAISS's own format (1.15), which faiss.read_index reads. The file takes its place when it is complete, so a
 * call that throws leaves what was there.
 *
 * Vectors whose ids are not 0, 1, 2, … are written as an IndexIDMap, except those of inverted files, which have ids of their own.
 *
 * @param path of the file.
 * @throws NighError `ERR_FILE` when it cannot be written, `ERR_INVALID_ARGUMENT` for what is no index of nigh's.
 */
export function writeIndex(index: VectorIndex, path: string): void {
  if (!(index instanceof IndexBase) && !(index instanceof IndexIDMap)) {
    throw new NighError(
      "ERR_INVALID_ARGUMENT",
      `writeIndex: expected an index, such as new IndexFlatIP(d), found ${describe(index)}.`,
    );
  }
  writeFile(checkPath("writeIndex", path), (sink) => encodeIndex(sink, index.toStored()));
}

/**
 * Reads an index that `writeIndex` or faiss.write_index wrote: IndexFlat, IndexIVFFlat, IndexHNSWFlat, IndexScalarQuantizer
 * (QT_8bit), and IndexIDMap of these.
 *
 * @throws NighError `ERR_FILE` when there is no such file, `ERR_INDEX_FORMAT` for a file that is damaged, of another kind, or of an
 * index that nigh does not have; nothing is allocated for what a file merely claims to hold. `ERR_OUT_OF_MEMORY`.
 */
export function readIndex(path: string): VectorIndex {
  return readFile(checkPath("readIndex", path), (source) =>
    indexFromStored(decodeIndex(source, receiver(source.name)), source.name),
  );
}

function checkPath(where: string, path: unknown): string {
  if (typeof path === "string" && path !== "") return path;
  throw new NighError(
    "ERR_INVALID_ARGUMENT",
    `${where}: the path must be a string, found ${describe(path)}.`,
  );
}
