import { readFileSync } from "node:fs";
import { join } from "node:path";
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
  readIndex,
  type VectorIndex,
  writeIndex,
} from "nigh";
import { describe, expect, it } from "vitest";
import { bytesOf, d, expected, fixture, readable, rowOf } from "./indexes/faiss-files.js";
import { recallOf } from "./indexes/results.js";
import { rowsOf, vectors } from "./indexes/vectors.js";
import { temporaryFolder } from "./shared/temporary-folder.js";

const { k } = expected;
const queries = new Matrix(Float32Array.from(expected.queries), expected.queries.length / d, d);
const CLASSES: Readonly<Record<string, new (...args: never[]) => VectorIndex>> = {
  IndexFlatIP,
  IndexFlatL2,
  IndexIVFFlat,
  IndexHNSWFlat,
  IndexScalarQuantizer,
  IndexIDMap,
  IndexIDMap2: IndexIDMap,
};
const trained = readable.filter(({ isTrained }) => isTrained);
const filled = readable.filter(({ ntotal }) => ntotal > 0);
const hasOwnIds = (kind: string) => /IDMap|IVF/u.test(kind);
const innerOf = (index: VectorIndex) => (index instanceof IndexIDMap ? index.index : index);

/** What was found for a query, without the places where nothing was. */
function entriesOf(q: number, labels: ArrayLike<number>, distances: ArrayLike<number | null>) {
  return Array.from({ length: k }, (_, i) => ({
    id: labels[q * k + i] as number,
    distance: distances[q * k + i] as number,
  })).filter(({ id }) => id !== -1);
}

describe("an index read from a file of FAISS", () => {
  it.each(readable)("$name has FAISS's class, size and parameters", (file) => {
    const index = readIndex(fixture(file.name));
    expect(index.constructor).toBe(CLASSES[file.kind]);
    expect(index).toMatchObject({
      d,
      metric: file.metric === "ip" ? METRIC_INNER_PRODUCT : METRIC_L2,
      ntotal: file.ntotal,
      isTrained: file.isTrained,
    });
    expect(innerOf(index)).toMatchObject(file.parameters);
  });

  it.each(trained)("$name finds what FAISS finds, at the same distances", (file) => {
    const found = readIndex(fixture(file.name)).search(queries, k);
    for (let q = 0; q < queries.shape[0]; q++) {
      const theirs = entriesOf(q, file.labels, file.distances);
      const ours = entriesOf(q, found.labels, found.distances);
      // Where FAISS's probed lists hold fewer than k, nigh looks further.
      if (theirs.length === k) expect(ours.map(({ id }) => id)).toEqual(theirs.map(({ id }) => id));
      expect(ours).toHaveLength(Math.min(k, file.ntotal));
      for (const { id, distance } of theirs) {
        const own = ours.find((entry) => entry.id === id)?.distance ?? Number.NaN;
        expect(Math.abs(own - distance)).toBeLessThanOrEqual(
          1e-5 * Math.max(1, Math.abs(distance)),
        );
      }
    }
  });

  it.each(filled)("$name has the ids and the vectors that FAISS was given", (file) => {
    const index = readIndex(fixture(file.name));
    const ids = hasOwnIds(file.kind)
      ? expected.ids.slice(0, file.ntotal)
      : Array.from({ length: file.ntotal }, (_, i) => i);
    expect([...index.ids()]).toEqual([...ids].sort((a, b) => a - b));
    // A scalar quantizer's numbers are off by half a step, a 255th of the range of a dimension.
    const within = file.kind === "IndexScalarQuantizer" ? 0.02 : 0;
    for (const [i, id] of ids.entries()) {
      const wanted = rowOf(i);
      const worst = Math.max(
        ...index.reconstruct(id).map((x, j) => Math.abs(x - (wanted[j] ?? 0))),
      );
      if (worst > within) expect.fail(`the vector of id ${id} is off by ${worst}`);
    }
  });

  it.each(trained)("$name takes vectors, finds them, and lets them go", (file) => {
    const index = readIndex(fixture(file.name));
    const before = index.search(queries, k);
    const added = vectors("normalised", 70, d, 5);
    // Inner products find the longest; these are.
    for (let i = 0; i < added.data.length; i++) added.data[i] = 100 * (added.data[i] as number);
    const ids = Array.from(added, (_, i) => 5_000_000 + 3 * i);
    index.addWithIds(added, ids);
    expect(index.ntotal).toBe(file.ntotal + 70);
    // The range of a scalar quantizer is too short for them to keep their directions.
    if (file.kind !== "IndexScalarQuantizer") {
      expect([...index.search(added, 1).labels]).toEqual(ids);
    }
    expect(index.removeIds(ids)).toBe(70);
    expect(index.search(queries, k)).toEqual(before);
  });

  it.each(["hnsw-ip", "hnsw-l2"])("%s grows by 4,200 vectors that a walk finds", (name) => {
    const index = readIndex(fixture(name)) as IndexHNSWFlat;
    const exact = index.metric === METRIC_L2 ? new IndexFlatL2(d) : new IndexFlatIP(d);
    const first = Matrix.from(expected.ids.map((_, i) => rowOf(i)));
    const added = vectors("normalised", 4200, d, 6);
    for (const [i, row] of [...added].entries()) {
      const near = first.row(i % first.shape[0]);
      row.set(row.map((x, j) => 3.3 * x + 0.3 * (near[j] as number)));
    }
    exact.add(first);
    exact.add(added);
    index.add(added);
    index.efSearch = 16;
    const asked = Matrix.from([...first, ...rowsOf(added, 0, 100)]);
    expect(recallOf(index.search(asked, k), exact.search(asked, k), k)).toBeGreaterThan(0.9);
  });

  it.each(readable.filter(({ kind }) => !kind.startsWith("IndexIDMap")))(
    "$name is written as the same bytes again",
    ({ name }) => {
      const path = join(temporaryFolder(), `${name}.faiss`);
      writeIndex(readIndex(fixture(name)), path);
      expect(readFileSync(path).equals(bytesOf(name))).toBe(true);
    },
  );
});
