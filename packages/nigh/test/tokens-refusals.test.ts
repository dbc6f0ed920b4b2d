import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { Tokenizer } from "../src/tokens/tokenizer.js";
import { temporaryFolder } from "./shared/temporary-folder.js";
import { changed, errorOf, idsOf } from "./tokens/tokenizers.js";

describe("a tokenizer that cannot be", () => {
  let folder: string;
  beforeEach(() => {
    folder = temporaryFolder();
  });

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
