import { Lexer, type Token } from "marked";
import { cutMarkdown } from "./cut-markdown.js";

/** Inline text is lexed in pieces of this many characters: emphasis takes quadratic time, too. */
const INLINE_CHARACTERS = 8 * 1024;

/**
 * The tokens of a Markdown text, in time that grows linearly with it. What nests too deeply for
 * the lexer comes as plain text.
 *
 * @param source with `\n` line ends.
 */
export function lexMarkdown(source: string): Token[] {
  const pieces = cutMarkdown(source).map((piece) => ({ piece, lexer: lexBlocks(piece) }));
  // A link's definition may stand anywhere, often at the end.
  const links = Object.assign(Object.create(null), ...pieces.map((p) => p.lexer?.tokens.links));
  return pieces.flatMap(({ piece, lexer }) => {
    if (!lexer) return [asText(piece)];
    lexer.tokens.links = links;
    for (const { src, tokens } of lexer.inlineQueue) lexInline(lexer, src, tokens);
    return [...lexer.tokens];
  });
}

/** Undefined when the blocks nest too deeply. */
function lexBlocks(piece: string): Lexer | undefined {
  const lexer = new Lexer({ gfm: true });
  try {
    lexer.blockTokens(piece, lexer.tokens);
    return lexer;
  } catch (error) {
    if (isStackOverflow(error)) return undefined;
    throw error;
  }
}

function lexInline(lexer: Lexer, src: string, tokens: Token[]): void {
  for (let start = 0; start < src.length; ) {
    let piece = src.slice(start, start + INLINE_CHARACTERS);
    const space = piece.lastIndexOf(" ");
    if (start + piece.length < src.length && space > 0) piece = piece.slice(0, space);
    try {
      lexer.inlineTokens(piece, tokens);
    } catch (error) {
      if (!isStackOverflow(error)) throw error;
      tokens.push(asText(piece));
    }
    start += piece.length;
  }
}

function asText(raw: string): Token {
  return { type: "text", raw, text: raw };
}

function isStackOverflow(error: unknown): boolean {
  return error instanceof RangeError && /call stack/.test(error.message);
}
