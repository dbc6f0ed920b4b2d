import pc from "picocolors";
import type { PassageAnswer } from "../index.js";
import { formatScore, print, printable } from "./print.js";
import { wrap } from "./wrap.js";

const INDENT = "          ";

interface PrintOptions {
  /** Most lines of each passage. Default 6. */
  maxLines?: number;
  /** Names where an answer is from. Default: title or id, and section. */
  origin?: (passage: PassageAnswer["passage"]) => string;
}

/**
 * Answers with score, origin and text, best first. Of a long passage the lines around the sentence that
 * answers best are shown, with that sentence in bold.
 */
export function printAnswers(
  answers: readonly PassageAnswer[],
  { maxLines = 6, origin = titleAndSection }: PrintOptions = {},
): void {
  const width = Math.min(process.stdout.columns ?? 100, 120) - INDENT.length;
  for (const { passage, score, highlight } of answers) {
    print();
    print(`  ${pc.green(formatScore(score))}  ${pc.bold(printable(origin(passage)))}`);
    const lines = wrap(passage.text, highlight ?? { start: 0, end: 0 }, Math.max(width, 20));
    for (const line of window(lines, maxLines)) {
      print(INDENT + line.map(({ text, strong }) => (strong ? pc.bold(text) : text)).join(""));
    }
  }
}

type Line = ReturnType<typeof wrap>[number];

/** At most `count` lines: from one before the first strong part on, or from the start where all fits. */
function window(lines: readonly Line[], count: number): readonly Line[] {
  if (lines.length <= count) return lines;
  const strong = lines.findIndex((line) => line.some((part) => part.strong));
  const from = Math.max(0, Math.min(strong - 1, lines.length - count));
  const shown = lines.slice(from, from + count).map((line) => [...line]);
  if (from > 0) shown[0]?.unshift({ text: "… ", strong: false });
  if (from + count < lines.length) shown.at(-1)?.push({ text: " …", strong: false });
  return shown;
}

function titleAndSection({ id, metadata }: PassageAnswer["passage"]): string {
  const { title, section } = metadata;
  return [title ?? id, section].filter((part) => part !== undefined && part !== "").join(" › ");
}
