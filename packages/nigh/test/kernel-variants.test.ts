import { expect, it } from "vitest";
import { IndexFlat } from "../src/indexes/index-flat.js";
import { RowLists, rowsOfBlock } from "../src/indexes/rows/row-lists.js";
import { METRIC_INNER_PRODUCT, METRIC_L2, type Metric } from "../src/indexes/vector-index.js";
import { PlainIndex } from "./indexes/plain-index.js";
import { expectSame, expectSameRange } from "./indexes/results.js";
import { KINDS, type Kind, vectors } from "./indexes/vectors.js";
import {
  describeRelaxed,
  PLAIN,
  RELAXED_SIMD,
  type Variant,
  VariantArena,
} from "./kernels/variants.js";

const METRICS: readonly Metric[] = [METRIC_INNER_PRODUCT, METRIC_L2];

/** With and without relaxed SIMD, and the scan in float32: the same ids, order and score bits. */
describeRelaxed("A flat index with relaxed SIMD is one without", () => {
  const indexOf = (variant: Variant, metric: Metric, stored: Float32Array[], d: number) => {
    const arena = new VariantArena(variant);
    const index = IndexFlat.over(new RowLists(d, metric, 1, rowsOfBlock(d), arena));
    index.add(stored);
    return index;
  };
  const three = (metric: Metric, kind: Kind, n: number, d: number) => {
    const stored = [...vectors(kind, n, d, 1)];
    const scan = new PlainIndex(d, metric);
    scan.add(stored);
    return {
      scan,
      plain: indexOf(PLAIN, metric, stored, d),
      relaxed: indexOf(RELAXED_SIMD, metric, stored, d),
    };
  };

  it.each(KINDS)("for %s vectors of any length", (kind) => {
    for (const metric of METRICS) {
      for (const d of [1, 16, 31, 100, 129]) {
        const { scan, plain, relaxed } = three(metric, kind, 200, d);
        const queries = [...vectors(kind, 5, d, 2)];
        const found = relaxed.search(queries, 20);
        expectSame(found, plain.search(queries, 20));
        expectSame(found, scan.search(queries, 20));
      }
    }
  });

  it.each(METRICS)(
    "for 9,000 vectors, by whole rows and by leading components (metric %s)",
    (metric) => {
      const { scan, plain, relaxed } = three(metric, "lowRank", 9000, 384);
      const queries = [...vectors("lowRank", 9, 384, 2)];
      const wanted = scan.search(queries, 10);
      const radius = wanted.distances[9] as number;
      const inRange = scan.rangeSearch(queries, radius);
      for (const index of [plain, relaxed]) {
        for (const isPrepared of [false, true]) {
          if (isPrepared) index.prepare();
          expect(index.leadComponents > 0).toBe(isPrepared);
          expectSame(index.search(queries, 10), wanted);
          expectSameRange(index.rangeSearch(queries, radius), inRange);
        }
      }
    },
  );

  it("though the codes of queries differ", () => {
    expect(RELAXED_SIMD.bytes).not.toEqual(PLAIN.bytes);
    expect(WebAssembly.validate(RELAXED_SIMD.bytes)).toBe(true);
  });
});
