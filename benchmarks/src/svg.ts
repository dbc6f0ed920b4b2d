/** What the charts share: SVG text on a card, with colours of its own for light and for dark screens. */

export interface Picture {
  readonly title: string;
  readonly description: string;
  readonly width: number;
  readonly height: number;
  /** CSS of the chart's own parts. */
  readonly style: string;
  readonly parts: readonly string[];
}

const STYLE = `
  .card { fill: #ffffff; stroke: #d0d7de }
  text { fill: #1f2328; font: 13px system-ui, "Segoe UI", Helvetica, Arial, sans-serif }
  .title { font-size: 16px; font-weight: 600 }
  .heading { font-weight: 600 }
  .quiet { fill: #59636e; font-size: 12px }
  .grid { stroke: #d0d7de; stroke-width: 1 }
  @media (prefers-color-scheme: dark) {
    .card { fill: #0d1117; stroke: #3d444d }
    text { fill: #f0f6fc } .quiet { fill: #9198a1 } .grid { stroke: #3d444d }
  }`;

/** The card with its title; `parts` are drawn below y = 60. */
export function picture({ title, description, width, height, style, parts }: Picture): string {
  const card = [
    `<rect class="card" x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8"/>`,
    text(20, 30, "title", title),
    text(20, 50, "quiet", description),
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" role="img">
<title>${escapeXml(`${title}. ${description}`)}</title>
<style>${STYLE}${style}
</style>
${[...card, ...parts].join("\n")}
</svg>
`;
}

export function text(
  x: number,
  y: number,
  style: string,
  content: string,
  anchor = "start",
): string {
  return `<text x="${x}" y="${y}" class="${style}" text-anchor="${anchor}">${escapeXml(content)}</text>`;
}

function escapeXml(content: string): string {
  return content.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
