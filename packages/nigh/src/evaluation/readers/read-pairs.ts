import type { LabelledPair } from "../../search/calibration/labelled-pairs.js";
import { describe } from "../../shared/describe.js";
import { badFile } from "./bad-file.js";
import { type TableRow, tableRows } from "./table-rows.js";

/** Pairs of sentences with people's judgments of likeness, as `EmbeddingSimilarityEvaluator` takes them. */
export interface StsPairs {
  readonly sentences1: readonly string[];
  readonly sentences2: readonly string[];
  readonly scores: readonly number[];
}

/** Names under which files have the two texts of a pair. */
const NAMES = [
  ["sentence1", "text1", "query"],
  ["sentence2", "text2", "document"],
] as const;

/**
 * Reads pairs with a score from CSV, .tsv or .jsonl: columns "sentence1" (or "text1", "query"), "sentence2" ("text2", "document") and
 * "score", any number.
 *
 * @throws NighError `ERR_FILE` naming file and line.
 */
export async function readStsPairs(path: string): Promise<StsPairs> {
  const rows = await rowsOf(path, "score");
  return {
    sentences1: rows.map(({ texts }) => texts[0]),
    sentences2: rows.map(({ texts }) => texts[1]),
    scores: rows.map(({ value, line }) => {
      const score = numberOf(value);
      if (Number.isFinite(score)) return score;
      throw badFile(path, line, `"score" must be a number, found ${describe(value)}`);
    }),
  };
}

/**
 * Reads labelled pairs from CSV, .tsv or .jsonl: columns "sentence1" (or "text1", "query"), "sentence2" ("text2", "document") and
 * "label", 1 where they belong together, else 0.
 *
 * @throws NighError `ERR_FILE` naming file and line, as for a label that is neither 0 nor 1.
 */
export async function readLabelledPairs(path: string): Promise<LabelledPair[]> {
  const rows = await rowsOf(path, "label");
  return rows.map(({ texts: [sentence1, sentence2], value, line }) => {
    const label = numberOf(value);
    if (label === 0 || label === 1) return { sentence1, sentence2, label };
    throw badFile(
      path,
      line,
      `"label" must be 1 (they belong together) or 0, found ${describe(value)}`,
    );
  });
}

interface PairRow {
  readonly line: number;
  readonly texts: readonly [string, string];
  readonly value: unknown;
}

async function rowsOf(path: string, column: "score" | "label"): Promise<PairRow[]> {
  const rows = await tableRows(path);
  if (rows.length === 0) throw badFile(path, undefined, "the file has no pairs");
  return rows.map((row) => ({
    line: row.line,
    texts: [textOf(path, row, NAMES[0]), textOf(path, row, NAMES[1])],
    value: need(path, row, [column]),
  }));
}

function textOf(path: string, row: TableRow, names: readonly string[]): string {
  const text = need(path, row, names);
  if (typeof text === "string" && text.trim() !== "") return text;
  throw badFile(path, row.line, `"${names[0]}" must be a text, found ${describe(text)}`);
}

function need(path: string, { line, fields }: TableRow, names: readonly string[]): unknown {
  const name = names.find((candidate) => Object.hasOwn(fields, candidate));
  if (name !== undefined) return fields[name];
  const columns = Object.keys(fields).map((column) => `"${column}"`);
  throw badFile(
    path,
    line,
    `there is no column ${names.map((n) => `"${n}"`).join(" or ")}; found ${columns.join(", ")}`,
  );
}

/** JSON has numbers, CSV their digits; neither an empty text nor a boolean is one. */
function numberOf(value: unknown): number {
  if (typeof value === "number") return value;
  return typeof value === "string" && value.trim() !== "" ? Number(value) : Number.NaN;
}
