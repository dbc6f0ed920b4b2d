import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { NighError } from "../src/shared/errors.js";
import { Precompiled } from "../src/tokens/precompiled.js";
import { Tokenizer, type TokenizerOptions } from "../src/tokens/tokenizer.js";

const FOLDERS = {
  "all-minilm-l6-v2": resolve(import.meta.dirname, "../../model-all-minilm-l6-v2/model"),
  "tiny-multilingual-bert": resolve(import.meta.dirname, "fixtures/models/tiny-multilingual-bert"),
  "tiny-roberta": resolve(import.meta.dirname, "fixtures/models/tiny-roberta"),
} as const;
type Model = keyof typeof FOLDERS;
const MODELS = Object.keys(FOLDERS) as Model[];

/** First and last id of every text, and the id that fills batches up. */
const SPECIALS = {
  "all-minilm-l6-v2": { first: 101, last: 102, pad: 0 },
  "tiny-multilingual-bert": { first: 0, last: 2, pad: 1 },
  "tiny-roberta": { first: 0, last: 2, pad: 1 },
} as const;

type Changes = Record<string, unknown>;
type TextCase = { text: string } & Record<Model, number[]>;
interface Variant {
  model: Model;
  name: string;
  json: Changes;
  config: Changes | null;
  lowerCase: boolean;
  ids: number[][];
}

function fixture<T>(name: string): T {
  const path = join(import.meta.dirname, `fixtures/tokens/${name}.json`);
  return (JSON.parse(readFileSync(path, "utf8")) as { cases: T }).cases;
}

function read(model: Model, file: string): Changes {
  return JSON.parse(readFileSync(join(FOLDERS[model], file), "utf8")) as Changes;
}

/** A model's tokenizer with parts of its files changed, as the script of the fixtures does it. */
function changed(model: Model, json: Changes, config: Changes | null, options: TokenizerOptions) {
  const tokenizerJson = read(model, "tokenizer.json");
  for (const [key, value] of Object.entries(json)) {
    if (key === "added_tokens") {
      tokenizerJson[key] = [...(tokenizerJson[key] as unknown[]), ...(value as unknown[])];
    } else if (key === "model") {
      const [old, change] = [tokenizerJson[key] as Changes, value as Changes];
      const vocab = Array.isArray(old.vocab)
        ? [...old.vocab, ...(change.vocab as unknown[])]
        : { ...(old.vocab as Changes), ...(change.vocab as Changes) };
      tokenizerJson[key] = { ...old, ...change, vocab };
    } else {
      tokenizerJson[key] = value;
    }
  }
  const tokenizerConfig = config && { ...read(model, "tokenizer_config.json"), ...config };
  return new Tokenizer(tokenizerJson, tokenizerConfig ?? undefined, options);
}

const idsOf = (tokenizer: Tokenizer, text: string) => [...tokenizer.encode(text).ids];

async function errorOf(work: () => unknown): Promise<NighError> {
  try {
    await work();
  } catch (error) {
    if (error instanceof NighError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

for (const model of MODELS) {
  const { first, last, pad } = SPECIALS[model];

  describe(`the tokenizer of ${model}`, () => {
    it("gives Python's ids for texts that tokenizers get wrong", async () => {
      const tokenizer = await Tokenizer.load(FOLDERS[model], { maxLength: 64 });
      const cases = fixture<TextCase[]>("texts");
      expect(cases.length).toBeGreaterThan(300);
      for (const { text, [model]: ids } of cases) {
        expect(idsOf(tokenizer, text), JSON.stringify(text)).toEqual(ids);
      }
    });

    it("gives the same ids when a text comes again", async () => {
      const tokenizer = await Tokenizer.load(FOLDERS[model], { maxLength: 64 });
      const cases = fixture<TextCase[]>("texts");
      for (const { text } of cases) tokenizer.encode(text);
      for (const { text, [model]: ids } of cases) expect(idsOf(tokenizer, text)).toEqual(ids);
    });

    it("gives Python's ids for each character of Unicode", { timeout: 120_000 }, async () => {
      const tokenizer = await Tokenizer.load(FOLDERS[model], { maxLength: 1_000_000 });
      const digest = createHash("sha256");
      for (const text of sweepTexts()) digest.update(tokenizer.encode(text).ids);
      const expected = fixture<{ model: Model; sha256: string }[]>("sweeps");
      expect(digest.digest("hex")).toBe(expected.find((row) => row.model === model)?.sha256);
    });

    it("knows the id that fills batches up", async () => {
      const tokenizer = await Tokenizer.load(FOLDERS[model], { maxLength: 64 });
      expect(tokenizer.padId).toBe(pad);
    });

    it("cuts at maxLength and keeps the special tokens", async () => {
      const long = await Tokenizer.load(FOLDERS[model], { maxLength: 1000 });
      const short = await Tokenizer.load(FOLDERS[model], { maxLength: 5 });
      const text = "the quick brown fox jumps over the lazy dog";
      const all = idsOf(long, text);
      expect(short.maxLength).toBe(5);
      expect(short.encode(text)).toEqual({
        ids: Int32Array.of(first, ...all.slice(1, 4), last),
        truncated: true,
      });
    });

    it("calls a text that just fits not truncated", async () => {
      const long = await Tokenizer.load(FOLDERS[model], { maxLength: 1000 });
      const { ids } = long.encode("the quick brown fox");
      const exact = await Tokenizer.load(FOLDERS[model], { maxLength: ids.length });
      const less = await Tokenizer.load(FOLDERS[model], { maxLength: ids.length - 1 });
      expect(exact.encode("the quick brown fox")).toEqual({ ids, truncated: false });
      expect(less.encode("the quick brown fox").truncated).toBe(true);
    });

    it("ignores the truncation and padding of tokenizer.json", () => {
      const changes = {
        truncation: { max_length: 8, strategy: "LongestFirst", stride: 0, direction: "Left" },
        padding: { strategy: { Fixed: 400 }, direction: "Left", pad_id: 7, pad_token: "[MASK]" },
      };
      const tokenizer = changed(model, changes, {}, { maxLength: 300 });
      expect(tokenizer.encode("a ".repeat(100).trimEnd()).ids).toHaveLength(102);
      expect(tokenizer.encode("a ".repeat(500)).ids).toHaveLength(300);
      expect(tokenizer.padId).toBe(pad);
    });

    it("keeps to maxLength and to the special tokens whatever the text", async () => {
      const cut = await Tokenizer.load(FOLDERS[model], { maxLength: 9 });
      const whole = await Tokenizer.load(FOLDERS[model], { maxLength: 100_000 });
      fc.assert(
        fc.property(anyText, (text) => {
          const { ids, truncated } = cut.encode(text);
          const all = whole.encode(text);
          expect(all.truncated).toBe(false);
          expect(ids.length).toBe(Math.min(9, all.ids.length));
          expect(truncated).toBe(all.ids.length > 9);
          expect([ids[0], ids.at(-1)]).toEqual([first, last]);
          expect([...ids.slice(0, -1)]).toEqual([...all.ids.slice(0, ids.length - 1)]);
        }),
        { numRuns: 300 },
      );
    });

    // A byte-level word is another one with a space in front.
    it.skipIf(model === "tiny-roberta")(
      "gives words between spaces the same ids as alone",
      async () => {
        const tokenizer = await Tokenizer.load(FOLDERS[model], { maxLength: 100_000 });
        fc.assert(
          fc.property(anyText, anyText, (one, two) => {
            const content = (text: string) => idsOf(tokenizer, text).slice(1, -1);
            expect(content(`${one} ${two}`)).toEqual([...content(one), ...content(two)]);
          }),
          { numRuns: 300 },
        );
      },
    );

    for (const [name, text] of Object.entries(megabytes())) {
      it(`tokenizes a megabyte of ${name} within seconds`, { timeout: 20_000 }, async () => {
        const tokenizer = await Tokenizer.load(FOLDERS[model], { maxLength: 10_000_000 });
        const { ids, truncated } = tokenizer.encode(text);
        expect(truncated).toBe(false);
        expect([ids[0], ids.at(-1)]).toEqual([first, last]);
      });
    }

    it("refuses half of a surrogate pair, with its position and a remedy", async () => {
      const tokenizer = await Tokenizer.load(FOLDERS[model], { maxLength: 64 });
      for (const [text, position] of [
        ["ab\ud83d", 2],
        ["\ude00", 0],
        ["😀\ude00\ud83d", 2],
        ["\ud83d\ud83d\ude00", 0],
      ] as const) {
        const error = await errorOf(() => tokenizer.encode(text));
        expect(error.code).toBe("ERR_INVALID_TEXT");
        expect(error.message).toContain(`position ${position} `);
        expect(error.message).toContain("text.toWellFormed()");
      }
      expect(tokenizer.encode("😀").truncated).toBe(false);
    });
  });
}

describe("a tokenizer with changed files gives Python's ids", () => {
  const [head, ...variants] = fixture<[{ texts: string[] }, ...Variant[]]>("variants");

  for (const { model, name, json, config, lowerCase, ids } of variants) {
    it(`${model}: ${name}`, () => {
      const tokenizer = changed(model, json, config, { maxLength: 12, lowerCase });
      for (const [i, text] of head.texts.entries()) {
        expect(idsOf(tokenizer, text), JSON.stringify(text)).toEqual(ids[i]);
      }
    });
  }
});

describe("WordPiece", () => {
  const vocab = Object.fromEntries(
    ["[UNK]", "[PAD]", "😀", "##😀", "a", "##a"].map((t, i) => [t, i]),
  );
  const model = { type: "WordPiece", vocab, max_input_chars_per_word: 3 };
  const tokenizer = new Tokenizer({ model }, undefined, { maxLength: 100 });

  it("counts characters rather than UTF-16 units of a word", () => {
    expect(idsOf(tokenizer, "😀 😀😀😀 😀😀😀😀")).toEqual([2, 2, 3, 3, 0]);
    expect(idsOf(tokenizer, "aaa aaaa 😀aa 😀aaa")).toEqual([4, 5, 5, 0, 2, 5, 5, 0]);
  });

  it("has no place in its vocabulary for a word that is too long", () => {
    const long = { ...model, vocab: { ...vocab, aaaa: 6 } };
    const other = new Tokenizer({ model: long }, undefined, { maxLength: 100 });
    expect(idsOf(other, "aaaa")).toEqual([0]);
  });
});

describe("SentencePiece's own normalizer", () => {
  const [head, ...cases] =
    fixture<[{ charsmap: string }, ...{ text: string; normalized: string }[]]>("precompiled");

  it("gives Python's texts", () => {
    const precompiled = new Precompiled({ precompiled_charsmap: head.charsmap }, "normalizer");
    for (const { text, normalized } of cases) {
      expect(precompiled.normalize(text), JSON.stringify(text)).toBe(normalized);
    }
  });

  it("replaces a text as a whole as it does in parts between letters", () => {
    const precompiled = new Precompiled({ precompiled_charsmap: head.charsmap }, "normalizer");
    fc.assert(
      fc.property(anyText, anyText, (one, two) => {
        const parts = [`x${one}x`, `x${two}x`].map((part) => precompiled.normalize(part));
        expect(precompiled.normalize(`x${one}xx${two}x`)).toBe(parts.join(""));
      }),
      { numRuns: 300 },
    );
  });

  it("takes a megabyte of marks, of decomposed letters and of ideographs", () => {
    const precompiled = new Precompiled({ precompiled_charsmap: head.charsmap }, "normalizer");
    expect(precompiled.normalize("\u0301".repeat(500_000))).toHaveLength(500_000);
    expect(precompiled.normalize("e\u0301".repeat(300_000))).toBe("é".repeat(300_000));
    expect(precompiled.normalize("中".repeat(350_000))).toHaveLength(350_000);
  });

  it("refuses a table that is none", async () => {
    for (const table of ["", "AAAA", "////////", 5]) {
      const error = await errorOf(
        () => new Precompiled({ precompiled_charsmap: table }, "normalizer"),
      );
      expect(error.code).toBe("ERR_MODEL_FORMAT");
      expect(error.message).toContain("normalizer.precompiled_charsmap");
    }
  });
});

describe("a tokenizer that cannot be", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "nigh-tokens-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const load = () => errorOf(() => Tokenizer.load(folder, { maxLength: 8 }));
  const vocab = { "[UNK]": 0, "[PAD]": 1, a: 2 };
  const minimal = { model: { type: "WordPiece", unk_token: "[UNK]", vocab } };

  it("is one without tokenizer.json", async () => {
    const error = await load();
    expect(error.code).toBe("ERR_FILE");
    expect(error.message).toContain(join(folder, "tokenizer.json"));
    expect(error.message).toContain("fetch the model's files again");
  });

  it("is one with a file that is no JSON, whichever it is", async () => {
    for (const name of ["tokenizer.json", "tokenizer_config.json"]) {
      writeFileSync(join(folder, "tokenizer.json"), JSON.stringify(minimal));
      writeFileSync(join(folder, name), "version https://git-lfs.github.com/spec/v1");
      const error = await load();
      expect(error.code).toBe("ERR_MODEL_FORMAT");
      expect(error.message).toContain(`${join(folder, name)} is not valid JSON`);
    }
  });

  for (const [what, value, named] of [
    ["an array", [], "tokenizer.json must be an object"],
    ["no model", {}, "tokenizer.json: model must be an object"],
    ["no vocabulary", { model: { type: "WordPiece" } }, "model.vocab must be an object"],
    ["a broken id", { model: { vocab: { a: "1" } } }, 'model.vocab["a"] must be a token id'],
    ["an unknown token that is unknown", { model: { vocab: { a: 1 } } }, "model.unk_token"],
    ["broken scores", { model: { vocab: [["a", null]], unk_id: 0 } }, "model.vocab[0][1]"],
    ["no unk_id", { model: { type: "Unigram", vocab: [["a", -1]] } }, "model.unk_id"],
    ["a far unk_id", { model: { type: "Unigram", vocab: [["a", -1]], unk_id: 1 } }, "below 1"],
    ["broken added tokens", { ...minimal, added_tokens: [{ id: 1 }] }, "added_tokens[0].content"],
    ["a broken template", { ...minimal, post_processor: { type: "BertProcessing" } }, ".cls"],
    [
      "a template without a text",
      {
        ...minimal,
        post_processor: { type: "TemplateProcessing", single: [], special_tokens: {} },
      },
      "post_processor.single must be a template with a text",
    ],
    [
      "a merge of three tokens",
      { model: { type: "BPE", vocab: { a: 0 }, merges: ["a a a"] } },
      "tokenizer.json: model.merges[0]",
    ],
    [
      "a merge of tokens that are not there",
      { model: { type: "BPE", vocab: { a: 0, b: 1 }, merges: [["a", "b"]] } },
      "tokenizer.json: model.merges[0]",
    ],
    [
      "no token to pad with",
      { model: { type: "WordPiece", vocab: { "[UNK]": 0 } } },
      "tokenizer_config.json: pad_token",
    ],
  ] as const) {
    it(`is one with ${what}`, async () => {
      writeFileSync(join(folder, "tokenizer.json"), JSON.stringify(value));
      const error = await load();
      expect(error.code).toBe("ERR_MODEL_FORMAT");
      expect(error.message).toContain(folder);
      expect(error.message).toContain(named);
      expect(error.message).toContain("Fetch the model's files again");
    });
  }

  for (const [what, value] of [
    ["the model", { model: { type: "WordLevel", vocab: {} } }],
    ["BPE with dropout", { model: { type: "BPE", vocab: {}, merges: [], dropout: 0.1 } }],
    ["BPE with bytes", { model: { type: "BPE", vocab: {}, merges: [], byte_fallback: true } }],
    [
      "BPE with a prefix",
      { model: { type: "BPE", vocab: {}, merges: [], continuing_subword_prefix: "##" } },
    ],
    ["the normalizer", { normalizer: { type: "Nmt" } }],
    ["the pre-tokenizer", { pre_tokenizer: { type: "Digits" } }],
    ["the prefix scheme", { pre_tokenizer: { type: "Metaspace", prepend_scheme: "first" } }],
    ["the post-processor", { post_processor: { type: "PairProcessing" } }],
  ] as const) {
    it(`is one of a kind that is not supported: ${what}`, async () => {
      writeFileSync(join(folder, "tokenizer.json"), JSON.stringify({ ...minimal, ...value }));
      const config = { tokenizer_class: "PreTrainedTokenizerFast" };
      writeFileSync(join(folder, "tokenizer_config.json"), JSON.stringify(config));
      const error = await load();
      expect(error.code).toBe("ERR_UNSUPPORTED_MODEL");
      expect(error.message).toContain("tokenizer.json: ");
    });
  }

  it("is one without room for text, while a room of one token will do", async () => {
    const options = (maxLength: number) => ({ maxLength });
    for (const maxLength of [2, 0, -1, 2.5, Number.NaN]) {
      const error = await errorOf(() => changed("all-minilm-l6-v2", {}, {}, options(maxLength)));
      expect(error.code).toBe("ERR_INVALID_ARGUMENT");
      expect(error.message).toContain("maxLength");
    }
    const smallest = changed("all-minilm-l6-v2", {}, {}, options(3));
    expect(idsOf(smallest, "a b")).toEqual([101, 1037, 102]);
  });

  it("is not a text that is no string", async () => {
    const tokenizer = new Tokenizer(minimal, undefined, { maxLength: 8 });
    const error = await errorOf(() => tokenizer.encode(5 as unknown as string));
    expect(error.code).toBe("ERR_INVALID_ARGUMENT");
    expect(error.message).toContain("the number 5");
  });

  it("is not one with the bare minimum", async () => {
    writeFileSync(join(folder, "tokenizer.json"), JSON.stringify(minimal));
    const tokenizer = await Tokenizer.load(folder, { maxLength: 8 });
    expect(idsOf(tokenizer, "A b, á")).toEqual([2, 0, 0, 2]);
  });
});

/** Well-formed text of characters that matter to tokenizers, and of any others. */
const anyText = fc
  .array(
    fc.oneof(
      fc.constantFrom(" ", "\t", "\u00a0", "[MASK]", "</s>", "the", "ing", "▁", ".", "Σ", "東"),
      fc.constantFrom("e\u0301", "\u0301", "\u200d", "\u00ad", "각", "ﬁ", "İ", "\u{1e130}", "😀"),
      fc.string({ unit: "binary", maxLength: 8 }),
      fc.string({ unit: "grapheme", maxLength: 8 }),
    ),
    { maxLength: 8 },
  )
  .map((parts) => parts.join(""));

/** All of Unicode, as in the script of the fixtures. */
function* sweepTexts(): Generator<string> {
  for (let start = 0; start < 0x110000; start += 256) {
    if (start >= 0xd800 && start < 0xe000) continue;
    const points = Array.from({ length: 256 }, (_, i) => String.fromCodePoint(start + i));
    yield points.map((c) => `a${c}b`).join(" ");
    yield points.join(" ");
    yield points.map((c) => `${c}e\u0301 o${c}\u0323\u0345`).join("");
  }
}

function megabytes(): Record<string, string> {
  return {
    "one word": "x".repeat(1_000_000),
    "unknown words": "☃ ".repeat(250_000),
    emoji: "😀".repeat(250_000),
    spaces: " ".repeat(1_000_000),
    punctuation: "!".repeat(1_000_000),
    "special tokens": "[MASK]</s>".repeat(100_000),
    "open brackets": "[<".repeat(500_000),
    marks: "\u0301".repeat(500_000),
    "characters newer than Rust's tables": "\u{1e130}".repeat(250_000),
    prose: "The quick brown fox jumps over the lazy dog. ".repeat(22_000),
  };
}
