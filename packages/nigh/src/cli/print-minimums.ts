import pc from "picocolors";
import type { MinimumReached } from "./evaluation-minimum.js";
import { formatScore, print, printTable } from "./print.js";

/** Which required figures were reached. */
export function printMinimums(reached: readonly MinimumReached[]): void {
  if (reached.length === 0) return;
  print();
  printTable(
    ["", "figure", "found", "required"],
    reached.map(({ metric, value, atLeast, reached: enough }) => [
      enough ? pc.green("reached") : pc.red("BELOW"),
      metric,
      formatScore(value),
      String(atLeast),
    ]),
  );
}
