import type { Metadata } from "./document.js";

const FRONT_MATTER = /^---[ \t]*\n([\s\S]*?)\n(?:---|\.\.\.)[ \t]*(?:\n|$)/;
const KEY = /^\w[\w .-]*$/;

/**
 * Takes the YAML block between `---` lines off the top of a Markdown text. Only its simple parts
 * become metadata: `key: value` lines, and lists of scalars, joined by ", ". Nested maps and block
 * texts are passed over. A block without one such key is not front matter and stays in the body.
 *
 * @param source with `\n` line ends.
 */
export function takeFrontMatter(source: string): { metadata: Metadata; body: string } {
  const match = FRONT_MATTER.exec(source);
  if (!match) return { metadata: {}, body: source };
  const entries = readEntries((match[1] ?? "").split("\n"));
  if (entries.length === 0) return { metadata: {}, body: source };
  return {
    metadata: Object.fromEntries(entries),
    body: source.slice(match[0].length),
  };
}

function readEntries(lines: readonly string[]): [string, string | number | boolean][] {
  const entries: [string, string | number | boolean][] = [];
  let list: { key: string; items: string[] } | undefined;
  const finishList = (): void => {
    if (list && list.items.length > 0) entries.push([list.key, list.items.join(", ")]);
    list = undefined;
  };
  for (const line of lines) {
    const item = /^\s*-\s+(.*)$/.exec(line);
    if (item) {
      list?.items.push(String(readScalar(item[1] ?? "") ?? ""));
      continue;
    }
    const colon = line.indexOf(":");
    const key = line.slice(0, Math.max(colon, 0));
    const rest = line.slice(colon + 1);
    if (!KEY.test(key) || !/^(?:\s|$)/.test(rest)) continue;
    finishList();
    const value = readScalar(rest);
    if (value !== undefined) entries.push([key, value]);
    else if (rest.trim() === "") list = { key, items: [] };
  }
  finishList();
  return entries;
}

/** Undefined for nothing, null and the marks of a block text. */
function readScalar(written: string): string | number | boolean | undefined {
  const value = written.trim();
  const quoted = /^(?:"(.*)"|'(.*)')$/.exec(value);
  if (quoted) return quoted[1]?.replace(/\\(["\\])/g, "$1") ?? quoted[2]?.replaceAll("''", "'");
  const bare = value.replace(/(?:^|\s)#.*$/, "").trimEnd();
  if (/^(?:|~|null|[|>][+-]?)$/.test(bare)) return undefined;
  if (bare === "true" || bare === "false") return bare === "true";
  const flow = /^\[(.*)\]$/.exec(bare);
  if (flow) return (flow[1] ?? "").split(",").map(unquote).join(", ");
  // Only what a number prints back as: 007 and 1.10 are names and versions.
  return String(Number(bare)) === bare && Number.isFinite(Number(bare)) ? Number(bare) : bare;
}

function unquote(item: string): string {
  return item.trim().replace(/^(["'])(.*)\1$/, "$2");
}
