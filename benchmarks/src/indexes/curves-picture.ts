import { type Line, lineChart } from "../line-chart.js";
import { spread } from "../statistics.js";
import type { Curve } from "./curve.js";
import { nighEngine } from "./engines.js";

/** Recalls below tell nothing to someone who wants to find things. */
const LEAST_RECALL = 0.7;

/** Recall against queries a second, one query at a time. */
export function curvesPicture(curves: readonly Curve[]): string {
  return lineChart({
    title: "Recall against speed: nigh and FAISS, one thread",
    description:
      "50,000 MiniLM vectors of sentences, one query at a time, 10 neighbours; median of alternating rounds",
    xLabel: "recall@10",
    yLabel: "queries a second (logarithmic)",
    lines: curves.filter(({ mode }) => mode === "single").map(lineOf),
  });
}

function lineOf({ engine, index, points }: Curve): Line {
  const isNigh = engine === nighEngine.name;
  return {
    label: `${engine} ${index}`,
    colour: isNigh ? 1 : 2,
    dashed: index === "IVF",
    points: points
      .filter(({ recall }) => recall >= LEAST_RECALL)
      .map(({ recall, milliseconds }) => ({ x: recall, y: 1000 / spread(milliseconds).median })),
  };
}
