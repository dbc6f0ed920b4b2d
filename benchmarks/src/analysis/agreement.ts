/** How much two results have in common, in words. */
import { readFileSync } from "node:fs";
import { type Analysis, resultFile } from "./protocol.js";

type Lists = readonly (readonly number[])[];

export function agreementOf(analysis: Analysis, ours: string, theirs: string): string {
  const [a, b] = [ours, theirs].map((file) =>
    resultFile.parse(JSON.parse(readFileSync(file, "utf8"))),
  ) as [Lists | number[], Lists | number[]];
  if (analysis === "communities") return communitiesText(a as Lists, b as Lists);
  if (analysis === "pairs") return pairsText(a as Lists, b as Lists);
  const [left, right] = [a as number[], b as number[]];
  if (analysis === "outliers") {
    const most = left.reduce((top, x, i) => Math.max(top, Math.abs(x - (right[i] as number))), 0);
    return `factors differ by ${most.toExponential(0)} at most`;
  }
  return partitionsText(left, right);
}

/** Within a community the order of rows whose similarity a rounding tells apart is not compared. */
function communitiesText(a: Lists, b: Lists): string {
  const keys = (lists: Lists) => lists.map((rows) => rows.toSorted((x, y) => x - y).join(" "));
  const [left, right] = [keys(a), keys(b)];
  const same = left.filter((key, i) => key === right[i]).length;
  return `${same} of ${Math.max(a.length, b.length)} communities the same, in the same place`;
}

function pairsText(a: Lists, b: Lists): string {
  const scores = new Map(a.map(([score, i, j]) => [`${i} ${j}`, score as number]));
  const common = b.filter(([, i, j]) => scores.has(`${i} ${j}`));
  const most = common.reduce(
    (top, [score, i, j]) =>
      Math.max(top, Math.abs((scores.get(`${i} ${j}`) as number) - (score as number))),
    0,
  );
  return `${common.length.toLocaleString("en")} of ${Math.max(a.length, b.length).toLocaleString("en")} pairs the same, scores within ${most.toExponential(0)}`;
}

/** The adjusted Rand index (Hubert and Arabie 1985): 1 where both have the same clusters. */
function partitionsText(a: readonly number[], b: readonly number[]): string {
  const pairs = (keys: Iterable<unknown>): number => {
    const counts = new Map<unknown, number>();
    for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
    return [...counts.values()].reduce((sum, n) => sum + (n * (n - 1)) / 2, 0);
  };
  const [left, right] = [pairs(a), pairs(b)];
  const both = pairs(a.map((label, i) => `${label} ${b[i]}`));
  const chance = (left * right) / ((a.length * (a.length - 1)) / 2);
  const index = (both - chance) / ((left + right) / 2 - chance);
  return `adjusted Rand index ${index.toFixed(4)}`;
}
