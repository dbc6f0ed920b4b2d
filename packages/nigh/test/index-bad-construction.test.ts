import {
  IndexFlatIP,
  IndexFlatL2,
  IndexHNSWFlat,
  IndexIDMap,
  IndexIVFFlat,
  IndexScalarQuantizer,
  indexFactory,
  Kmeans,
  METRIC_INNER_PRODUCT,
  METRIC_L2,
  type VectorIndex,
} from "nigh";
import { describe, expect, it } from "vitest";
import { expectRefusal, literally, refusal } from "./indexes/refusals.js";
import { expectSame } from "./indexes/results.js";
import { vectors } from "./indexes/vectors.js";

const flat = (d: number) => new IndexFlatL2(d);

/** An error that names what is wrong and shows the value. */
function wrong(name: RegExp, value: unknown) {
  return refusal("ERR_INVALID_ARGUMENT", name, literally(value));
}

describe("Constructors", () => {
  describe.each([0, -1, 1.5, Number.NaN, Infinity, "8", undefined, 2 ** 17])(
    "refuse a d of %s",
    (bad) => {
      const d = bad as number;
      it.each([
        ["IndexFlatIP", () => new IndexFlatIP(d)],
        ["IndexFlatL2", () => new IndexFlatL2(d)],
        ["IndexHNSWFlat", () => new IndexHNSWFlat(d, 16, METRIC_L2)],
        ["IndexScalarQuantizer", () => new IndexScalarQuantizer(d, "QT_8bit", METRIC_L2)],
        ["IndexIVFFlat", () => new IndexIVFFlat(flat(8), d, 4, METRIC_L2)],
        ["indexFactory", () => indexFactory(d, "Flat", METRIC_L2)],
        ["Kmeans", () => new Kmeans(d, 4)],
      ])("%s", (_, make) => {
        expectRefusal(make, wrong(/"d"/u, bad));
      });
    },
  );

  describe.each([2, -1, 0.5, Number.NaN, "METRIC_L2", null])("refuse a metric of %s", (bad) => {
    const metric = bad as never;
    const says = ["METRIC_INNER_PRODUCT", "METRIC_L2", String(bad)].map(literally);
    it.each([
      ["IndexHNSWFlat", () => new IndexHNSWFlat(8, 16, metric)],
      ["IndexScalarQuantizer", () => new IndexScalarQuantizer(8, "QT_8bit", metric)],
      ["IndexIVFFlat", () => new IndexIVFFlat(flat(8), 8, 4, metric)],
      ["indexFactory", () => indexFactory(8, "Flat", metric)],
    ])("%s", (_, make) => {
      expectRefusal(make, refusal("ERR_INVALID_ARGUMENT", ...says));
    });
  });

  it("IndexHNSWFlat refuses an M below 2, which is no graph, or that is no integer", () => {
    for (const M of [1, 0, -3, 2.5, Number.NaN, "16"]) {
      expectRefusal(() => new IndexHNSWFlat(8, M as number, METRIC_L2), wrong(/"M"/u, M));
    }
  });

  it("IndexIVFFlat refuses an nlist below 1, or that is no integer", () => {
    for (const nlist of [0, -3, 2.5, Number.NaN, "16"]) {
      expectRefusal(
        () => new IndexIVFFlat(flat(8), 8, nlist as number, METRIC_L2),
        wrong(/"nlist"/u, nlist),
      );
    }
  });

  it("IndexIVFFlat refuses a quantizer of another dimension, or what is no index", () => {
    const other = () => new IndexIVFFlat(flat(7), 8, 4, METRIC_L2);
    expectRefusal(other, refusal("ERR_DIMENSION", /\b7\b/u, /\b8\b/u));
    for (const none of [undefined, null, 8, {}]) {
      const make = () => new IndexIVFFlat(none as never, 8, 4, METRIC_L2);
      expectRefusal(make, refusal("ERR_INVALID_ARGUMENT", /quantizer/u));
    }
  });

  it("IndexScalarQuantizer refuses types that it does not know, and says which it knows", () => {
    for (const type of ["QT_4bit", "8bit", 0, undefined]) {
      const make = () => new IndexScalarQuantizer(8, type as never, METRIC_L2);
      expectRefusal(make, refusal("ERR_INVALID_ARGUMENT", /"QT_8bit"/u, literally(type)));
    }
  });

  it("IndexIDMap refuses what is no index", () => {
    for (const none of [undefined, null, 8, {}]) {
      expectRefusal(() => new IndexIDMap(none as never), refusal("ERR_INVALID_ARGUMENT", /index/u));
    }
  });
});

describe("Properties", () => {
  it.each([0, -1, 1.5, Number.NaN, "3"])("nprobe, efSearch and efConstruction refuse %s", (bad) => {
    const ivf = new IndexIVFFlat(flat(8), 8, 4, METRIC_L2);
    const hnsw = new IndexHNSWFlat(8, 16, METRIC_L2);
    const value = bad as number;
    const set = [
      [/"nprobe"/u, () => Object.assign(ivf, { nprobe: value })],
      [/"efSearch"/u, () => Object.assign(hnsw, { efSearch: value })],
      [/"efConstruction"/u, () => Object.assign(hnsw, { efConstruction: value })],
    ] as const;
    for (const [name, work] of set) expectRefusal(work, wrong(name, bad));
    expect([ivf.nprobe, hnsw.efSearch, hnsw.efConstruction]).toEqual([1, 16, 40]);
  });
});

describe("indexFactory", () => {
  const stored = vectors("clustered", 200, 16, 1);
  const queries = vectors("clustered", 5, 16, 2);

  it.each([
    ["Flat", () => new IndexFlatIP(16)],
    ["IVF4,Flat", () => new IndexIVFFlat(new IndexFlatIP(16), 16, 4, METRIC_INNER_PRODUCT)],
    ["HNSW8", () => new IndexHNSWFlat(16, 8, METRIC_INNER_PRODUCT)],
    ["HNSW8,Flat", () => new IndexHNSWFlat(16, 8, METRIC_INNER_PRODUCT)],
    ["SQ8", () => new IndexScalarQuantizer(16, "QT_8bit", METRIC_INNER_PRODUCT)],
    ["IDMap,Flat", () => new IndexIDMap(new IndexFlatIP(16))],
    ["IDMap,HNSW8", () => new IndexIDMap(new IndexHNSWFlat(16, 8, METRIC_INNER_PRODUCT))],
  ] as readonly (readonly [string, () => VectorIndex])[])(
    "makes of %s what the constructors make",
    (description, make) => {
      const [one, other] = [indexFactory(16, description, METRIC_INNER_PRODUCT), make()];
      for (const index of [one, other]) {
        index.train(stored);
        index.add(stored);
      }
      expect(one.constructor).toBe(other.constructor);
      expect([one.d, one.metric]).toEqual([16, METRIC_INNER_PRODUCT]);
      expectSame(one.search(queries, 10), other.search(queries, 10));
    },
  );

  it("measures by L2 when no metric is given, as FAISS", () => {
    expect(indexFactory(16, "Flat").metric).toBe(METRIC_L2);
  });

  it.each([
    "",
    "flat",
    "Flot",
    "PQ8",
    "IVF,Flat",
    "IVF4",
    "IVF4,PQ8",
    "IVF4,Flat,Flat",
    "IVF4.5,Flat",
    "SQ4",
    "IDMap",
    "Flat,IDMap",
    "IVF4,Flat ",
  ])('refuses "%s", and says what it knows', (description) => {
    const make = () => indexFactory(16, description, METRIC_L2);
    const known = [/Flat/u, /HNSW/u, /SQ8/u];
    expectRefusal(make, refusal("ERR_INVALID_ARGUMENT", literally(description), ...known));
  });

  it("refuses numbers that the constructors refuse", () => {
    for (const description of [
      "IVF0,Flat",
      "HNSW1",
      "IDMap,HNSW0",
      "IVF99999999999999999999,Flat",
    ]) {
      const make = () => indexFactory(16, description, METRIC_L2);
      expectRefusal(make, refusal("ERR_INVALID_ARGUMENT"));
    }
  });

  it("refuses what is no text", () => {
    for (const bad of [undefined, null, 3, ["Flat"]]) {
      const make = () => indexFactory(16, bad as never, METRIC_L2);
      expectRefusal(make, refusal("ERR_INVALID_ARGUMENT", /Flat/u));
    }
  });
});
