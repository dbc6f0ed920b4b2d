/**
 * Runs `nigh demo` and draws what it prints as docs/demo.svg, the README's picture.
 *
 *   node scripts/terminal-picture.mjs [more arguments for nigh demo]
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAnsiSequenceParser } from "ansi-sequence-parser";

const root = join(import.meta.dirname, "..");
const database = mkdtempSync(join(tmpdir(), "nigh-picture-"));
const output = execFileSync(
  process.execPath,
  [join(root, "packages/nigh/bin/nigh.js"), "demo", "--db", database, ...process.argv.slice(2)],
  {
    encoding: "utf8",
    env: { ...process.env, FORCE_COLOR: "1" },
    stdio: ["ignore", "pipe", "inherit"],
  },
);
rmSync(database, { recursive: true });

const COLORS = { red: "#e06c75", green: "#98c379", yellow: "#d19a66", cyan: "#56b6c2" };
const FOREGROUND = "#d7dae0";
const COLUMN = 7.8;
const LINE = 18;
const MARGIN = 16;

const command = "\u001b[1m$\u001b[22m npm run demo\n";
const lines = (command + output.replaceAll(` --db ${database}`, "")).trimEnd().split("\n");
const parser = createAnsiSequenceParser();
const columns = Math.max(
  ...lines.map((line) => parser.parse(line).reduce((n, token) => n + token.value.length, 0)),
);
const width = Math.ceil(columns * COLUMN + 2 * MARGIN);
const height = lines.length * LINE + 2 * MARGIN;
writeFileSync(
  join(root, "docs/demo.svg"),
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">
<rect width="100%" height="100%" rx="8" fill="#1e2127"/>
<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="13" xml:space="preserve">
${lines.map(drawLine).join("\n")}
</g>
</svg>
`,
);

/** Every run of equal style gets its place and length by columns, so that any monospaced font fits. */
function drawLine(line, row) {
  let column = 0;
  const spans = [];
  for (const token of parser.parse(line)) {
    const style = [
      `fill="${COLORS[token.foreground?.name] ?? FOREGROUND}"`,
      token.decorations.has("bold") ? 'font-weight="bold"' : "",
      token.decorations.has("dim") ? 'opacity="0.6"' : "",
    ].join(" ");
    const x = MARGIN + column * COLUMN;
    const length = token.value.length * COLUMN;
    const y = MARGIN + (row + 0.75) * LINE;
    column += token.value.length;
    if (token.value.trim() === "") continue;
    spans.push(
      `<text x="${x.toFixed(1)}" y="${y}" textLength="${length.toFixed(1)}" lengthAdjust="spacingAndGlyphs" ${style}>${escapeXml(token.value)}</text>`,
    );
  }
  return spans.join("");
}

function escapeXml(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
