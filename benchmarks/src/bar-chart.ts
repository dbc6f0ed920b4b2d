/** A bar chart as SVG text, with colours of its own for light and for dark screens. */
import { scaleBand, scaleLinear } from "d3-scale";
import { picture, text } from "./svg.js";

export interface Bar {
  readonly label: string;
  readonly value: number;
  /** Range of the rounds, drawn as a thin line. */
  readonly min: number;
  readonly max: number;
  /** Written at the end of the bar. */
  readonly note: string;
}

export interface BarGroup {
  readonly label: string;
  readonly bars: Bar[];
}

export interface BarChart {
  readonly title: string;
  readonly description: string;
  readonly groups: readonly BarGroup[];
}

const WIDTH = 780;
const LEFT = 200;
const RIGHT = 170;
const TOP = 72;
const BAR_HEIGHT = 22;
const GROUP_HEADING = 30;

const STYLE = `
  .range { stroke: #1f2328; stroke-width: 1.5 }
  .bar0 { fill: #818b98 } .bar1 { fill: #54aeff } .bar2 { fill: #0969da } .bar3 { fill: #d4a72c } .bar4 { fill: #9a6700 }
  @media (prefers-color-scheme: dark) {
    .range { stroke: #f0f6fc }
    .bar0 { fill: #656c76 } .bar1 { fill: #79c0ff } .bar2 { fill: #1f6feb } .bar3 { fill: #d29922 } .bar4 { fill: #9e6a03 }
  }`;

export function barChart({ title, description, groups }: BarChart): string {
  const highest = Math.max(...groups.flatMap(({ bars }) => bars.map(({ max }) => max)));
  const x = scaleLinear([0, highest], [LEFT, WIDTH - RIGHT]).nice(5);
  const heights = groups.map(({ bars }) => GROUP_HEADING + bars.length * BAR_HEIGHT);
  const bottom = TOP + heights.reduce((sum, height) => sum + height, 0) + 10;

  const parts: string[] = [];
  for (const tick of x.ticks(5)) {
    parts.push(`<path class="grid" d="M${x(tick)} ${TOP - 8}V${bottom}"/>`);
    parts.push(text(x(tick), bottom + 18, "quiet", String(tick), "middle"));
  }
  let y = TOP;
  for (const [i, group] of groups.entries()) {
    parts.push(...drawGroup(group, y, x));
    y += heights[i] as number;
  }
  return picture({ title, description, width: WIDTH, height: bottom + 36, style: STYLE, parts });
}

function drawGroup(group: BarGroup, top: number, x: (value: number) => number): string[] {
  const start = top + GROUP_HEADING;
  const rows = scaleBand(group.bars.keys(), [
    start,
    start + group.bars.length * BAR_HEIGHT,
  ]).padding(0.2);
  const parts = [text(20, top + 20, "heading", group.label)];
  for (const [i, { label, value, min, max, note }] of group.bars.entries()) {
    const y = rows(i) ?? start;
    const middle = y + rows.bandwidth() / 2;
    parts.push(
      text(LEFT - 10, middle + 4, "", label, "end"),
      `<rect class="bar${i}" x="${x(0)}" y="${y}" width="${x(value) - x(0)}" height="${rows.bandwidth()}"/>`,
      text(x(max) + 8, middle + 4, "", note),
    );
    if (max > min) parts.push(`<path class="range" d="M${x(min)} ${middle}H${x(max)}"/>`);
  }
  return parts;
}
