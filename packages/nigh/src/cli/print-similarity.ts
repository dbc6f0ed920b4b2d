import pc from "picocolors";
import type { Matrix } from "../index.js";
import { printTable, shorten } from "./print.js";

/** A square table of similarities: what is alike stands out. */
export function printSimilarity(texts: readonly string[], scores: Matrix): void {
  printTable(
    ["", "text", ...texts.map((_, i) => `   (${i + 1})`)],
    texts.map((text, i) => [`(${i + 1})`, shorten(text, 44), ...[...scores.row(i)].map(paint)]),
  );
}

function paint(score: number): string {
  const shown = score.toFixed(3).padStart(6);
  if (score >= 0.5) return pc.green(shown);
  return score >= 0.25 ? pc.yellow(shown) : pc.dim(shown);
}
