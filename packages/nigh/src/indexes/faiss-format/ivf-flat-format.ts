import type { FieldReader } from "./field-reader.js";
import type { FieldWriter } from "./field-writer.js";
import { isFlat, readFlat, writeFlat } from "./flat-format.js";
import { describeCode } from "./four-character-codes.js";
import { HNSW_FLAT_CODE, readHnswFlat, writeHnswFlat } from "./hnsw-flat-format.js";
import { checkPart, checkTrained, readHeader, writeHeader } from "./index-header.js";
import { readInvertedLists, writeInvertedLists } from "./inverted-lists-format.js";
import type { Receive } from "./payload.js";
import type { Chunks, StoredIvfFlat, StoredQuantizer } from "./stored-index.js";

export const IVF_FLAT_CODE = "IwFl";

/** No bytes stand for the lists of an untrained index: nothing else would bound what a damaged file claims. */
const MOST_LISTS = 2 ** 24;

const NO_DIRECT_MAP = 0;

export function readIvfFlat<P>(reader: FieldReader, receive: Receive<P>): StoredIvfFlat<P> {
  const header = readHeader(reader);
  const { d, metric, ntotal, isTrained } = header;
  checkTrained(reader, header, true);
  const nlist = reader.int64("nlist", 1, MOST_LISTS);
  const nprobe = reader.int64("nprobe", 1);
  const quantizer = readQuantizer(reader, receive);
  checkPart(reader, "the quantizer", quantizer, { d });
  if (isTrained && quantizer.ntotal !== nlist) {
    reader.fail(`the quantizer has ${quantizer.ntotal} centroids, ${nlist} were expected (nlist)`);
  }
  checkDirectMap(reader);
  const lists = readInvertedLists(reader, receive, { d, metric, ntotal, nlist });
  return { type: "ivfFlat", d, metric, ntotal, isTrained, nlist, nprobe, quantizer, lists };
}

export function writeIvfFlat(writer: FieldWriter, index: StoredIvfFlat<Chunks, Chunks>): void {
  writer.code(IVF_FLAT_CODE);
  writeHeader(writer, index);
  writer.int64(index.nlist);
  writer.int64(index.nprobe);
  if (index.quantizer.type === "flat") writeFlat(writer, index.quantizer);
  else writeHnswFlat(writer, index.quantizer);
  writer.byte(NO_DIRECT_MAP);
  writer.int64(0);
  writeInvertedLists(writer, index);
}

function readQuantizer<P>(reader: FieldReader, receive: Receive<P>): StoredQuantizer<P> {
  const code = reader.code("the code of the quantizer");
  if (isFlat(code)) return readFlat(reader, code, receive, "centroids");
  if (code === HNSW_FLAT_CODE) return readHnswFlat(reader, receive, "centroids");
  return reader.fail(
    `the quantizer of the IVF index is ${describeCode(code)}, an IndexFlat or IndexHNSWFlat was expected`,
    "Build the index with one of these.",
  );
}

function checkDirectMap(reader: FieldReader): void {
  const type = reader.byte("the type of the direct map");
  if (type !== NO_DIRECT_MAP) {
    reader.fail(
      `the IVF index has a direct map (type ${type}), none was expected`,
      "Write it after set_direct_map_type(DirectMap.NoMap): it is not needed to read the file.",
    );
  }
  reader.exactLength("the direct map", 8, 0, "there is none");
}
