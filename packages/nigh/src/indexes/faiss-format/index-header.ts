import { MOST_DIMENSIONS } from "../check-vectors.js";
import { METRIC_INNER_PRODUCT, METRIC_L2, type Metric } from "../vector-index.js";
import type { FieldReader } from "./field-reader.js";
import type { FieldWriter } from "./field-writer.js";

/** FAISS writes this twice, without a meaning. */
const UNUSED = 2 ** 20;

const OTHER_METRICS: Readonly<Record<number, string>> = {
  2: "METRIC_L1",
  3: "METRIC_Linf",
  4: "METRIC_Lp",
  20: "METRIC_Canberra",
  21: "METRIC_BrayCurtis",
  22: "METRIC_JensenShannon",
  23: "METRIC_Jaccard",
  24: "METRIC_NaNEuclidean",
  25: "METRIC_GOWER",
};

/** What every index of FAISS begins with, after its code. */
export interface IndexHeader {
  readonly d: number;
  readonly ntotal: number;
  readonly isTrained: boolean;
  readonly metric: Metric;
}

export function readHeader(reader: FieldReader): IndexHeader {
  const d = reader.int32("d", 1, MOST_DIMENSIONS);
  const ntotal = reader.int64("ntotal");
  reader.skip("the unused fields", 16);
  const isTrained = reader.boolean("is_trained");
  return { d, ntotal, isTrained, metric: readMetric(reader) };
}

export function writeHeader(writer: FieldWriter, header: IndexHeader): void {
  writer.int32(header.d);
  writer.int64(header.ntotal);
  writer.int64(UNUSED);
  writer.int64(UNUSED);
  writer.boolean(header.isTrained);
  writer.int32(header.metric);
}

/** Refuses a part of an index whose header is not that of the whole. */
export function checkPart(
  reader: FieldReader,
  name: string,
  part: Partial<IndexHeader>,
  whole: Partial<IndexHeader>,
): void {
  for (const field of ["d", "ntotal", "metric"] as const) {
    if (whole[field] === undefined || part[field] === whole[field]) continue;
    reader.fail(`${name} has ${field} ${part[field]}, the index around it ${whole[field]}`);
  }
}

/** Refuses an untrained index of a kind that needs no training, or that has vectors. */
export function checkTrained(
  reader: FieldReader,
  header: IndexHeader,
  needsTraining: boolean,
): void {
  if (header.isTrained || (needsTraining && header.ntotal === 0)) return;
  reader.fail(`is_trained is false, true was expected in an index of ${header.ntotal} vectors`);
}

function readMetric(reader: FieldReader): Metric {
  const metric = reader.int32("metric_type", -(2 ** 31));
  if (metric === METRIC_INNER_PRODUCT || metric === METRIC_L2) return metric;
  const name = OTHER_METRICS[metric] ?? "unknown to FAISS 1.15";
  return reader.fail(
    `the metric is ${metric} (${name}), 0 (inner product) or 1 (L2) was expected`,
    "Build the index with one of these.",
  );
}
