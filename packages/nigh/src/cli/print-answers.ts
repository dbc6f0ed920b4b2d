import pc from "picocolors";
import type { Metadata, SearchRow, Span, Why } from "../index.js";
import { formatScore, print, printable } from "./print.js";
import { wrap } from "./wrap.js";

const INDENT = "          ";

/** A record that was found, as it is shown. */
export interface Answer {
  readonly id: string;
  readonly text: string;
  readonly metadata: Metadata;
  /** The reranker's, else what a threshold is compared with: the similarity, in mode "keyword" BM25. */
  readonly score: number;
  /** What answers: the best sentence, or the words that were looked for. */
  readonly spans: readonly Span[];
  readonly why: Why | undefined;
  /** Of threshold "calibrated". */
  readonly probability: number | undefined;
}

interface PrintOptions {
  /** Most lines of each passage. Default 6. */
  readonly maxLines?: number;
  /** Says why each was found. Default false. */
  readonly explain?: boolean;
  /** Names where an answer is from. Default: title or id, and section. */
  readonly origin?: (answer: Answer) => string;
}

/** @param row found with `explain`, else its own score is shown. */
export function answerOf({
  id,
  document,
  metadata,
  score,
  highlight,
  why,
  probability,
}: SearchRow): Answer {
  return {
    id,
    text: document ?? "",
    metadata: metadata ?? {},
    score: why?.rerank?.score ?? why?.semantic?.score ?? score,
    spans: highlight ? [highlight] : (why?.keyword?.words ?? []),
    why,
    probability,
  };
}

/**
 * Answers with score, origin and text, best first. Of a long passage the lines around what answers are shown, with that in bold.
 */
export function printAnswers(
  answers: readonly Answer[],
  { maxLines = 6, explain = false, origin = titleAndSection }: PrintOptions = {},
): void {
  const width = Math.min(process.stdout.columns ?? 100, 120) - INDENT.length;
  for (const answer of answers) {
    print();
    const probable = answer.probability === undefined ? "" : `  ${percent(answer.probability)}`;
    print(
      `  ${pc.green(formatScore(answer.score))}${probable}  ${pc.bold(printable(origin(answer)))}`,
    );
    if (explain && answer.why) print(INDENT + pc.dim(printable(reasons(answer.why))));
    const lines = wrap(answer.text, answer.spans, Math.max(width, 20));
    for (const line of window(lines, maxLines)) {
      print(INDENT + line.map(({ text, strong }) => (strong ? pc.bold(text) : text)).join(""));
    }
  }
}

/** e.g. "83% probable". */
function percent(probability: number): string {
  return pc.dim(`${Math.round(100 * probability)}% probable`);
}

/** e.g. "meaning 0.5213, rank 1; words 7.31, rank 2: kitten, sleeps; both 0.0325; reranked 8.1203, rank 1 by ms-marco-MiniLM-L6-v2". */
function reasons({ semantic, keyword, fusion, rerank }: Why): string {
  const parts: string[] = [];
  const rank = (n: number | undefined) => (n === undefined ? "" : `, rank ${n}`);
  if (semantic) parts.push(`meaning ${formatScore(semantic.score)}${rank(semantic.rank)}`);
  if (keyword) {
    const words = [...new Set(keyword.words.map(({ text }) => text.toLowerCase()))];
    parts.push(`words ${keyword.score.toFixed(2)}${rank(keyword.rank)}: ${words.join(", ")}`);
  } else if (fusion) parts.push("no word of the question");
  if (fusion) parts.push(`both ${formatScore(fusion.score)}`);
  if (rerank) {
    const by = rerank.model === undefined ? "" : ` by ${rerank.model}`;
    const cut = rerank.truncated ? ", not read to its end" : "";
    parts.push(`reranked ${formatScore(rerank.score)}${rank(rerank.rank)}${by}${cut}`);
  }
  return parts.join("; ");
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

function titleAndSection({ id, metadata }: Answer): string {
  const { title, section } = metadata;
  return [title ?? id, section].filter((part) => part !== undefined && part !== "").join(" › ");
}
