import type { IndexBench, SubjectResults } from "./bench.js";
import { type Ladder, measureLadder } from "./ladder.js";

const HNSW: Ladder = {
  index: "HNSW",
  description: "IndexHNSWFlat, M 16, efConstruction 128",
  spec: { kind: "hnsw", metric: "ip", m: 16, efConstruction: 128 },
  setting: "efSearch",
  steps: [16, 24, 32, 48, 64, 96, 128, 192, 256],
  recalls: [0.95, 0.985],
};

export function measureHnsw(bench: IndexBench): Promise<SubjectResults> {
  return measureLadder(HNSW, bench);
}
