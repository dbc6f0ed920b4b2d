import { describe } from "../shared/describe.js";
import { NighError } from "../shared/errors.js";
import { checkInteger } from "../shared/options.js";
import { AddedTokenSplitter, readAddedTokens } from "./added-tokens.js";
import { Bpe } from "./bpe.js";
import { readJson } from "./files.js";
import { asObject, type Json, malformed } from "./json.js";
import { longestFirst } from "./longest-first.js";
import { createNormalizer, hasLowercase, type Normalize } from "./normalizers.js";
import { createPairTemplate, type PairTemplate } from "./pair-template.js";
import { createPreTokenizer, type PreTokenize } from "./pre-tokenizers.js";
import { givesTokenTypes, partsAsInPython } from "./python-classes.js";
import { createTemplate, type Template } from "./template.js";
import { lowerCase } from "./unicode-forms.js";
import { Unigram } from "./unigram.js";
import { type WordModel, WordPiece } from "./wordpiece.js";

/** The tokens of one text. */
export interface TokenizedText {
  /** Token ids with the special tokens, at most `maxLength` of them. */
  ids: Int32Array;
  /** True when tokens were cut off at the end. */
  truncated: boolean;
}

/** The tokens of one text, in as many parts as it takes. */
export interface TokenWindows {
  /** Of each window: the special tokens, the prompt, a part of the text; at most `maxLength` of them. */
  ids: Int32Array[];
  /** Tokens of the text in each window, those that it shares with its neighbours included. */
  sizes: number[];
}

/** Neighbouring windows share an eighth of their room: what stands at a border is whole in one of them. */
const OVERLAP = 1 / 8;

/** The tokens of two texts that go together. */
export interface TokenizedPair extends TokenizedText {
  /** The token type of each id, as Python gives them to the model: all 0 where it gives none. */
  types: Int32Array;
}

export interface TokenizerOptions {
  /** The most tokens that a text may have, special tokens included. */
  maxLength: number;
  /**
   * Lowercases before anything else of the normalizer unless that lowercases already: the
   * `do_lower_case` of sentence_bert_config.json. Added tokens in the text are found before.
   */
  lowerCase?: boolean;
  /**
   * Which Python library to be equal to. "transformers" (default) heeds tokenizer_config.json. "tokenizers" knows tokenizer.json
   * alone, and as static models call it, it puts no special tokens around a text.
   */
  like?: "transformers" | "tokenizers";
  /** Whether pairs of texts are encoded, too. Default false. */
  pairs?: boolean;
}

/**
 * Turns texts into token ids, the same as Python's sentence-transformers and tokenizers give.
 *
 * Supports what BERT, RoBERTa, DistilBERT and MPNet models come with: WordPiece, Unigram and byte-level
 * BPE vocabularies.
 * The `truncation` and `padding` of tokenizer.json have no effect, as in sentence-transformers.
 */
export class Tokenizer {
  readonly #maxLength: number;
  readonly #padId: number;
  readonly #idLimit: number;
  readonly #normalize: Normalize;
  readonly #preTokenize: PreTokenize;
  readonly #model: WordModel;
  readonly #template: Template;
  /** Undefined where no pairs are encoded. */
  readonly #pairTemplate: PairTemplate | undefined;
  readonly #givenSplitter: AddedTokenSplitter;
  readonly #normalizedSplitter: AddedTokenSplitter;

  /**
   * @param tokenizerJson what tokenizer.json holds
   * @param tokenizerConfig what tokenizer_config.json holds; undefined where there is none
   * @throws NighError `ERR_MODEL_FORMAT` when something is missing or of the wrong type;
   * `ERR_UNSUPPORTED_MODEL` for a kind of tokenizer nigh does not know; `ERR_INVALID_ARGUMENT` for
   * a `maxLength` that leaves no room for text.
   */
  constructor(tokenizerJson: unknown, tokenizerConfig: unknown, options: TokenizerOptions) {
    const isBare = options.like === "tokenizers";
    const json = asObject(tokenizerJson, "tokenizer.json");
    const config = asObject((isBare ? undefined : tokenizerConfig) ?? {}, "tokenizer_config.json");
    const parts = isBare
      ? { normalizer: json.normalizer, preTokenizer: json.pre_tokenizer, postProcessor: undefined }
      : partsAsInPython(json, config);
    const normalize = createNormalizer(parts.normalizer, "tokenizer.json: normalizer");
    const lowerCaseFirst = options.lowerCase === true && !hasLowercase(parts.normalizer);
    this.#normalize = lowerCaseFirst ? (text) => normalize(lowerCase(text)) : normalize;
    this.#preTokenize = createPreTokenizer(parts.preTokenizer, "tokenizer.json: pre_tokenizer");
    this.#model = createModel(json.model, "tokenizer.json: model");
    this.#template = createTemplate(parts.postProcessor, "tokenizer.json: post_processor");
    if (options.pairs === true) {
      const template = createPairTemplate(parts.postProcessor, "tokenizer.json: post_processor");
      const hasTypes = givesTokenTypes(json, config);
      this.#pairTemplate = hasTypes ? template : template.map((part) => ({ ...part, type: 0 }));
    }
    const added = readAddedTokens(json.added_tokens, config.added_tokens_decoder).map((token) => ({
      ...token,
      // As in Rust, the vocabulary knows better.
      id: this.#model.idOf(token.content) ?? token.id,
    }));
    this.#givenSplitter = new AddedTokenSplitter(added.filter((token) => !token.normalized));
    this.#normalizedSplitter = new AddedTokenSplitter(
      added
        .filter((token) => token.normalized)
        .map((token) => ({ ...token, content: this.#normalize(token.content) }))
        .filter((token) => token.content !== ""),
    );
    const ids = new Map(added.map((token) => [token.content, token.id]));
    this.#padId = isBare
      ? 0
      : findPadId(config, json, (token) => ids.get(token) ?? this.#model.idOf(token));
    const { before, after } = this.#template;
    const inPairs = this.#pairTemplate?.flatMap(({ ids }) => ids) ?? [];
    const others = [this.#padId, ...before, ...after, ...inPairs, ...added.map(({ id }) => id)];
    this.#idLimit = others.reduce((limit, id) => Math.max(limit, id + 1), this.#model.idLimit);
    const forPairs = this.#pairTemplate === undefined ? 0 : inPairs.length + 2;
    const least = Math.max(before.length + after.length + 1, forPairs);
    this.#maxLength = checkInteger("Tokenizer", "maxLength", options.maxLength, least);
  }

  /**
   * Reads tokenizer.json and, where there is one, tokenizer_config.json of a model folder.
   *
   * @throws NighError `ERR_FILE` when a file is missing or cannot be read, and what the
   * constructor throws.
   */
  static async load(folder: string, options: TokenizerOptions): Promise<Tokenizer> {
    const [json, config] = await Promise.all([
      readJson(folder, "tokenizer.json", false),
      readJson(folder, "tokenizer_config.json", true),
    ]);
    try {
      return new Tokenizer(json, config, options);
    } catch (cause) {
      if (!(cause instanceof NighError) || cause.code === "ERR_INVALID_ARGUMENT") throw cause;
      throw new NighError(cause.code, `The tokenizer in ${folder}: ${cause.message}`, { cause });
    }
  }

  /** The most tokens a text may have, special tokens included. */
  get maxLength(): number {
    return this.#maxLength;
  }

  /** Special tokens that end each text. */
  get tokensAfter(): number {
    return this.#template.after.length;
  }

  /** One more than the highest id that a text can have. */
  get idLimit(): number {
    return this.#idLimit;
  }

  /** One more than the highest token type that a pair can have. */
  get typeLimit(): number {
    return Math.max(0, ...(this.#pairTemplate ?? []).map(({ type }) => type)) + 1;
  }

  /** The id of what the vocabulary has no token for. */
  get unknownId(): number {
    return this.#model.unknownId;
  }

  /** The id that fills up the shorter texts of a batch. */
  get padId(): number {
    return this.#padId;
  }

  /**
   * @throws NighError `ERR_INVALID_ARGUMENT` when `text` is no string; `ERR_INVALID_TEXT` when it
   * has half of a surrogate pair, which is no character and cannot be encoded in Python either.
   */
  encode(text: string): TokenizedText {
    checkText(text);
    const { before, after } = this.#template;
    const room = this.#maxLength - before.length - after.length;
    const content = this.#content(text, room);
    const truncated = content.length > room;
    if (truncated) content.length = room;
    const ids = new Int32Array(before.length + content.length + after.length);
    ids.set(before);
    ids.set(content, before.length);
    ids.set(after, before.length + content.length);
    return { ids, truncated };
  }

  /**
   * A text behind a prompt: as {@link encode} has it where both fit into one window, else in windows that overlap, each between the special tokens
   * and behind the prompt.
   *
   * @throws NighError as {@link encode}; `ERR_INVALID_ARGUMENT` for a prompt that leaves no room.
   */
  encodeWindows(text: string, prompt: string): TokenWindows {
    const whole = this.encode(prompt + text);
    if (!whole.truncated) return { ids: [whole.ids], sizes: [whole.ids.length] };
    const { before, after } = this.#template;
    const head = [...before, ...this.#content(prompt, Infinity)];
    const room = this.#maxLength - head.length - after.length;
    if (room < 1) {
      throw new NighError(
        "ERR_INVALID_ARGUMENT",
        `The prompt has ${head.length - before.length} tokens, which leaves no room for a text: the model reads ${this.#maxLength}. Shorten it.`,
      );
    }
    const content = this.#content(text, Infinity);
    const step = room - Math.floor(room * OVERLAP);
    const windows: TokenWindows = { ids: [], sizes: [] };
    for (let start = 0; start === 0 || start + room - step < content.length; start += step) {
      const part = content.slice(start, start + room);
      windows.ids.push(Int32Array.from([...head, ...part, ...after]));
      windows.sizes.push(part.length);
    }
    return windows;
  }

  /**
   * Two texts as one, between the special tokens of a pair; where they are too long together, the longer one is cut first.
   *
   * @throws NighError as {@link encode}.
   */
  encodePair(first: string, second: string): TokenizedPair {
    checkText(first);
    checkText(second);
    const template = this.#pairTemplate;
    if (template === undefined) throw new TypeError("the tokenizer was not made for pairs");
    const room = this.#maxLength - template.reduce((sum, { ids }) => sum + ids.length, 0);
    let contents = [this.#content(first, room), this.#content(second, room)] as const;
    // Only where both are longer than the room it counts by how much.
    if (contents[0].length > room && contents[1].length > room) {
      contents = [this.#content(first, Infinity), this.#content(second, Infinity)];
    }
    const [a, b] = contents;
    const kept = longestFirst(a.length, b.length, room);
    const truncated = a.length + b.length > room;
    const ids: number[] = [];
    const types: number[] = [];
    for (const { text, ids: specials, type } of template) {
      const part = text === undefined ? specials : contents[text].slice(0, kept[text]);
      for (const id of part) ids.push(id);
      for (let i = 0; i < part.length; i++) types.push(type);
    }
    return { ids: Int32Array.from(ids), types: Int32Array.from(types), truncated };
  }

  /** The tokens of a text without special ones: all, or at least one more than `room`. */
  #content(text: string, room: number): number[] {
    const content: number[] = [];
    const visit = (word: string): boolean => {
      this.#model.encode(word, content);
      // One token too many is enough to know that the rest is cut.
      return content.length <= room;
    };
    for (const section of this.#sections(text)) {
      if (typeof section === "number") content.push(section);
      else this.#preTokenize(section, visit);
      if (content.length > room) break;
    }
    return content;
  }

  /** The text in order as normalized stretches and ids of added tokens. */
  *#sections(text: string): Generator<string | number> {
    for (const given of this.#givenSplitter.split(text)) {
      if (typeof given === "number") yield given;
      else yield* this.#normalizedSplitter.split(this.#normalize(given));
    }
  }
}

function createModel(value: unknown, where: string): WordModel {
  const config = asObject(value, where);
  // Old files name no type.
  const type =
    config.type ??
    (Array.isArray(config.vocab) ? "Unigram" : "merges" in config ? "BPE" : "WordPiece");
  if (type === "WordPiece") return new WordPiece(config, where);
  if (type === "Unigram") return new Unigram(config, where);
  if (type === "BPE") return new Bpe(config, where);
  throw new NighError(
    "ERR_UNSUPPORTED_MODEL",
    `${where}.type: expected "WordPiece", "Unigram" or "BPE", found ${describe(config.type)}. Use a model ` +
      "with another tokenizer.",
  );
}

function findPadId(config: Json, json: Json, idOf: (token: string) => number | undefined): number {
  const stored = config.pad_token;
  // Stored as text or as an object with settings and a "content".
  const named =
    stored !== null && typeof stored === "object" ? asObject(stored, "").content : stored;
  const padding = json.padding
    ? asObject(json.padding, "tokenizer.json: padding").pad_token
    : undefined;
  for (const token of [named, padding, "[PAD]", "<pad>"]) {
    const id = typeof token === "string" ? idOf(token) : undefined;
    if (id !== undefined) return id;
  }
  throw malformed("tokenizer_config.json: pad_token", "a token of the vocabulary", stored);
}

function checkText(text: string): void {
  if (typeof text !== "string") {
    throw new NighError(
      "ERR_INVALID_ARGUMENT",
      `A text must be a string, found ${describe(text)}.`,
    );
  }
  if (text.isWellFormed()) return;
  const position = text.search(/\p{Surrogate}/u);
  const unit = text.charCodeAt(position).toString(16).toUpperCase();
  throw new NighError(
    "ERR_INVALID_TEXT",
    `The text has half of a surrogate pair (U+${unit}) at position ${position} of its UTF-16 ` +
      "units. Call text.toWellFormed() to have U+FFFD in its place.",
  );
}
