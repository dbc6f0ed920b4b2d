/** The results of `encode` as tables and as a picture. */
import { type BarGroup, barChart } from "../bar-chart.js";
import { NONE, rangeText, rate } from "../figure-text.js";
import { spread } from "../statistics.js";
import type { FigureTable } from "../table.js";
import type { SpeedFigures } from "./figures.js";
import type { ProcessFigures } from "./measure.js";

/** The figures of one set, engine by engine. */
export function speedTable(figures: readonly SpeedFigures[]): FigureTable {
  return {
    head: [
      "engine",
      "threads",
      "texts/s (min–max)",
      "tokens/s",
      "× Python (min–max)",
      "CPU s per 1,000",
      "cosine",
      "lowest",
    ],
    wordColumns: 1,
    rows: figures.map((row) => [
      row.engine,
      String(row.threads),
      rangeText(row.textsPerSecond, rate),
      rate(row.tokensPerSecond),
      timesText(row),
      row.cpuSecondsPerThousand.toFixed(2),
      cosineText(row.closeness?.meanCosine, row),
      cosineText(row.closeness?.lowestCosine, row),
    ]),
  };
}

export function processTable(processes: readonly ProcessFigures[]): FigureTable {
  return {
    head: ["engine", "threads", "start to first vector, s (min–max)", "memory after, MiB"],
    wordColumns: 1,
    rows: processes.map(({ engine, threads, loadSeconds, residentMiB }) => [
      engine,
      String(threads),
      rangeText(spread(loadSeconds)),
      residentMiB?.toFixed(0) ?? NONE,
    ]),
  };
}

/** Speeds over Python's, one group of bars for each set and count of threads. */
export function speedPicture(figures: readonly SpeedFigures[]): string {
  const groups = new Map<string, BarGroup>();
  for (const { set, threads, engine, times, textsPerSecond } of figures) {
    const label = `${set.name} (${set.meanTokens.toFixed(0)} tokens), ${threads} ${threads === 1 ? "thread" : "threads"}`;
    const group = groups.get(label) ?? { label, bars: [] };
    groups.set(label, group);
    if (times === undefined) continue;
    const note = `${times.median.toFixed(2)}×, ${rate(textsPerSecond.median)} texts/s`;
    group.bars.push({ label: engine, ...times, value: times.median, note });
  }
  return barChart({
    title: "Speed of encoding: times sentence-transformers (torch, CPU)",
    description:
      "all-MiniLM-L6-v2, the same texts and threads; median and range of alternating rounds",
    groups: [...groups.values()],
  });
}

function timesText({ times, isReference }: SpeedFigures): string {
  if (times === undefined) return NONE;
  return isReference ? "1" : rangeText(times);
}

function cosineText(cosine: number | undefined, { isReference }: SpeedFigures): string {
  return cosine === undefined || isReference ? NONE : cosine.toFixed(5);
}
