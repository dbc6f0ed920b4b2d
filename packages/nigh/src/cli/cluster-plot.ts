import type { ClusterDescription, Matrix } from "../index.js";
import { shorten } from "./print.js";

const SIZE = 640;
const MARGIN = 24;
const TOP = 64;
const LEGEND = 300;
/** Clusters with a colour and a name of their own; those after them are grey. */
const COLOURS = [
  ...["#4e79a7", "#f28e2b", "#59a14f", "#e15759", "#b07aa1", "#edc948"],
  ...["#76b7b2", "#ff9da7", "#9c755f", "#2f4b7c", "#a05195", "#8cd17d"],
];

export interface ClusterPlot {
  readonly title: string;
  /** [rows x 2]. */
  readonly coordinates: Matrix;
  /** Share of the variance that the two directions hold, 0 to 1. */
  readonly variance: number;
  readonly labels: Int32Array;
  readonly clusters: readonly ClusterDescription[];
  /** Of each row, shown when the pointer is over its dot. */
  readonly texts: (row: number) => string;
}

/** Dots coloured by cluster, the words of the largest clusters beside them, as SVG for light and dark screens. */
export function clusterPlot(plot: ClusterPlot): string {
  const { title, coordinates, variance, labels, clusters } = plot;
  const [x, y] = [scale(coordinates, 0), scale(coordinates, 1)];
  const dots = Array.from(labels, (label, row) => {
    const [left, top] = coordinates.row(row) as unknown as [number, number];
    const style = label >= 0 && label < COLOURS.length ? `c${label}` : "rest";
    const text = escapeXml(shorten(plot.texts(row), 120));
    return `<circle class="${style}" cx="${place(MARGIN + x(left))}" cy="${place(TOP + SIZE - y(top))}" r="3"><title>${text}</title></circle>`;
  });
  const names = clusters.slice(0, COLOURS.length).map(({ label, size, words }, i) => {
    const top = TOP + 10 + 44 * i;
    const left = MARGIN + SIZE + 28;
    const named = shorten(words.map(({ word }) => word).join(", "), 40);
    return `<circle class="c${label}" cx="${left}" cy="${top}" r="6"/><text x="${left + 14}" y="${top + 4}">${label}: ${size} texts</text><text class="quiet" x="${left + 14}" y="${top + 21}">${escapeXml(named)}</text>`;
  });
  const about = `Principal components of the vectors; these two directions hold ${(100 * variance).toFixed(0)}% of the variance.`;
  const [width, height] = [2 * MARGIN + SIZE + LEGEND, TOP + SIZE + MARGIN];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" role="img">
<title>${escapeXml(`${title}. ${about}`)}</title>
<style>
  .card { fill: #ffffff } text { fill: #1f2328; font: 13px system-ui, "Segoe UI", Helvetica, Arial, sans-serif }
  .title { font-size: 16px; font-weight: 600 } .quiet { fill: #59636e; font-size: 12px } .rest { fill: #9198a1 }
  circle { fill-opacity: 0.75 } ${COLOURS.map((colour, i) => `.c${i} { fill: ${colour} }`).join(" ")}
  @media (prefers-color-scheme: dark) { .card { fill: #0d1117 } text { fill: #f0f6fc } .quiet { fill: #9198a1 } }
</style>
<rect class="card" width="${width}" height="${height}"/>
<text class="title" x="${MARGIN}" y="28">${escapeXml(title)}</text>
<text class="quiet" x="${MARGIN}" y="48">${about}</text>
${[...dots, ...names].join("\n")}
</svg>
`;
}

/** From the range of a column to 0 to SIZE. */
function scale(coordinates: Matrix, column: number): (value: number) => number {
  let [low, high] = [Infinity, -Infinity];
  for (const row of coordinates) {
    low = Math.min(low, row[column] as number);
    high = Math.max(high, row[column] as number);
  }
  return (value) => (high > low ? ((value - low) / (high - low)) * SIZE : SIZE / 2);
}

function place(value: number): number {
  return Math.round(value * 10) / 10;
}

function escapeXml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
