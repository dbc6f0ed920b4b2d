import type { IndexBench, SubjectResults } from "./bench.js";
import { type Ladder, measureLadder } from "./ladder.js";

const IVF: Ladder = {
  index: "IVF",
  description: "IndexIVFFlat, 224 lists",
  spec: { kind: "ivf", metric: "ip", nlist: 224 },
  setting: "nprobe",
  steps: [1, 2, 4, 8, 16, 32, 64],
  recalls: [0.85, 0.9, 0.95, 0.98],
};

export function measureIvf(bench: IndexBench): Promise<SubjectResults> {
  return measureLadder(IVF, bench);
}
