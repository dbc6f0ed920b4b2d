import { fourDecimals, NONE, rangeText, rate, threeDecimals } from "../figure-text.js";
import { spread } from "../statistics.js";
import type { FigureTable } from "../table.js";
import { type Curve, millisecondsAtRecall } from "./curve.js";
import { nighEngine } from "./engines.js";
import { millisecondsText, modeText, TIMES_HEAD, timesCell } from "./search-table.js";

/** Every step of every engine. */
export function ladderTable(
  curves: readonly Curve[],
  setting: string,
  queries: number,
): FigureTable {
  return {
    head: ["queries", "engine", setting, "recall@10", "ms a query (min–max)", "queries/s"],
    wordColumns: 2,
    rows: curves.flatMap(({ engine, mode, points }) =>
      points.map((point) => [
        modeText(mode, queries),
        engine,
        String(point.setting),
        fourDecimals(point.recall),
        rangeText(spread(point.milliseconds), millisecondsText),
        rate(1000 / spread(point.milliseconds).median),
      ]),
    ),
  };
}

/** What the engines do at the same recall. */
export function equalRecallTable(
  curves: readonly Curve[],
  recalls: readonly number[],
  queries: number,
): FigureTable {
  const rows = recalls.flatMap((recall) =>
    curves.map((curve) => {
      const nighs = curves.find(
        ({ engine, mode }) => engine === nighEngine.name && mode === curve.mode,
      );
      const milliseconds = millisecondsAtRecall(curve, recall);
      return [
        threeDecimals(recall),
        modeText(curve.mode, queries),
        curve.engine,
        ...(milliseconds === undefined
          ? [NONE, NONE]
          : [
              rangeText(spread(milliseconds), millisecondsText),
              rangeText(spread(milliseconds.map((each) => 1000 / each)), rate),
            ]),
        milliseconds === undefined
          ? NONE
          : timesCell(curve.engine, milliseconds, nighs && millisecondsAtRecall(nighs, recall)),
      ];
    }),
  );
  return {
    head: [
      "recall@10",
      "queries",
      "engine",
      "ms a query (min–max)",
      "queries/s (min–max)",
      TIMES_HEAD,
    ],
    wordColumns: 3,
    rows,
  };
}
