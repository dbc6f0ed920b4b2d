import { characterClass } from "./code-points.js";
import { asArray, asFlag, asId, asObject, asString } from "./json.js";
import { WHITE_SPACE } from "./unicode-tables.js";

/** A token that is found in the text itself, before any model sees it, such as "[MASK]". */
export interface AddedToken {
  readonly id: number;
  readonly content: string;
  /** Found only where no letter, digit or underscore is next to it. */
  readonly singleWord: boolean;
  /** Takes the white space before it along. */
  readonly stripLeft: boolean;
  /** Takes the white space after it along. */
  readonly stripRight: boolean;
  /** Searched in the normalized text rather than in the text as given. */
  readonly normalized: boolean;
}

/** A stretch of text between added tokens, or the id of an added token. */
export type Section = string | number;

// What Rust's regex crate means by \w. Its tables are of Unicode 16, so that next to a token with
// `single_word` the few letters and marks of later versions are told apart otherwise.
const wordCharacter = /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]/u;
const whiteSpace = new RegExp(characterClass(WHITE_SPACE), "u");

export function readAddedToken(value: unknown, where: string): AddedToken {
  const token = asObject(value, where);
  const special = asFlag(token.special, `${where}.special`, false);
  return {
    id: asId(token.id, `${where}.id`),
    content: asString(token.content, `${where}.content`),
    singleWord: asFlag(token.single_word, `${where}.single_word`, false),
    stripLeft: asFlag(token.lstrip, `${where}.lstrip`, false),
    stripRight: asFlag(token.rstrip, `${where}.rstrip`, false),
    normalized: asFlag(token.normalized, `${where}.normalized`, !special),
  };
}

/**
 * The added tokens of tokenizer.json, and those that only tokenizer_config.json has.
 *
 * @throws NighError `ERR_MODEL_FORMAT`
 */
export function readAddedTokens(tokenizerJson: unknown, configDecoder: unknown): AddedToken[] {
  const listed = asArray(tokenizerJson ?? [], "tokenizer.json: added_tokens").map((value, i) =>
    readAddedToken(value, `tokenizer.json: added_tokens[${i}]`),
  );
  const decoderName = "tokenizer_config.json: added_tokens_decoder";
  const known = new Set(listed.map((token) => token.content));
  for (const [id, value] of Object.entries(asObject(configDecoder ?? {}, decoderName))) {
    const where = `${decoderName}["${id}"]`;
    const token = readAddedToken({ ...asObject(value, where), id: Number(id) }, where);
    if (!known.has(token.content)) listed.push(token);
  }
  return listed.filter((token) => token.content !== "");
}

/** Finds added tokens in text: the leftmost first and, of those that start together, the longest. */
export class AddedTokenSplitter {
  readonly #byContent: ReadonlyMap<string, AddedToken>;
  readonly #pattern: RegExp | undefined;

  constructor(tokens: readonly AddedToken[]) {
    this.#byContent = new Map(tokens.map((token) => [token.content, token]));
    const longestFirst = [...this.#byContent.keys()].sort((a, b) => b.length - a.length);
    const escaped = longestFirst.map((content) => content.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&"));
    this.#pattern = escaped.length > 0 ? new RegExp(escaped.join("|"), "gu") : undefined;
  }

  /** The text in order as stretches of at least one character and ids of added tokens. */
  *split(text: string): Generator<Section> {
    let done = 0;
    for (const match of this.#pattern ? text.matchAll(this.#pattern) : []) {
      const token = this.#byContent.get(match[0]);
      let start = match.index;
      let end = start + match[0].length;
      // A match that starts inside of what the last token took along is still found, as in Rust.
      if (!token || (token.singleWord && touchesWord(text, start, end))) continue;
      if (token.stripLeft) while (start > done && whiteSpace.test(text[start - 1] ?? "")) start--;
      if (token.stripRight) while (end < text.length && whiteSpace.test(text[end] ?? "")) end++;
      if (start > done) yield text.slice(done, start);
      yield token.id;
      done = end;
    }
    if (done < text.length) yield text.slice(done);
  }
}

function touchesWord(text: string, start: number, end: number): boolean {
  const lastUnit = text.charCodeAt(start - 1);
  const isLowSurrogate = lastUnit >= 0xdc00 && lastUnit <= 0xdfff;
  const before = text.slice(start - (isLowSurrogate ? 2 : 1), start);
  const after = text.slice(end, end + 2);
  const afterFirst = String.fromCodePoint(after.codePointAt(0) ?? 0x20);
  return wordCharacter.test(start === 0 ? " " : before) || wordCharacter.test(afterFirst);
}
