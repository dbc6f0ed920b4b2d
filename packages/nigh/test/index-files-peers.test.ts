import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  IndexHNSWFlat,
  IndexIDMap,
  IndexIVFFlat,
  METRIC_L2,
  type VectorIndex,
  writeIndex,
} from "nigh";
import { describe, expect, it } from "vitest";
import { run } from "./encoder/run-program.js";
import { DATA, FACTORIES } from "./indexes/factories.js";
import { HISTORIES, ODD_IDS } from "./indexes/histories.js";
import { vectors } from "./indexes/vectors.js";
import { temporaryFolder } from "./shared/temporary-folder.js";

const PEERS = join(import.meta.dirname, "../../../benchmarks/peers");
const python =
  process.env["NIGH_PEERS_PYTHON"] ??
  join(PEERS, process.platform === "win32" ? "venv/Scripts/python.exe" : "venv/bin/python");
const installed = existsSync(python);
const D = 20;
const K = 4;
const queries = vectors(DATA, 9, D, 3);

/** What nigh says of an index, as benchmarks/peers/check-index-files.py expects it of FAISS. */
function expectedOf(index: VectorIndex) {
  const found = index.isTrained ? index.search(queries, K) : { labels: [], distances: [] };
  const ownIds = index.ids().every((id, i) => id === i);
  const inner = index instanceof IndexIDMap ? index.index : index;
  const bare = inner instanceof IndexIVFFlat || (ownIds && inner === index);
  return {
    kind: bare ? inner.constructor.name : "IndexIDMap2",
    ntotal: index.ntotal,
    isTrained: index.isTrained,
    labels: [...found.labels],
    distances: Array.from(found.distances, (x, i) => (found.labels[i] === -1 ? null : x)),
  };
}

/** All kinds with all histories, as far as FAISS has the same results. */
function* indexes(): Generator<VectorIndex> {
  for (const factory of FACTORIES) {
    for (const { fill } of HISTORIES) {
      const index = fill(factory.make(D));
      const inner = index instanceof IndexIDMap ? index.index : index;
      // FAISS walks where nigh, with so few vectors, compares all: let it look at all as well.
      if (inner instanceof IndexHNSWFlat) inner.efSearch = 1000;
      yield index;
    }
    yield factory.create(D);
  }
  const index = new IndexIVFFlat(new IndexHNSWFlat(D, 8), D, 8, METRIC_L2);
  index.train(vectors(DATA, 400, D, 1));
  index.addWithIds(vectors(DATA, 300, D, 2), ODD_IDS);
  index.nprobe = 8;
  yield index;
}

describe("FAISS", () => {
  it.skipIf(!installed && !process.env["CI"])(
    `reads every index that nigh wrote, finds the same in it and writes the same bytes${installed ? "" : ` (skipped: there is no ${python}; benchmarks/peers/setup.sh installs it)`}`,
    async () => {
      const folder = temporaryFolder();
      const files: Record<string, unknown> = {};
      let count = 0;
      for (const index of indexes()) {
        const name = `${count++}-${index.constructor.name}`;
        writeIndex(index, join(folder, `${name}.faiss`));
        files[name] = expectedOf(index);
      }
      const expected = { d: D, queries: [...queries.data], files };
      writeFileSync(join(folder, "expected.json"), JSON.stringify(expected));
      const ended = await run(join(PEERS, "check-index-files.py"), {
        command: [python],
        args: [folder],
      });
      const differing = ended.stdout.split("\n").filter((line) => !line.endsWith(": the same"));
      expect(ended.stderr).toBe("");
      expect(differing.filter(Boolean)).toEqual([
        `${count} of ${count} files are as FAISS has them`,
      ]);
      expect(ended.code).toBe(0);
    },
  );
});
