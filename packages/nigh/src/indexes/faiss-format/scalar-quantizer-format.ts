import type { FieldReader } from "./field-reader.js";
import type { FieldWriter } from "./field-writer.js";
import { checkTrained, readHeader, writeHeader } from "./index-header.js";
import { type Receive, receivePayload } from "./payload.js";
import type { Chunks, StoredScalarQuantizer } from "./stored-index.js";

export const SCALAR_QUANTIZER_CODE = "IxSQ";

const QT_8BIT = 0;
const OTHER_TYPES: readonly string[] = [
  "QT_8bit",
  "QT_4bit",
  "QT_8bit_uniform",
  "QT_4bit_uniform",
  "QT_fp16",
  "QT_8bit_direct",
  "QT_6bit",
  "QT_bf16",
  "QT_8bit_direct_signed",
];

export function readScalarQuantizer<P>(
  reader: FieldReader,
  receive: Receive<P>,
): StoredScalarQuantizer<P> {
  const header = readHeader(reader);
  const { d, metric, ntotal, isTrained } = header;
  checkTrained(reader, header, true);
  checkType(reader);
  const rangeStat = reader.int32("rangestat", 0, 3);
  const rangeStatArg = reader.float32("rangestat_arg");
  reader.int64("d of the quantizer", d, d);
  reader.int64("code_size of QT_8bit", d, d);
  const trained = isTrained ? d : 0;
  reader.exactLength("the trained values", 4, 2 * trained, "vmin and vdiff of each dimension");
  const vmin = reader.float32s("vmin", trained);
  const vdiff = reader.float32s("vdiff", trained);
  if (![vmin, vdiff].every((values) => values.every(Number.isFinite))) {
    reader.fail(
      "vmin or vdiff of the quantizer has a value that is not finite",
      "Train the index again, with finite vectors, or copy the file again where it is damaged.",
    );
  }
  reader.exactLength("the codes", 1, ntotal * d, `${ntotal} x ${d}`);
  const codes = receivePayload(reader, receive, { role: "codes", rows: ntotal, d, metric });
  const ranges = { rangeStat, rangeStatArg, vmin, vdiff };
  return { type: "scalarQuantizer", d, metric, ntotal, isTrained, ...ranges, codes };
}

export function writeScalarQuantizer(
  writer: FieldWriter,
  index: StoredScalarQuantizer<Chunks>,
): void {
  const { d, ntotal, vmin, vdiff } = index;
  const trained = index.isTrained ? 4 * d : 0;
  writer.code(SCALAR_QUANTIZER_CODE);
  writeHeader(writer, index);
  writer.int32(QT_8BIT);
  writer.int32(index.rangeStat);
  writer.float32(index.rangeStatArg);
  writer.int64(d);
  writer.int64(d);
  writer.int64((2 * trained) / 4);
  writer.payload("vmin", vmin, trained);
  writer.payload("vdiff", vdiff, trained);
  writer.int64(ntotal * d);
  writer.payload("codes", index.codes, ntotal * d);
}

function checkType(reader: FieldReader): void {
  const type = reader.int32("the quantizer's type", -(2 ** 31));
  if (type === QT_8BIT) return;
  reader.fail(
    `the scalar quantizer is of type ${type} (${OTHER_TYPES[type] ?? "without a name here"}), QT_8bit was expected`,
    "Build the index with QT_8bit.",
  );
}
