/** Rounds of several engines, in the order in which they took turns, as tables. */
import { count, fourDecimals, NONE, rangeText, rate } from "../figure-text.js";
import { millisecondsText, TIMES_HEAD, timesCell } from "../indexes/search-table.js";
import { quantile, spread } from "../statistics.js";
import type { FigureTable } from "../table.js";
import type { CollectionRound } from "./collection-round.js";
import { CASES } from "./query-cases.js";

export interface CollectionRounds {
  readonly engine: string;
  /** Such as "20,000 random". */
  readonly data: string;
  readonly rows: number;
  readonly rounds: readonly CollectionRound[];
}

export function fillTable(results: readonly CollectionRounds[]): FigureTable {
  return {
    head: [
      "records",
      "engine",
      "records/s added (min–max)",
      TIMES_HEAD,
      "longest call, s",
      "first query, ms",
      "then built for, s",
      "longest query then, ms",
    ],
    wordColumns: 2,
    rows: results.map((result) => {
      const { engine, data, rows, rounds } = result;
      return [
        data,
        engine,
        rangeText(spread(secondsOf(result).map((seconds) => rows / seconds)), rate),
        timesCell(engine, secondsOf(result), nighs(results, result, secondsOf)),
        median(rounds, ({ added }) => added.longestSeconds).toFixed(2),
        median(rounds, ({ settled }) => settled.firstMilliseconds).toFixed(1),
        median(rounds, ({ settled }) => settled.seconds).toFixed(1),
        longestText(rounds),
      ];
    }),
  };
}

export function memoryTable(results: readonly CollectionRounds[]): FigureTable {
  return {
    head: [
      "records",
      "engine",
      "folder, MB",
      "memory after filling, MiB",
      "memory after opening, MiB",
      "start to first answer, ms (min–max)",
      TIMES_HEAD,
      "of it opening and answer, ms (min–max)",
      "then built for, s",
    ],
    wordColumns: 2,
    rows: results.map((result) => {
      const { engine, data, rounds } = result;
      return [
        data,
        engine,
        (median(rounds, ({ diskBytes }) => diskBytes) / 1e6).toFixed(1),
        (median(rounds, ({ filledBytes }) => filledBytes) / 2 ** 20).toFixed(0),
        (median(rounds, ({ readerBytes }) => readerBytes) / 2 ** 20).toFixed(0),
        rangeText(spread(firstAnswers(result)), count),
        timesCell(engine, firstAnswers(result), nighs(results, result, firstAnswers)),
        rangeText(spread(rounds.map(({ openMilliseconds }) => openMilliseconds)), count),
        median(rounds, ({ settledAgainSeconds }) => settledAgainSeconds).toFixed(1),
      ];
    }),
  };
}

export function queryTable(results: readonly CollectionRounds[]): FigureTable {
  return {
    head: [
      "filter",
      "records change",
      "records",
      "engine",
      "p50, ms (min–max)",
      TIMES_HEAD,
      "p95, ms (min–max)",
      TIMES_HEAD,
      "recall@10",
      "an upsert, ms",
    ],
    wordColumns: 4,
    rows: [...CASES.entries()].flatMap(([number, { filter, writes }]) =>
      results.map((result) => {
        const { engine, data, rounds } = result;
        const half = (of: CollectionRounds) => quantilesOf(of, number, 0.5);
        const most = (of: CollectionRounds) => quantilesOf(of, number, 0.95);
        const upserts = rounds.flatMap(({ cases }) => cases[number]?.upsertMilliseconds ?? []);
        return [
          filter.name,
          writes ? "yes" : "no",
          data,
          engine,
          rangeText(spread(half(result)), millisecondsText),
          timesCell(engine, half(result), nighs(results, result, half)),
          rangeText(spread(most(result)), millisecondsText),
          timesCell(engine, most(result), nighs(results, result, most)),
          fourDecimals(median(rounds, ({ cases }) => cases[number]?.recall ?? 0)),
          upserts.length === 0 ? NONE : millisecondsText(quantile(upserts, 0.5)),
        ];
      }),
    ),
  };
}

/** How cost grows: for each engine what the larger collection takes as a multiple of the smaller. */
export function growthTable(
  small: readonly CollectionRounds[],
  large: readonly CollectionRounds[],
): FigureTable {
  return {
    head: [
      "engine",
      "adding a record",
      ...CASES.map(({ filter, writes }) => caseText(filter.name, writes)),
    ],
    wordColumns: 1,
    rows: large.map((grown) => {
      const start = small.find(({ engine }) => engine === grown.engine);
      const times = (of: (result: CollectionRounds) => readonly number[]) =>
        start === undefined
          ? NONE
          : `${(spread(of(grown)).median / spread(of(start)).median).toFixed(2)}×`;
      return [
        grown.engine,
        times((result) => secondsOf(result).map((seconds) => seconds / result.rows)),
        ...CASES.map((_, number) => times((result) => quantilesOf(result, number, 0.5))),
      ];
    }),
  };
}

function caseText(filter: string, writes: boolean): string {
  return writes ? `${filter}, changing` : filter;
}

function secondsOf({ rounds }: CollectionRounds): number[] {
  return rounds.map(({ added }) => added.seconds);
}

function firstAnswers({ rounds }: CollectionRounds): number[] {
  return rounds.map(({ firstAnswerMilliseconds }) => firstAnswerMilliseconds);
}

function quantilesOf({ rounds }: CollectionRounds, number: number, q: number): number[] {
  return rounds.map(({ cases }) => quantile(cases[number]?.milliseconds ?? [], q));
}

function longestText(rounds: readonly CollectionRound[]): string {
  const longest = rounds.flatMap(({ settled }) => settled.longestMilliseconds ?? []);
  return longest.length === 0 ? NONE : Math.max(...longest).toFixed(1);
}

function median(
  rounds: readonly CollectionRound[],
  figure: (round: CollectionRound) => number,
): number {
  return spread(rounds.map(figure)).median;
}

/** nigh's times of the same data. */
function nighs(
  results: readonly CollectionRounds[],
  { data }: CollectionRounds,
  times: (result: CollectionRounds) => number[],
): number[] | undefined {
  const own = results.find((other) => other.data === data && other.engine === "nigh");
  return own && times(own);
}
