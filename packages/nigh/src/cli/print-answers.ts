import pc from "picocolors";
import type { PassageAnswer } from "../index.js";
import { formatScore, print } from "./print.js";

const INDENT = "          ";

interface Word {
  readonly text: string;
  readonly strong: boolean;
}

/**
 * Answers with score, origin and text, best first. Of a long passage the lines around the sentence that
 * answers best are shown, with that sentence in bold.
 */
export function printAnswers(answers: readonly PassageAnswer[], maxLines = 6): void {
  for (const answer of answers) {
    print();
    print(`  ${pc.green(formatScore(answer.score))}  ${pc.bold(origin(answer.passage))}`);
    const width = Math.min(process.stdout.columns ?? 100, 120) - INDENT.length;
    for (const line of window(wrap(wordsOf(answer), width), maxLines)) {
      print(INDENT + line.map(({ text, strong }) => (strong ? pc.bold(text) : text)).join(" "));
    }
  }
}

function wordsOf({ passage, highlight }: PassageAnswer): Word[] {
  const { start, end } = highlight ?? { start: 0, end: 0 };
  return [...passage.text.matchAll(/\S+/gu)].map((match) => ({
    text: match[0],
    strong: match.index >= start && match.index < end,
  }));
}

function wrap(words: readonly Word[], width: number): Word[][] {
  const lines: Word[][] = [];
  let used = width;
  for (const word of words) {
    if (used + 1 + word.text.length > width) {
      lines.push([]);
      used = -1;
    }
    lines.at(-1)?.push(word);
    used += 1 + word.text.length;
  }
  return lines;
}

/** At most `count` lines: from one before the first strong word on, or from the start where all fits. */
function window(lines: readonly Word[][], count: number): readonly Word[][] {
  if (lines.length <= count) return lines;
  const strong = lines.findIndex((line) => line.some((word) => word.strong));
  const from = Math.max(0, Math.min(strong - 1, lines.length - count));
  const shown = lines.slice(from, from + count).map((line) => [...line]);
  const cut: Word = { text: "…", strong: false };
  if (from > 0) shown[0]?.unshift(cut);
  if (from + count < lines.length) shown.at(-1)?.push(cut);
  return shown;
}

function origin({ id, metadata }: PassageAnswer["passage"]): string {
  const { year, name, title, section } = metadata;
  if (year !== undefined && name !== undefined) return `${name}, ${year}`;
  return [title ?? id, section].filter((part) => part !== undefined && part !== "").join(" › ");
}
