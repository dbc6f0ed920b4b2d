import { once } from "node:events";
import Table from "cli-table3";
import pc from "picocolors";

/** Prints one line to stdout. */
export function print(line = ""): void {
  process.stdout.write(`${line}\n`);
}

/** bigint is printed as JSON's integers are, whatever its size. */
export function printJson(value: unknown): void {
  const json = JSON.stringify(
    value,
    (_, one: unknown) => (typeof one === "bigint" ? `\0${one}` : one),
    2,
  );
  print(json.replace(/"\\u0000(-?\d+)"/gu, "$1"));
}

/** Prints `head` with one more field, a list that is written item by item. */
export async function printJsonList(
  head: object,
  field: string,
  items: Iterable<unknown>,
): Promise<void> {
  await write(`${JSON.stringify(head, null, 2).slice(0, -2)},\n  ${JSON.stringify(field)}: [`);
  let separator = "\n    ";
  for (const item of items) {
    await write(separator + JSON.stringify(item));
    separator = ",\n    ";
  }
  await write("\n  ]\n}\n");
}

async function write(text: string): Promise<void> {
  if (!process.stdout.write(text)) await once(process.stdout, "drain");
}

/** `text` without control characters, which could move a terminal's cursor or change its title. */
export function printable(text: string): string {
  return text.replace(/\s+/gu, " ").replace(/\p{Cc}/gu, "");
}

/** A heading with air around it. */
export function printHeading(text: string): void {
  print();
  print(pc.bold(pc.cyan(text)));
}

/** An aligned table without lines; numbers stand on the right. */
export function printTable(
  head: readonly string[],
  rows: readonly (readonly (string | number)[])[],
): void {
  const table = new Table({
    head: head.map((cell) => pc.dim(cell)),
    colAligns: head.map((_, column) =>
      rows.every((row) => typeof row[column] === "number" || row[column] === "") ? "right" : "left",
    ),
    chars: NO_LINES,
    style: { head: [], border: [], "padding-left": 0, "padding-right": 2 },
  });
  for (const row of rows) table.push(row.map(String));
  print(table.toString());
}

const NO_LINES = Object.fromEntries(
  ["top", "top-mid", "top-left", "top-right", "bottom", "bottom-mid", "bottom-left", "bottom-right"]
    .concat(["left", "left-mid", "mid", "mid-mid", "right", "right-mid", "middle"])
    .map((name) => [name, ""]),
);

/** A score as it is shown everywhere: four decimals. */
export function formatScore(score: number): string {
  return score.toFixed(4);
}

/** `text` on one line, cut to `width` characters. */
export function shorten(text: string, width: number): string {
  const line = printable(text).trim();
  return line.length <= width ? line : `${line.slice(0, width - 1).trimEnd()}…`;
}

/** 12345 as "12,345". */
export function formatCount(count: number): string {
  return Math.round(count).toLocaleString("en-US");
}
