/** Tags inside a line of text; every other tag ends the line. */
const INLINE_TAGS = new Set(
  "a abbr b bdi bdo cite code del dfn em font i ins kbd mark q s samp small span strong sub sup tt u var wbr".split(
    " ",
  ),
);

const TAG = /<(\/?)([A-Za-z][\w:-]*)[^<>]*>|<[!?][^<>]*>/y;

const ENTITIES: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  nbsp: "\u00a0",
  copy: "©",
  reg: "®",
  trade: "™",
  hellip: "…",
  mdash: "—",
  ndash: "–",
  lsquo: "‘",
  rsquo: "’",
  ldquo: "“",
  rdquo: "”",
  laquo: "«",
  raquo: "»",
  bull: "•",
  middot: "·",
  times: "×",
  rarr: "→",
  larr: "←",
  deg: "°",
  euro: "€",
};

/** The text of a piece of HTML: no tags, comments, scripts or styles; entities decoded. Linear in time. */
export function htmlToText(html: string): string {
  const parts: string[] = [];
  let at = 0;
  while (at < html.length) {
    const open = html.indexOf("<", at);
    if (open === -1) break;
    parts.push(html.slice(at, open));
    if (html.startsWith("<!--", open)) {
      at = endOf(html, html.indexOf("-->", open + 4), 3);
      continue;
    }
    TAG.lastIndex = open;
    const tag = TAG.exec(html);
    if (!tag) {
      parts.push("<");
      at = open + 1;
      continue;
    }
    at = open + tag[0].length;
    const name = (tag[2] ?? "").toLowerCase();
    if (!INLINE_TAGS.has(name)) parts.push("\n");
    if (tag[1] === "" && (name === "script" || name === "style")) at = afterRaw(html, at);
  }
  parts.push(html.slice(at));
  return decodeEntities(parts.join(""))
    .replace(/[^\S\n]*\n\s*/g, "\n")
    .trim();
}

/** `&amp;` to `&`, the common names and all numbers; unknown ones stay as they are. */
export function decodeEntities(text: string): string {
  if (!text.includes("&")) return text;
  return text.replace(/&(?:#(\d{1,7})|#[xX]([\da-fA-F]{1,6})|([a-z]{2,6}));/g, (...match) => {
    const [whole, decimal, hex, name] = match as (string | undefined)[];
    if (name !== undefined)
      return (Object.hasOwn(ENTITIES, name) && ENTITIES[name]) || (whole ?? "");
    const code = decimal === undefined ? Number.parseInt(hex ?? "", 16) : Number(decimal);
    const isCharacter = code > 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
    return isCharacter ? String.fromCodePoint(code) : "\ufffd";
  });
}

/** Past the end tag of a script or style; what is never closed runs to the end, as in a browser. */
function afterRaw(html: string, from: number): number {
  const end = /<\/(?:script|style)/gi;
  end.lastIndex = from;
  const match = end.exec(html);
  return match ? endOf(html, html.indexOf(">", match.index), 1) : html.length;
}

function endOf(html: string, found: number, length: number): number {
  return found === -1 ? html.length : found + length;
}
