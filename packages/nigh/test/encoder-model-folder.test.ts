import { type Matrix, SentenceTransformer } from "nigh";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { expectRejection } from "./encoder/errors.js";
import { fixture, readJson, TINY_MODEL } from "./encoder/fixtures.js";
import { type Changes, tinyFolder } from "./encoder/folders.js";
import { renameTinyWeights, tinyConfig, tinyModules, tinyWeightsAs } from "./encoder/tiny-model.js";
import {
  expectSameDirection,
  expectSameNumbers,
  expectSameVectors,
  lengthOf,
} from "./encoder/vectors.js";

/** One way to change the tiny model's folder, and what Python's sentence-transformers then gives. */
interface FolderCase {
  readonly name: string;
  readonly files: Changes;
  readonly dimension: number;
  readonly maxSeqLength: number;
  readonly prompts: Readonly<Record<string, string>>;
  readonly similarity: string;
  readonly embeddings: readonly (readonly number[])[];
  readonly similarities?: readonly (readonly number[])[];
  readonly pairs?: readonly number[];
  readonly queryEmbeddings?: readonly (readonly number[])[];
  readonly documentEmbeddings?: readonly (readonly number[])[];
}

const { texts, cases } = readJson<{ texts: readonly string[]; cases: readonly FolderCase[] }>(
  fixture("golden/model-folders.json"),
);

async function load(changes: Changes): Promise<SentenceTransformer> {
  return SentenceTransformer.load(tinyFolder(changes), { threads: 1 });
}

async function loadForThisTest(changes: Changes): Promise<SentenceTransformer> {
  const model = await load(changes);
  onTestFinished(() => model.close());
  return model;
}

describe("a model folder is read as Python's sentence-transformers reads it", () => {
  describe.each(cases)("$name", (folder) => {
    let model: SentenceTransformer;
    beforeAll(async () => {
      model = await load(folder.files);
    });
    afterAll(() => model.close());

    it("gives Python's vectors", async () => {
      expectSameVectors(await model.encode(texts), folder.embeddings);
    });

    it("has Python's dimension, maximum length, similarity and prompts", () => {
      expect(model.dimension).toBe(folder.dimension);
      expect(model.maxSeqLength).toBe(folder.maxSeqLength);
      expect(model.similarityFunction).toBe(folder.similarity);
      expect(model.prompts).toEqual(folder.prompts);
    });

    const { queryEmbeddings, documentEmbeddings, similarities, pairs } = folder;
    if (queryEmbeddings && documentEmbeddings) {
      it("gives Python's vectors of queries and documents", async () => {
        expectSameVectors(await model.encodeQuery(texts), queryEmbeddings);
        expectSameVectors(await model.encodeDocument(texts), documentEmbeddings);
        const first = texts[0] as string;
        expectSameVectors([await model.encodeQuery(first)], queryEmbeddings.slice(0, 1));
        expectSameVectors([await model.encodeDocument(first)], documentEmbeddings.slice(0, 1));
      });
    }

    if (similarities && pairs) {
      it("gives Python's similarities, of all and of pairs", async () => {
        const vectors = await model.encode(texts);
        const reversed = vectors.toArray().reverse();
        expectSameNumbers(model.similarity(vectors, vectors).toArray().flat(), similarities.flat());
        expectSameNumbers([...model.similarityPairwise(vectors, reversed)], pairs);
      });
    }
  });

  it("Normalize gives vectors of length 1", async () => {
    const { files } = cases.find(({ name }) => name === "Normalize at the end") as FolderCase;
    const vectors: Matrix = await (await loadForThisTest(files)).encode(texts);
    for (const vector of vectors) expect(lengthOf(vector)).toBeCloseTo(1, 5);
  });

  it("weights in float16 and bfloat16 are read, cast once and near the float32 vectors", async () => {
    for (const [type, lowest] of [
      ["F16", 0.9999],
      ["BF16", 0.999],
    ] as const) {
      const model = await loadForThisTest({ "model.safetensors": tinyWeightsAs(type) });
      expectSameDirection(await model.encode(texts), (cases[0] as FolderCase).embeddings, lowest);
    }
  });

  it.each([
    ["the prefix of a task model", (name: string) => `bert.${name}`],
    ["the names gamma and beta of old checkpoints", oldNormalization],
    ["both", (name: string) => `bert.${oldNormalization(name)}`],
  ])("weights under %s are found", async (_, rename) => {
    const model = await loadForThisTest({ "model.safetensors": renameTinyWeights(rename) });
    expectSameVectors(await model.encode(texts), (cases[0] as FolderCase).embeddings);
  });

  it("int8 of a model without a stored calibration stays near its float32 vectors", async () => {
    const model = await SentenceTransformer.load(TINY_MODEL, { dtype: "int8" });
    onTestFinished(() => model.close());
    expectSameDirection(await model.encode(texts), (cases[0] as FolderCase).embeddings, 0.99);
  });
});

describe("the fingerprint", () => {
  const fingerprintOf = async (changes: Changes): Promise<string> =>
    (await loadForThisTest(changes)).fingerprint;

  it("is equal for two folders with the same content, on both runtimes", async () => {
    const folder = tinyFolder();
    const wasm = await SentenceTransformer.load(folder, { runtime: "wasm" });
    onTestFinished(() => wasm.close());
    expect(await fingerprintOf({})).toBe(wasm.fingerprint);
  });

  it.each([
    ["pooling", { "1_Pooling/config.json": { embedding_dimension: 48, pooling_mode: "cls" } }],
    ["the maximum length", { "sentence_bert_config.json": { max_seq_length: 16 } }],
    ["lower case", { "sentence_bert_config.json": { do_lower_case: true } }],
    ["a prompt", { "config_sentence_transformers.json": { prompts: { query: "Q: " } } }],
    [
      "the default prompt",
      {
        "config_sentence_transformers.json": {
          prompts: { query: "", document: "" },
          default_prompt_name: "query",
        },
      },
    ],
    ["the activation", { "config.json": { ...tinyConfig(), hidden_act: "relu" } }],
    ["the attention heads", { "config.json": { ...tinyConfig(), num_attention_heads: 2 } }],
    ["a weight", { "model.safetensors": tinyWeightsAs("F16") }],
  ] as const)("changes with %s", async (_, changes) => {
    expect(await fingerprintOf(changes)).not.toBe(await fingerprintOf({}));
  });
});

describe("a model folder that nigh cannot run is refused, and the message says why", () => {
  it.each([
    [
      "an unsupported architecture",
      { "config.json": { ...tinyConfig(), model_type: "t5" } },
      '"t5"',
    ],
    [
      "an unknown module",
      {
        "modules.json": [
          ...tinyModules(),
          { idx: 2, name: "2", path: "2_LSTM", type: "sentence_transformers.models.LSTM" },
        ],
      },
      "LSTM",
    ],
    [
      "modules in another order",
      { "modules.json": [...tinyModules()].reverse() },
      "Pooling -> Transformer",
    ],
    ["no modules at all", { "modules.json": [] }, "modules.json"],
    [
      "an unknown activation",
      { "config.json": { ...tinyConfig(), hidden_act: "swishy" } },
      "swishy",
    ],
  ] as const)("%s: ERR_UNSUPPORTED_MODEL", async (_, changes, found) => {
    await expectRejection(
      SentenceTransformer.load(tinyFolder(changes)),
      "ERR_UNSUPPORTED_MODEL",
      found,
    );
  });
});

function oldNormalization(name: string): string {
  return name
    .replace("LayerNorm.weight", "LayerNorm.gamma")
    .replace("LayerNorm.bias", "LayerNorm.beta");
}
