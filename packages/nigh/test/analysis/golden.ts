import { Matrix } from "nigh";
import { fixture, readJson } from "../encoder/fixtures.js";

type Pair = readonly [number, number, number];

/** What benchmarks/peers/make-analysis-golden.py writes. */
interface File {
  readonly rows: number;
  readonly columns: number;
  readonly vectors: string;
  readonly communities: readonly {
    readonly threshold: number;
    readonly minCommunitySize: number;
    readonly communities: readonly (readonly number[])[];
  }[];
  readonly pairs: readonly {
    readonly topK: number;
    readonly maxPairs: number;
    readonly count: number;
    readonly first: readonly Pair[];
    readonly last: readonly Pair[];
  }[];
  readonly hierarchies: readonly {
    readonly linkage: "ward" | "average" | "complete";
    readonly metric: "euclidean" | "cosine";
    readonly labels: readonly number[];
    readonly distances: readonly number[];
    readonly distanceThreshold: number;
    readonly cutLabels: readonly number[];
  }[];
  readonly densities: readonly {
    readonly options: object;
    readonly labels: readonly number[];
    readonly probabilities: readonly number[];
  }[];
  readonly kMeans: {
    readonly k: number;
    readonly inertia: number;
    readonly labels: readonly number[];
    readonly silhouette: number;
  };
  readonly outlierFactors: readonly number[];
  readonly principalComponents: {
    readonly varianceRatio: readonly number[];
    readonly coordinates: readonly (readonly number[])[];
  };
}

export const GOLDEN = readJson<File>(fixture("golden/analysis.json"));

const bytes = Buffer.from(GOLDEN.vectors, "base64");

/** [320 x 24], length 1, around centres. */
export const POINTS = new Matrix(
  new Float32Array(Uint8Array.from(bytes).buffer),
  GOLDEN.rows,
  GOLDEN.columns,
);
