import pc from "picocolors";
import type { PassageAnswer } from "../index.js";
import { formatScore, print, wrap } from "./print.js";

const INDENT = "          ";

/** Answers with score, origin and text, best first. */
export function printAnswers(answers: readonly PassageAnswer[], maxLines = 6): void {
  for (const { passage, score } of answers) {
    const width = Math.min(process.stdout.columns ?? 100, 120) - INDENT.length;
    const lines = wrap(passage.text, width);
    const shown =
      lines.length > maxLines
        ? [...lines.slice(0, maxLines - 1), `${lines[maxLines - 1]} …`]
        : lines;
    print();
    print(`  ${pc.green(formatScore(score))}  ${pc.bold(origin(passage))}`);
    for (const line of shown) print(`${INDENT}${line}`);
  }
}

function origin({ id, metadata }: PassageAnswer["passage"]): string {
  const { year, name, title, section } = metadata;
  if (year !== undefined && name !== undefined) return `${name}, ${year}`;
  return [title ?? id, section].filter((part) => part !== undefined && part !== "").join(" › ");
}
