import { utf8Bytes } from "../shared/utf8.js";
import { codePoints } from "./code-points.js";
import { asFlag, type Json } from "./json.js";
import type { PreTokenize } from "./pre-tokenizers.js";
import { LETTERS, NUMBERS, WHITE_SPACE } from "./unicode-tables.js";

const OTHER = 0;
const LETTER = 1;
const NUMBER = 2;
const SPACE = 3;

/** What each code point is to GPT-2's regular expression; made for the first tokenizer that asks. */
let kinds = new Uint8Array(0);

function makeKinds(): Uint8Array<ArrayBuffer> {
  const table = new Uint8Array(0x110000).fill(OTHER);
  for (const [ranges, kind] of [
    [LETTERS, LETTER],
    [NUMBERS, NUMBER],
    [WHITE_SPACE, SPACE],
  ] as const) {
    for (const codePoint of codePoints(ranges)) table[codePoint] = kind;
  }
  return table;
}

const CONTRACTIONS = ["'s", "'t", "'re", "'ve", "'m", "'ll", "'d"];

const plain = /^ ?[!-~]+$/;

/**
 * GPT-2's pre-tokenizer: words keep the space before them, and are handed on as one character a byte of
 * their UTF-8, printable ones as they are.
 */
export function createByteLevel(config: Json, where: string): PreTokenize {
  const prefixed = asFlag(config.add_prefix_space, `${where}.add_prefix_space`, true);
  const split = asFlag(config.use_regex, `${where}.use_regex`, true);
  if (kinds.length === 0) kinds = makeKinds();
  return (text, visit) => {
    const spaced = prefixed && !text.startsWith(" ") ? ` ${text}` : text;
    if (!split) return visit(byteCharacters(spaced));
    for (let start = 0; start < spaced.length; ) {
      const end = endOfWord(spaced, start);
      if (!visit(byteCharacters(spaced.slice(start, end)))) return false;
      start = end;
    }
    return true;
  };
}

/**
 * Where the word ends that begins at `start`, as by the regular expression
 * `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`.
 */
function endOfWord(text: string, start: number): number {
  if (text[start] === "'") {
    const contraction = CONTRACTIONS.find((candidate) => text.startsWith(candidate, start));
    if (contraction !== undefined) return start + contraction.length;
  }
  const wordStart = text[start] === " " ? start + 1 : start;
  const kind = kindAt(text, wordStart);
  if (kind !== SPACE) return endOfKind(text, wordStart, kind);
  const end = endOfKind(text, start, SPACE);
  // The last of several spaces belongs to the word behind them.
  return end < text.length && end - start > 1 ? end - 1 : end;
}

/** The end of the text counts as a space. */
function kindAt(text: string, at: number): number {
  return at < text.length ? (kinds[text.codePointAt(at) ?? 0] as number) : SPACE;
}

function endOfKind(text: string, start: number, kind: number): number {
  let end = start;
  while (end < text.length && kindAt(text, end) === kind) {
    end += (text.codePointAt(end) ?? 0) > 0xffff ? 2 : 1;
  }
  return end;
}

/** GPT-2's characters for bytes: printable ones of Latin-1 stand for themselves, the others from U+0100 on. */
const byteToCharacter: readonly string[] = (() => {
  const isPrintable = (byte: number): boolean =>
    (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte !== 0xad);
  let other = 0x100;
  return Array.from({ length: 256 }, (_, byte) =>
    String.fromCharCode(isPrintable(byte) ? byte : other++),
  );
})();

const SPACE_CHARACTER = byteToCharacter[0x20] as string;

function byteCharacters(word: string): string {
  if (plain.test(word)) return word[0] === " " ? SPACE_CHARACTER + word.slice(1) : word;
  let characters = "";
  for (const byte of utf8Bytes(word)) characters += byteToCharacter[byte];
  return characters;
}
