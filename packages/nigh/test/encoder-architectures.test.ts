import { SentenceTransformer } from "nigh";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { fixture, type Golden, readJson } from "./encoder/fixtures.js";
import { folderFrom } from "./encoder/folders.js";
import { RUNTIMES } from "./encoder/runtimes.js";
import { cosines, expectSameVectors } from "./encoder/vectors.js";

interface ModelGolden extends Golden {
  readonly dimension: number;
  readonly similarity?: string;
  readonly query_embeddings?: Golden["embeddings"];
  readonly document_embeddings?: Golden["embeddings"];
}

/** Folders of fixtures/models, with what each is there for. */
const MODELS = {
  "tiny-distilbert": "DistilBERT, mean pooling",
  "tiny-mpnet": "MPNet, mean pooling, Normalize",
  "tiny-roberta": "RoBERTa, older spellings, weights under a prefix",
  "tiny-roberta-sharded": "RoBERTa in three shards, lasttoken, gelu_new",
  "tiny-xlm-roberta": "XLM-RoBERTa, cls, Normalize",
  "tiny-bert-prompts": "BERT, all poolings of what stands behind the prompt",
  "tiny-bert-dense": "BERT, Dense with tanh in the older spelling",
  "tiny-bert-modules": "BERT, Dense on tokens and texts, LayerNorm, truncate_dim, silu",
  "tiny-mpnet-float16": "MPNet in float16, weights under a prefix",
  "tiny-distilbert-bfloat16": "DistilBERT in bfloat16, max pooling, relu, weights under a prefix",
  "tiny-albert-onnx": "ALBERT from onnx/model.onnx, then Pooling and Dense",
} as const;

for (const { runtime, label, skip } of RUNTIMES) {
  describe.skipIf(skip).each(Object.entries(MODELS))(`%s (%s) on ${label}`, (name) => {
    const path = fixture(`models/${name}`);
    const golden = readJson<ModelGolden>(`${path}/golden.json`);
    let model: SentenceTransformer;
    beforeAll(async () => {
      model = await SentenceTransformer.load(path, { runtime });
    });
    afterAll(() => model.close());

    it("has Python's dimension, maximum length and similarity", () => {
      expect(model.dimension).toBe(golden.dimension);
      expect(model.maxSeqLength).toBe(golden.max_seq_length);
      expect(model.similarityFunction).toBe(golden.similarity ?? "cosine");
    });

    it("gives Python's token ids", async () => {
      const tokens = await model.tokenize(golden.texts);
      expect(tokens.map(({ ids }) => [...ids])).toEqual(golden.token_ids);
    });

    it.each([1, 7, 64])("gives Python's vectors at batch size %i", async (batchSize) => {
      const vectors = await model.encode(golden.texts, { batchSize });
      expect(vectors.shape).toEqual([golden.texts.length, golden.dimension]);
      expectSameVectors(vectors, golden.embeddings);
    });

    const { query_embeddings: queries, document_embeddings: documents } = golden;
    if (queries && documents) {
      it("gives Python's vectors of queries and documents, with their prompts", async () => {
        expectSameVectors(await model.encodeQuery(golden.texts), queries);
        expectSameVectors(await model.encodeDocument(golden.texts), documents);
        const [text = ""] = golden.texts;
        expectSameVectors([await model.encodeQuery(text)], queries.slice(0, 1));
      });
    }
  });
}

describe("the activation of the feed-forward layers", () => {
  const { texts, cases } = readJson<{
    texts: readonly string[];
    cases: readonly { name: string; embeddings: Golden["embeddings"] }[];
  }>(fixture("golden/activations.json"));
  const config = readJson<object>(fixture("models/tiny-roberta/config.json"));

  it.each(cases)("$name gives Python's vectors, on both runtimes", async ({ name, embeddings }) => {
    const path = folderFrom("tiny-roberta", { "config.json": { ...config, hidden_act: name } });
    for (const { runtime, skip } of RUNTIMES) {
      if (skip) continue;
      const model = await SentenceTransformer.load(path, { runtime, threads: 1 });
      onTestFinished(() => model.close());
      expectSameVectors(await model.encode(texts), embeddings);
    }
  });

  it.each(["gelu", "relu", "silu", "tanh", "linear"])("%s is run in int8", async (name) => {
    const path = folderFrom("tiny-roberta", { "config.json": { ...config, hidden_act: name } });
    const model = await SentenceTransformer.load(path, { dtype: "int8", threads: 1 });
    onTestFinished(() => model.close());
    const { embeddings = [] } = cases.find((one) => one.name === name) ?? {};
    expect(Math.min(...cosines(await model.encode(texts), embeddings))).toBeGreaterThan(0.995);
  });
});

describe("int8 of each architecture", () => {
  const names = Object.keys(MODELS).filter((name) => name !== "tiny-albert-onnx");

  it.each(names)("%s keeps near its float32 vectors", async (name) => {
    const path = fixture(`models/${name}`);
    const golden = readJson<ModelGolden>(`${path}/golden.json`);
    const model = await SentenceTransformer.load(path, { dtype: "int8", threads: 1 });
    onTestFinished(() => model.close());
    const found = cosines(await model.encode(golden.texts), golden.embeddings);
    expect(found.reduce((a, b) => a + b) / found.length).toBeGreaterThan(0.998);
  });
});

describe("truncate_dim of a model", () => {
  it("is what encode keeps as long as it is not told otherwise", async () => {
    const model = await SentenceTransformer.load(fixture("models/tiny-bert-modules"));
    onTestFinished(() => model.close());
    const all = await model.encode("a text", { truncateDim: 1000 });
    expect(all).toHaveLength(32);
    expect([...(await model.encode("a text"))]).toEqual([...all.subarray(0, 20)]);
    expect(await model.encode("a text", { truncateDim: 7 })).toHaveLength(7);
  });
});

describe("the fingerprint of a model with further modules", () => {
  const base = "tiny-bert-dense";
  const fingerprintOf = async (changes: Parameters<typeof folderFrom>[1]): Promise<string> => {
    const model = await SentenceTransformer.load(folderFrom(base, changes), { threads: 1 });
    onTestFinished(() => model.close());
    return model.fingerprint;
  };
  const dense = readJson<object>(fixture(`models/${base}/2_Dense/config.json`));

  it("is equal for two folders with the same content", async () => {
    expect(await fingerprintOf({})).toBe(await fingerprintOf({}));
  });

  it.each([
    [
      "the activation of Dense",
      {
        "2_Dense/config.json": {
          ...dense,
          activation_function: "torch.nn.modules.activation.ReLU",
        },
      },
    ],
    ["truncate_dim", { "config_sentence_transformers.json": { truncate_dim: 8 } }],
  ])("changes with %s", async (_, changes) => {
    expect(await fingerprintOf(changes)).not.toBe(await fingerprintOf({}));
  });
});
