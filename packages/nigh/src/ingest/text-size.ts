/** Sizes are counted in quarters of a word, to stay with whole numbers. */
export const WORD = 4;

/** A run without spaces counts as one more word for each 20 characters: addresses, hashes, base64. */
const RUN_CHARACTERS = 20;

const SPACE = 0;
const IDEOGRAPH = 1;
const UNSPACED = 2;
const OTHER = 3;
type CharacterClass = typeof SPACE | typeof IDEOGRAPH | typeof UNSPACED | typeof OTHER;

/**
 * Weighs a text one UTF-16 code unit after the other, as an embedder would by about its tokens. A
 * run of non-space characters weighs a word; what follows its first character adds half a word in
 * Chinese, Japanese and Korean, a quarter in Thai, Lao, Khmer and Burmese, which write no spaces.
 */
export class TextScale {
  #previous: CharacterClass = SPACE;
  #run = 0;

  /** What this code unit adds, in quarters of a word. */
  weigh(codeUnit: number): number {
    const previous = this.#previous;
    // The second half of a surrogate pair belongs to the first.
    if ((codeUnit & 0xfc00) === 0xdc00 && previous !== SPACE) return 0;
    const current = classOf(codeUnit);
    this.#previous = current;
    if (current === SPACE) return 0;
    this.#run = current === previous ? this.#run + 1 : 1;
    if (previous === SPACE) return WORD;
    if (current === IDEOGRAPH) return WORD / 2;
    if (current === UNSPACED) return WORD / 4;
    return this.#run % RUN_CHARACTERS === 1 ? WORD : 0;
  }
}

/** The size of a part of a text, in quarters of a word. */
export function textSize(text: string, start: number, end: number): number {
  const scale = new TextScale();
  let size = 0;
  for (let i = start; i < end; i++) size += scale.weigh(text.charCodeAt(i));
  return size;
}

/** The white space of `\s`, of String.trim and of these pages alike. */
export function isSpace(c: number): boolean {
  if (c < 0x80) return c === 0x20 || (c >= 0x09 && c <= 0x0d);
  if (c < 0x1680) return c === 0xa0;
  return (
    (c >= 0x2000 && c <= 0x200a) ||
    c === 0x1680 ||
    c === 0x2028 ||
    c === 0x2029 ||
    c === 0x202f ||
    c === 0x205f ||
    c === 0x3000 ||
    c === 0xfeff
  );
}

function classOf(c: number): CharacterClass {
  if (c < 0x0e00) return isSpace(c) ? SPACE : OTHER;
  if (c <= 0x0eff || (c >= 0x1000 && c <= 0x109f) || (c >= 0x1780 && c <= 0x17ff)) return UNSPACED;
  if (isSpace(c)) return SPACE;
  const ideograph =
    (c >= 0x2e80 && c <= 0x9fff) || // radicals, kana, ideographs, their punctuation
    (c >= 0xac00 && c <= 0xd7a3) || // Hangul
    (c >= 0xf900 && c <= 0xfaff) || // compatibility ideographs
    (c >= 0xd840 && c <= 0xd888); // the first half of the rarer ideographs
  return ideograph ? IDEOGRAPH : OTHER;
}
