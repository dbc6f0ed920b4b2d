/** What stands behind a place in `bpeRanks`: text, or bytes that are none. */
type Ranks = readonly (string | readonly number[] | undefined)[];

/** Rust's \s, which is not JavaScript's: with U+0085, without U+FEFF. */
const SPACE = "\\t-\\r \\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";

/** The pattern of cl100k_base: no token reaches over the end of a piece. */
const PIECES = new RegExp(
  [
    "'(?:[sSſdDmMtT]|[lL]{2}|[vV][eE]|[rR][eE])",
    "[^\\r\\n\\p{L}\\p{N}]?\\p{L}+",
    "\\p{N}{1,3}",
    ` ?[^${SPACE}\\p{L}\\p{N}]+[\\r\\n]*`,
    `[${SPACE}]+$`,
    `[${SPACE}]*[\\r\\n]`,
    `[${SPACE}]+(?![^${SPACE}])`,
    `[${SPACE}]`,
  ].join("|"),
  "gu",
);

/** Bytes of the longest token: 128 spaces. */
const LONGEST_TOKEN = 128;

let loading: Promise<Cl100kTokens> | undefined;

/** The tokens of OpenAI's embedding models, loaded when they are first needed: 1.2 MB of ranks, 0.2 s. */
export function loadCl100k(): Promise<Cl100kTokens> {
  loading ??= import("gpt-tokenizer/bpeRanks/cl100k_base").then(
    ({ default: ranks }) => new Cl100kTokens(ranks as Ranks),
  );
  return loading;
}

/**
 * Counts tokens of cl100k_base as OpenAI's tiktoken does: byte pairs of lowest rank are joined first. Texts are taken as they are: what reads
 * like a special token is none. The ranks are gpt-tokenizer's; its own merging takes time quadratic in the length of a piece.
 */
export class Cl100kTokens {
  /** By bytes, each a character. */
  readonly #ranks = new Map<string, number>();

  constructor(ranks: Ranks) {
    for (const [rank, bytes] of ranks.entries()) {
      if (bytes === undefined) continue;
      const buffer = typeof bytes === "string" ? Buffer.from(bytes) : Buffer.from([...bytes]);
      this.#ranks.set(buffer.toString("latin1"), rank);
    }
  }

  /** Tokens of a text; at most `limit` + 1 are counted. */
  count(text: string, limit = Number.MAX_SAFE_INTEGER): number {
    let tokens = 0;
    for (const piece of piecesOf(text)) {
      tokens += isBeyond(piece, limit - tokens) ? limit + 1 : this.#ends(piece).length;
      if (tokens > limit) return limit + 1;
    }
    return tokens;
  }

  /** The beginning of a text that has `limit` tokens, a few less where a character or a word's end asks for it. */
  cut(text: string, limit: number): string {
    // The end of what is cut may fall into other pieces than it did before.
    for (let most = limit; ; most--) {
      const beginning = this.#beginning(text, most);
      if (this.count(beginning, limit) <= limit) return beginning;
    }
  }

  #beginning(text: string, most: number): string {
    let tokens = 0;
    let length = 0;
    for (const piece of piecesOf(text)) {
      const left = most - tokens;
      // Of what is far too long only the beginning is merged.
      const near = isBeyond(piece, left) ? piece.slice(0, LONGEST_TOKEN * (left + 1)) : piece;
      const ends = this.#ends(near);
      if (ends.length > left) {
        const bytes = Buffer.from(near, "latin1").subarray(0, ends[left - 1] ?? 0);
        return text.slice(0, length) + wholeCharacters(bytes);
      }
      tokens += ends.length;
      length += Buffer.from(piece, "latin1").toString().length;
    }
    return text;
  }

  /** Where the tokens of a piece end, in bytes. */
  #ends(piece: string): readonly number[] {
    if (this.#ranks.has(piece)) return [piece.length];
    const { length } = piece;
    const next = Int32Array.from({ length }, (_, i) => i + 1);
    const previous = Int32Array.from({ length: length + 1 }, (_, i) => i - 1);
    const queue = new NumberHeap();
    // The lowest rank first, of equal ones the leftmost: one number says both.
    const keyAt = (start: number): number | undefined => {
      const middle = next[start] as number;
      if (middle >= length) return undefined;
      const end = next[middle] as number;
      if (end - start > LONGEST_TOKEN) return undefined;
      const rank = this.#ranks.get(piece.slice(start, end));
      return rank === undefined ? undefined : rank * length + start;
    };
    const offer = (start: number): void => {
      const key = keyAt(start);
      if (key !== undefined) queue.push(key);
    };
    for (let i = 0; i < length; i++) offer(i);
    const isJoined = new Uint8Array(length);
    for (let key = queue.pop(); key !== undefined; key = queue.pop()) {
      const start = key % length;
      // What was queued may have been joined with something else since.
      if (isJoined[start] === 1 || keyAt(start) !== key) continue;
      const middle = next[start] as number;
      const end = next[middle] as number;
      isJoined[middle] = 1;
      next[start] = end;
      previous[end] = start;
      offer(start);
      const before = previous[start] as number;
      if (before >= 0) offer(before);
    }
    const ends: number[] = [];
    for (let i = 0; i < length; i = next[i] as number) ends.push(next[i] as number);
    return ends;
  }
}

/** A text's pieces, each as bytes. */
function* piecesOf(text: string): Generator<string> {
  for (const [piece] of text.matchAll(PIECES)) yield Buffer.from(piece).toString("latin1");
}

/** Whether a piece has certainly more tokens. */
function isBeyond(piece: string, tokens: number): boolean {
  return piece.length > LONGEST_TOKEN * tokens;
}

/** UTF-8 without the character that its end cuts through. */
function wholeCharacters(bytes: Buffer): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes, { stream: true });
}

/** The smallest number comes out first. */
class NumberHeap {
  readonly #heap: number[] = [];

  push(value: number): void {
    const heap = this.#heap;
    let i = heap.length;
    heap.push(value);
    while (i > 0) {
      const parent = (i - 1) >> 1;
      const above = heap[parent] as number;
      if (above <= value) break;
      heap[i] = above;
      i = parent;
    }
    heap[i] = value;
  }

  pop(): number | undefined {
    const heap = this.#heap;
    const top = heap[0];
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return top;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && (heap[child + 1] as number) < (heap[child] as number)) child++;
      const below = heap[child] as number;
      if (below >= last) break;
      heap[i] = below;
      i = child;
    }
    heap[i] = last;
    return top;
  }
}
