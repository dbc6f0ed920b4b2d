import {
  IndexFlatIP,
  IndexFlatL2,
  IndexHNSWFlat,
  IndexIDMap,
  IndexIVFFlat,
  IndexScalarQuantizer,
  Matrix,
  METRIC_INNER_PRODUCT,
  METRIC_L2,
  type Metric,
  type VectorIndex,
} from "nigh";
import { type Kind, vectors } from "./vectors.js";

/** A kind of index that the conformance suites run on. */
export interface Factory {
  readonly name: string;
  readonly metric: Metric;
  /** An empty index, not trained. */
  readonly create: (d: number) => VectorIndex;
  /** An empty index that is ready for vectors as in `DATA`. */
  readonly make: (d: number) => VectorIndex;
  /** Vectors that training needs at least; 0 where there is nothing to train. */
  readonly trainingPoints: number;
  /** Whether ids, order and score bits are those of PlainIndex. */
  readonly exact: boolean;
  /** The share of the nearest that must be found on average; 1 for exact ones. */
  readonly recall: number;
  /** How far a number of a stored vector of DATA may be off; 0 where the float32 bits are kept. */
  readonly storedWithin: number;
  /** Options of `search` beside `filter`. */
  readonly options: readonly ("nprobe" | "efSearch")[];
}

/** What approximate indexes are asked to store: vectors of length 1. */
export const DATA: Kind = "clustered";

const NLIST = 4;

const METRICS: readonly Metric[] = [METRIC_INNER_PRODUCT, METRIC_L2];

const kinds: readonly Omit<Factory, "metric" | "make">[][] = METRICS.map((metric) => {
  const suffix = metric === METRIC_L2 ? "L2" : "IP";
  const flat = (d: number) => (metric === METRIC_L2 ? new IndexFlatL2(d) : new IndexFlatIP(d));
  const ivf = (d: number, nprobe: number) => {
    const index = new IndexIVFFlat(flat(d), d, NLIST, metric);
    index.nprobe = nprobe;
    return index;
  };
  const exact = { exact: true, recall: 1, storedWithin: 0, trainingPoints: 0 };
  return [
    { ...exact, name: `IndexFlat${suffix}`, create: flat, options: [] },
    {
      ...exact,
      name: `IndexIVFFlat ${suffix} (all lists)`,
      create: (d: number) => ivf(d, NLIST),
      trainingPoints: NLIST,
      options: ["nprobe"],
    },
    {
      name: `IndexIVFFlat ${suffix} (half)`,
      create: (d: number) => ivf(d, NLIST / 2),
      trainingPoints: NLIST,
      exact: false,
      recall: 0.8,
      storedWithin: 0,
      options: ["nprobe"],
    },
    {
      name: `IndexHNSWFlat ${suffix}`,
      create: (d: number) => {
        const index = new IndexHNSWFlat(d, 8, metric);
        index.efSearch = 32;
        return index;
      },
      trainingPoints: 0,
      exact: false,
      recall: 0.9,
      storedWithin: 0,
      options: ["efSearch"],
    },
    {
      name: `IndexScalarQuantizer ${suffix}`,
      create: (d: number) => new IndexScalarQuantizer(d, "QT_8bit", metric),
      trainingPoints: 1,
      exact: false,
      recall: 0.9,
      // Half of a step of 2 / 255, and a little for the arithmetic.
      storedWithin: 1.05 / 255,
      options: [],
    },
  ];
});

/** Each kind of index by itself and under an IndexIDMap, for both metrics. */
export const FACTORIES: readonly Factory[] = METRICS.flatMap((metric, m) =>
  (kinds[m] ?? []).flatMap((kind) => {
    const { create } = kind;
    const mapped = (d: number) => new IndexIDMap(create(d));
    return [
      finish(kind, metric),
      finish({ ...kind, name: `IndexIDMap of ${kind.name}`, create: mapped }, metric),
    ];
  }),
);

function finish(kind: Omit<Factory, "metric" | "make">, metric: Metric): Factory {
  const make = (d: number) => {
    const index = kind.create(d);
    if (kind.trainingPoints > 0) index.train(kind.storedWithin > 0 ? cornersOf(d) : sample(d));
    return index;
  };
  return { ...kind, metric, make };
}

function sample(d: number): Matrix {
  return vectors(DATA, 300, d, 1001);
}

/** All that lies between these, vectors of length 1 among it, is in a scalar quantizer's range. */
function cornersOf(d: number): Matrix {
  return Matrix.from([new Float32Array(d).fill(-1), new Float32Array(d).fill(1)]);
}
