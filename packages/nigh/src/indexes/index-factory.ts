import { describe } from "../shared/describe.js";
import { NighError } from "../shared/errors.js";
import { checkDimension, checkMetric } from "./check-vectors.js";
import { IndexFlatIP, IndexFlatL2 } from "./index-flat.js";
import { IndexHNSWFlat } from "./index-hnsw-flat.js";
import { IndexIDMap } from "./index-id-map.js";
import { IndexIVFFlat } from "./index-ivf-flat.js";
import { IndexScalarQuantizer } from "./index-scalar-quantizer.js";
import { METRIC_INNER_PRODUCT, METRIC_L2, type Metric, type VectorIndex } from "./vector-index.js";

const KNOWN =
  'Known are "Flat", "SQ8", "HNSW" and "HNSW<M>" (with ",Flat" or without), "IVF<nlist>,Flat", "IVF<nlist>_HNSW<M>,Flat", and each behind "IDMap," or "IDMap2,".';

/**
 * Makes an index from FAISS's description of it: "Flat", "SQ8", "HNSW32", "HNSW32,Flat", "IVF100,Flat", "IVF100_HNSW32,Flat", and
 * each of them behind "IDMap," or "IDMap2,".
 *
 * @param d dimensions, 1 to 65,536.
 * @throws NighError `ERR_INVALID_ARGUMENT` that says which part is unknown, and what is known.
 */
export function indexFactory(
  d: number,
  description: string,
  metric: Metric = METRIC_L2,
): VectorIndex {
  checkDimension("indexFactory", d);
  checkMetric("indexFactory", metric);
  if (typeof description !== "string") throw unknown(describe(description));
  const mapped = /^IDMap2?,(.*)$/su.exec(description);
  if (mapped !== null) return new IndexIDMap(unmapped(d, mapped[1] as string, metric, description));
  return unmapped(d, description, metric, description);
}

function unmapped(d: number, part: string, metric: Metric, description: string): VectorIndex {
  if (part === "Flat") return flat(d, metric);
  if (part === "SQ8") return new IndexScalarQuantizer(d, "QT_8bit", metric);
  const hnsw = /^HNSW(\d*)(?:,Flat)?$/u.exec(part);
  if (hnsw !== null) return new IndexHNSWFlat(d, linksOf(hnsw[1]), metric);
  const ivf = /^IVF(\d+)(?:_HNSW(\d*))?,Flat$/u.exec(part);
  if (ivf === null) {
    const where = part === description ? "" : ` in ${describe(description)}`;
    throw unknown(`${describe(part)}${where}`);
  }
  const quantizer =
    ivf[2] === undefined ? flat(d, metric) : new IndexHNSWFlat(d, linksOf(ivf[2]), metric);
  return new IndexIVFFlat(quantizer, d, Number(ivf[1]), metric);
}

function flat(d: number, metric: Metric): VectorIndex {
  return metric === METRIC_INNER_PRODUCT ? new IndexFlatIP(d) : new IndexFlatL2(d);
}

/** FAISS's default is 32. */
function linksOf(digits: string | undefined): number {
  return digits === undefined || digits === "" ? 32 : Number(digits);
}

function unknown(found: string): NighError {
  return new NighError(
    "ERR_INVALID_ARGUMENT",
    `indexFactory: cannot make an index of ${found}. ${KNOWN}`,
  );
}
