import { METRIC_INNER_PRODUCT, METRIC_L2 } from "../vector-index.js";
import type { FieldReader } from "./field-reader.js";
import type { FieldWriter } from "./field-writer.js";
import { checkTrained, readHeader, writeHeader } from "./index-header.js";
import { type PayloadRole, type Receive, receivePayload } from "./payload.js";
import type { Chunks, StoredFlat } from "./stored-index.js";

/** The metric that a code stands for; IxFl leaves it to the header. */
const METRICS: Readonly<Record<string, number | undefined>> = {
  IxF2: METRIC_L2,
  IxFI: METRIC_INNER_PRODUCT,
  IxFl: undefined,
};

export function isFlat(code: string): boolean {
  return Object.hasOwn(METRICS, code);
}

export function readFlat<P>(
  reader: FieldReader,
  code: string,
  receive: Receive<P>,
  role: PayloadRole = "vectors",
  inGraph = false,
): StoredFlat<P> {
  const header = readHeader(reader);
  const { d, metric, ntotal } = header;
  if ((METRICS[code] ?? metric) !== metric) {
    reader.fail(`the metric of an index "${code}" is ${metric}, ${METRICS[code]} was expected`);
  }
  checkTrained(reader, header, false);
  reader.exactLength(`the values of the ${role}`, 4, ntotal * d, `${ntotal} x ${d}`);
  const vectors = receivePayload(reader, receive, { role, rows: ntotal, d, metric, inGraph });
  return { type: "flat", d, metric, ntotal, vectors };
}

export function writeFlat(writer: FieldWriter, index: StoredFlat<Chunks>): void {
  const values = index.ntotal * index.d;
  writer.code(index.metric === METRIC_L2 ? "IxF2" : "IxFI");
  writeHeader(writer, { ...index, isTrained: true });
  writer.int64(values);
  writer.payload("vectors", index.vectors, 4 * values);
}
