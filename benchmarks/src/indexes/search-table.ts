/** Searches as tables: recall beside every time. */
import { fourDecimals, NONE, rangeText, threeDecimals } from "../figure-text.js";
import { spread, timesFaster } from "../statistics.js";
import type { FigureTable } from "../table.js";
import { nighEngine } from "./engines.js";
import type { SearchCase, SearchRounds } from "./timed-search.js";

/** The column that {@link timesCell} fills. */
export const TIMES_HEAD = "nigh is × faster (min–max)";

export interface SearchGroup {
  /** The first cells of the group's rows, in the columns of `head`. */
  readonly labels: readonly string[];
  readonly results: readonly SearchRounds[];
}

/** @param head of the labels. */
export function searchTable(head: readonly string[], groups: readonly SearchGroup[]): FigureTable {
  return {
    head: [...head, "engine", "ms a query (min–max)", "recall@10", TIMES_HEAD],
    wordColumns: head.length + 1,
    rows: groups.flatMap(({ labels, results }) =>
      results.map(({ engine, milliseconds, recall }) => [
        ...labels,
        engine,
        rangeText(spread(milliseconds), millisecondsText),
        fourDecimals(recall),
        timesCell(engine, milliseconds, nighsOf(results)),
      ]),
    ),
  };
}

/** How many times faster nigh was than another engine, in the rounds right beside it. */
export function timesCell(
  engine: string,
  times: readonly number[],
  nighs: readonly number[] | undefined,
): string {
  const ratio = engine === nighEngine.name || !nighs ? undefined : timesFaster(nighs, times);
  return ratio === undefined ? NONE : rangeText(ratio);
}

export function modeText(mode: SearchCase["mode"], queries: number): string {
  return mode === "single" ? "one by one" : `${queries} in one call`;
}

export function millisecondsText(milliseconds: number): string {
  return milliseconds < 1 ? threeDecimals(milliseconds) : milliseconds.toFixed(2);
}

function nighsOf(results: readonly SearchRounds[]): readonly number[] | undefined {
  return results.find(({ engine }) => engine === nighEngine.name)?.milliseconds;
}
