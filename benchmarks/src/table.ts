import Table from "cli-table3";

/** A table whose first columns are words and whose other columns are figures. */
export interface FigureTable {
  readonly head: readonly string[];
  /** Columns that hold words; the rest are aligned to the right. */
  readonly wordColumns: number;
  readonly rows: readonly (readonly string[])[];
}

export function terminalTable({ head, wordColumns, rows }: FigureTable): string {
  const table = new Table({
    head: [...head],
    colAligns: head.map((_, i) => (i < wordColumns ? "left" : "right")),
    style: { head: process.stdout.isTTY ? ["bold"] : [], border: [], compact: true },
  });
  table.push(...rows.map((row) => [...row]));
  return table.toString();
}

/** Padded as the formatter wants it, so that written figures pass the checks. */
export function markdownTable({ head, wordColumns, rows }: FigureTable): string {
  const widths = head.map((_, i) => Math.max(...[head, ...rows].map((row) => row[i]?.length ?? 0)));
  const line = (cells: readonly string[]): string => {
    const padded = cells.map((cell, i) => {
      const width = widths[i] ?? 0;
      return i < wordColumns ? cell.padEnd(width) : cell.padStart(width);
    });
    return `| ${padded.join(" | ")} |`;
  };
  const rule = widths.map((width, i) =>
    i < wordColumns ? "-".repeat(width) : `${"-".repeat(width - 1)}:`,
  );
  return [line(head), line(rule), ...rows.map(line)].join("\n");
}
