import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Embedder, type EncodeOptions, Matrix } from "nigh";
import { expect } from "vitest";

/** What Python's evaluator found. */
export interface Expected {
  readonly metrics: Record<string, number>;
  readonly primary: string;
}

type Cases<Name extends string> = Record<Name, Expected>;

interface Golden {
  readonly vectors: Record<string, number[]>;
  readonly retrieval: Cases<"default" | "chunks" | "two" | "truncated"> & {
    queries: string[];
    corpus: string[];
    relevant: Record<string, string[]>;
  };
  readonly similarity: Cases<"default" | "all" | "main"> & {
    sentences1: string[];
    sentences2: string[];
    scores: number[];
  };
  readonly binary: Cases<"default" | "all" | "rare"> & {
    sentences1: string[];
    sentences2: string[];
    labels: number[];
    rare_labels: number[];
  };
  readonly triplets: Cases<"default" | "all" | "margin"> & {
    columns: [string[], string[], string[]];
  };
  readonly reranking: Cases<"default" | "three"> & {
    samples: { query: string; positive: string[]; negative: string[] }[];
  };
  readonly mining: Cases<"default" | "closure" | "few"> & {
    sentences: string[];
    duplicates: [string, string][];
  };
  readonly correlations: { a: number[]; b: number[]; pearson: number; spearman: number }[];
  readonly platt: { scores: number[]; labels: number[]; probabilities: number[] }[];
}

/** By benchmarks/peers/make-evaluation-golden.py. */
export const golden = JSON.parse(
  readFileSync(join(import.meta.dirname, "../fixtures/golden/evaluation.json"), "utf8"),
) as Golden;

/** A model whose vectors are there already. */
export class Lookup implements Embedder {
  readonly name = "lookup";
  readonly dimension: number;
  readonly fingerprint: string;
  /** Texts that were asked for. */
  readonly asked: string[] = [];
  readonly #vectors: Readonly<Record<string, readonly number[]>>;

  constructor(
    vectors: Readonly<Record<string, readonly number[]>> = golden.vectors,
    fingerprint = "lookup",
  ) {
    this.#vectors = vectors;
    this.dimension = Object.values(vectors)[0]?.length ?? 0;
    this.fingerprint = fingerprint;
  }

  encode(text: string, options?: EncodeOptions): Promise<Float32Array>;
  encode(texts: readonly string[], options?: EncodeOptions): Promise<Matrix>;
  async encode(
    texts: string | readonly string[],
    { truncateDim = this.dimension }: EncodeOptions = {},
  ): Promise<Float32Array | Matrix> {
    const list = typeof texts === "string" ? [texts] : texts;
    this.asked.push(...list);
    const rows = list.map((text) => {
      const vector = this.#vectors[text];
      if (vector === undefined) throw new Error(`no vector of ${text}`);
      return Float32Array.from(vector.slice(0, truncateDim));
    });
    return typeof texts === "string" ? (rows[0] as Float32Array) : Matrix.from(rows);
  }

  encodeQuery = this.encode;
  encodeDocument = this.encode;

  async close(): Promise<void> {}
}

/** The same figures by the same keys, to 1e-6. */
export function expectFigures(
  found: { metrics: Readonly<Record<string, number>>; primaryMetric: string },
  expected: Expected,
): void {
  expect(Object.keys(found.metrics).sort()).toEqual(Object.keys(expected.metrics).sort());
  for (const [key, value] of Object.entries(expected.metrics)) {
    expect(Math.abs((found.metrics[key] as number) - value), key).toBeLessThan(1e-6);
  }
  expect(found.primaryMetric).toBe(expected.primary);
}

/** The code and the message of what a call throws. */
export async function failureOf(work: () => unknown): Promise<{ code: string; message: string }> {
  try {
    await work();
  } catch (error) {
    return error as { code: string; message: string };
  }
  throw new Error("nothing was thrown");
}
