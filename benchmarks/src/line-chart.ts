/** Lines over a logarithmic scale as SVG text, named beside their ends, with colours for light and for dark screens. */
import { scaleLinear, scaleLog } from "d3-scale";
import { picture, text } from "./svg.js";

export interface LineChart {
  readonly title: string;
  readonly description: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly lines: readonly Line[];
}

export interface Line {
  /** Written beside the line's end, in its colour. */
  readonly label: string;
  readonly colour: 0 | 1 | 2 | 3;
  readonly dashed: boolean;
  readonly points: readonly Point[];
}

export interface Point {
  readonly x: number;
  /** Above zero. */
  readonly y: number;
}

const WIDTH = 780;
const HEIGHT = 480;
const LEFT = 80;
const RIGHT = 130;
const TOP = 92;
const BOTTOM = HEIGHT - 56;
/** Labels are no nearer to each other. */
const LABEL_HEIGHT = 16;

const STYLE = `
  .line { fill: none; stroke-width: 2 } .dashed { stroke-dasharray: 5 4 }
  .line0 { stroke: #59636e } .line1 { stroke: #0969da } .line2 { stroke: #9a6700 } .line3 { stroke: #1a7f37 }
  .dot0 { fill: #59636e } .dot1 { fill: #0969da } .dot2 { fill: #9a6700 } .dot3 { fill: #1a7f37 }
  @media (prefers-color-scheme: dark) {
    .line0 { stroke: #9198a1 } .line1 { stroke: #4493f8 } .line2 { stroke: #d29922 } .line3 { stroke: #3fb950 }
    .dot0 { fill: #9198a1 } .dot1 { fill: #4493f8 } .dot2 { fill: #d29922 } .dot3 { fill: #3fb950 }
  }`;

type Scale = (value: number) => number;

export function lineChart({ title, description, xLabel, yLabel, lines }: LineChart): string {
  const points = lines.flatMap((line) => line.points);
  const x = scaleLinear(rangeOf(points.map((point) => point.x)), [LEFT, WIDTH - RIGHT]).nice(6);
  const y = scaleLog(rangeOf(points.map((point) => point.y)), [BOTTOM, TOP]).nice();
  const parts = [
    ...x
      .ticks(6)
      .flatMap((tick) => [
        `<path class="grid" d="M${place(x(tick))} ${TOP}V${BOTTOM}"/>`,
        text(place(x(tick)), BOTTOM + 18, "quiet", x.tickFormat(6)(tick), "middle"),
      ]),
    ...decadesAndParts(y.domain()).flatMap((tick) => [
      `<path class="grid" d="M${LEFT} ${place(y(tick))}H${WIDTH - RIGHT}"/>`,
      text(LEFT - 8, place(y(tick)) + 4, "quiet", tick.toLocaleString("en"), "end"),
    ]),
    text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 16, "quiet", xLabel, "middle"),
    text(20, TOP - 14, "quiet", yLabel),
    ...lines.map((line) => drawLine(line, x, y)),
    ...drawLabels(lines, y),
  ];
  return picture({ title, description, width: WIDTH, height: HEIGHT, style: STYLE, parts });
}

function drawLine({ colour, dashed, points }: Line, x: Scale, y: Scale): string {
  const places = points.map((point) => `${place(x(point.x))} ${place(y(point.y))}`);
  const dots = places.map((at) => {
    const [cx, cy] = at.split(" ");
    return `<circle class="dot${colour}" cx="${cx}" cy="${cy}" r="3"/>`;
  });
  const line = `<path class="line line${colour}${dashed ? " dashed" : ""}" d="M${places.join("L")}"/>`;
  return [line, ...dots].join("\n");
}

/** In the margin, each as high as its line ends, moved down where it would cover another. */
function drawLabels(lines: readonly Line[], y: Scale): string[] {
  const ends = lines.flatMap(({ label, colour, points }) => {
    const last = points.at(-1);
    return last === undefined ? [] : [{ label, colour, top: y(last.y) + 4 }];
  });
  let lowest = -Infinity;
  return ends
    .toSorted((a, b) => a.top - b.top)
    .map(({ label, colour, top }) => {
      lowest = Math.max(top, lowest + LABEL_HEIGHT);
      return text(WIDTH - RIGHT + 9, place(lowest), `dot${colour}`, label);
    });
}

/** 1, 2 and 5 times the powers of ten within a range. */
function decadesAndParts([low = 1, high = 1]: readonly number[]): number[] {
  const ticks: number[] = [];
  for (let decade = 10 ** Math.floor(Math.log10(low)); decade <= high; decade *= 10)
    ticks.push(...[decade, 2 * decade, 5 * decade].filter((tick) => tick >= low && tick <= high));
  return ticks;
}

function rangeOf(values: readonly number[]): [number, number] {
  return [Math.min(...values), Math.max(...values)];
}

function place(value: number): number {
  return Math.round(value * 10) / 10;
}
