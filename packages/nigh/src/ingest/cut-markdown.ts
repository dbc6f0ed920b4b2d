/**
 * The Markdown lexer takes quadratic time in the size of some blocks, so a file goes to it in pieces
 * of about this many characters: seconds a megabyte for the worst files, not hours.
 */
const PIECE_CHARACTERS = 16 * 1024;

const FENCE = /^ {0,3}(`{3,}|~{3,})(.*)$/;

/**
 * Cuts a Markdown source where blocks end: at a blank line before a line that is not indented,
 * outside of code fences. Where a piece grows twice too long without one, it is cut at a line end.
 *
 * @param source with `\n` line ends. The pieces joined are the source.
 */
export function cutMarkdown(source: string): string[] {
  const pieces: string[] = [];
  let fence: string | undefined;
  let pieceStart = 0;
  let blankBefore = false;
  for (let start = 0; start < source.length; ) {
    const newline = source.indexOf("\n", start);
    const end = newline === -1 ? source.length : newline + 1;
    const size = start - pieceStart;
    const first = source.charAt(start);
    const canCut = fence === undefined && size >= PIECE_CHARACTERS;
    const blockStarts = blankBefore && first !== " " && first !== "\t";
    if (canCut && (blockStarts || size >= 2 * PIECE_CHARACTERS)) {
      pieces.push(source.slice(pieceStart, start));
      pieceStart = start;
    }
    // A line that matters here is short; a line of megabytes need not be copied to see that.
    const line = source.slice(start, Math.min(end, start + 200)).trimEnd();
    fence = fenceAfter(line, fence);
    blankBefore = line === "" && end - start <= 200;
    start = end;
  }
  pieces.push(source.slice(pieceStart));
  return pieces;
}

/** The open fence's mark after this line, undefined where none is open. */
function fenceAfter(line: string, open: string | undefined): string | undefined {
  const match = FENCE.exec(line);
  if (!match) return open;
  const [, mark = "", info = ""] = match;
  if (open === undefined) return mark.startsWith("`") && info.includes("`") ? undefined : mark;
  const closes = mark[0] === open[0] && mark.length >= open.length && info.trim() === "";
  return closes ? undefined : open;
}
