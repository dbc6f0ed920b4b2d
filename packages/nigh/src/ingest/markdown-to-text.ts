import type { MarkedToken, Token, Tokens } from "marked";
import type { Section } from "./document.js";
import { decodeEntities, htmlToText } from "./html-to-text.js";
import { lexMarkdown } from "./lex-markdown.js";

export interface MarkdownText {
  /** The words without their marks: blocks two line feeds apart. */
  text: string;
  /** One for each heading that has text below it; it starts with the headings right before it, too. */
  sections: Section[];
  firstHeading: string | undefined;
}

/** @param source Markdown without front matter, with `\n` line ends. */
export function markdownToText(source: string): MarkdownText {
  const parts: string[] = [];
  const sections: Section[] = [];
  let length = 0;
  let firstHeading: string | undefined;
  let afterHeading = false;
  for (const token of lexMarkdown(source)) {
    const text = blockToText(token).trim();
    if (text === "") continue;
    const start = length === 0 ? 0 : length + 2;
    if (token.type === "heading") {
      const title = text.replace(/\s+/g, " ");
      firstHeading ??= title;
      // Headings with nothing between them are one section, named by the last.
      if (afterHeading)
        sections[sections.length - 1] = { title, start: sections.at(-1)?.start ?? 0 };
      else sections.push({ title, start });
    } else if (sections.length === 0) {
      sections.push({ title: "", start: 0 });
    }
    afterHeading = token.type === "heading";
    parts.push(text);
    length = start + text.length;
  }
  return { text: parts.join("\n\n"), sections, firstHeading };
}

function blocksToText(tokens: readonly Token[], separator: string): string {
  const texts = tokens.map((token) => blockToText(token).trimEnd());
  return texts.filter((text) => text.trim() !== "").join(separator);
}

function blockToText(generic: Token): string {
  const token = generic as MarkedToken;
  switch (token.type) {
    case "space":
    case "hr":
    case "def":
      return "";
    case "code":
      return token.text;
    case "html":
      return htmlToText(token.text);
    case "blockquote":
      return blocksToText(token.tokens, "\n\n");
    case "list":
      return listToText(token);
    case "table":
      return [token.header, ...token.rows]
        .map((row) => row.map((cell) => inlineToText(cell.tokens)).join(" | "))
        .join("\n");
    default:
      return inlineToText([generic]);
  }
}

function listToText(list: Tokens.List): string {
  const items = list.items.map((item, i) => {
    const mark = list.ordered ? `${Number(list.start) + i}. ` : "- ";
    return mark + itemToText(item, list.loose);
  });
  return items.join(list.loose ? "\n\n" : "\n");
}

function itemToText(item: Tokens.ListItem, loose: boolean): string {
  const [first, ...others] = item.tokens;
  // The checkbox of a task stands on its text's line.
  if (first?.type === "checkbox") {
    return `[${item.checked ? "x" : " "}] ${blocksToText(others, loose ? "\n\n" : "\n")}`;
  }
  return blocksToText(item.tokens, loose ? "\n\n" : "\n");
}

function inlineToText(tokens: readonly Token[]): string {
  return tokens.map(inlineTokenToText).join("");
}

function inlineTokenToText(generic: Token): string {
  const token = generic as MarkedToken;
  switch (token.type) {
    case "br":
      return "\n";
    case "checkbox":
      return token.checked ? "[x] " : "[ ] ";
    case "html":
      return /^<br\b/i.test(token.text) ? "\n" : "";
    case "codespan":
    case "escape":
      return token.text;
    case "text":
      return token.tokens ? inlineToText(token.tokens) : decodeEntities(token.text);
    default:
      return "tokens" in token && token.tokens ? inlineToText(token.tokens) : generic.raw;
  }
}
