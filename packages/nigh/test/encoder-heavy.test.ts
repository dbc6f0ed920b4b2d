import { readFileSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CrossEncoder, SentenceTransformer } from "nigh";
import { beforeAll, describe, expect, it } from "vitest";
import { expectRejection } from "./encoder/errors.js";
import { tinyFolder } from "./encoder/folders.js";
import { needsNative, skipNative } from "./encoder/runtimes.js";
import { tinyConfig, tinyModules } from "./encoder/tiny-model.js";
import { expectSameVectors } from "./encoder/vectors.js";
import { writeTensors } from "./encoder/write-tensors.js";

const HIDDEN = 1024;
const INNER = 4096;
const LAYERS = 3;
const TEXTS = ["The cat sat on the mat.", "", "Быстрая лиса 日本語", "one two three ".repeat(60)];

// A model whose layers take 151 MB: its matrices are mapped from the file, not copied.
describe.skipIf(skipNative)(needsNative("a model that is too big to be in memory twice"), () => {
  let folder: string;
  let path: string;
  const config = {
    ...tinyConfig(),
    hidden_size: HIDDEN,
    intermediate_size: INNER,
    num_hidden_layers: LAYERS,
  };
  beforeAll(() => {
    folder = tinyFolder({
      "config.json": config,
      "1_Pooling/config.json": { embedding_dimension: HIDDEN, pooling_mode: "mean" },
      "model.safetensors": heavyWeights(),
    });
    path = join(folder, "model.safetensors");
  });

  it("gives the vectors that WASM gives, whose weights are all copied", {
    timeout: 120_000,
  }, async () => {
    const mapped = await SentenceTransformer.load(folder, { runtime: "native" });
    const copied = await SentenceTransformer.load(folder, { runtime: "wasm" });
    expectSameVectors(await mapped.encode(TEXTS), await copied.encode(TEXTS), 0.99999);
    await Promise.all([mapped.close(), copied.close()]);
  });

  it("has a Dense module with weights of its own, which are not mapped", {
    timeout: 120_000,
  }, async () => {
    const tensors = [
      { name: "linear.weight", type: "F32", shape: [HIDDEN, HIDDEN], data: mirror() },
      { name: "linear.bias", type: "F32", shape: [HIDDEN], data: new Float32Array(HIDDEN) },
    ];
    const withDense = tinyFolder({
      "config.json": config,
      "1_Pooling/config.json": { embedding_dimension: HIDDEN, pooling_mode: "mean" },
      "modules.json": [...tinyModules(), { path: "2_Dense", type: "sentence_transformers.Dense" }],
      "2_Dense/config.json": {
        in_features: HIDDEN,
        out_features: HIDDEN,
        activation_function: "torch.nn.modules.linear.Identity",
      },
      "2_Dense/model.safetensors": writeTensors(tensors),
      "model.safetensors": null,
    });
    symlinkSync(path, join(withDense, "model.safetensors"));
    const plain = await SentenceTransformer.load(folder, { runtime: "native" });
    const turned = await SentenceTransformer.load(withDense, { runtime: "native" });
    const expected = [...(await plain.encode(TEXTS))].map((vector) => vector.toReversed());
    expectSameVectors(await turned.encode(TEXTS), expected, 0.99999);
    await Promise.all([plain.close(), turned.close()]);
  });

  it("gives the scores that WASM gives, as a cross-encoder", { timeout: 120_000 }, async () => {
    const cross = tinyFolder({
      "config.json": {
        ...config,
        architectures: ["BertForSequenceClassification"],
        id2label: { 0: "score" },
      },
      "modules.json": null,
      "model.safetensors": null,
    });
    symlinkSync(path, join(cross, "model.safetensors"));
    const pairs = TEXTS.map((text) => ["The cat sat.", text] as const);
    const [mapped, copied] = [
      await CrossEncoder.load(cross, { runtime: "native", activation: "identity" }),
      await CrossEncoder.load(cross, { runtime: "wasm", activation: "identity" }),
    ];
    const expected = (await copied.predict(pairs)) as Float32Array;
    const found = (await mapped.predict(pairs)) as Float32Array;
    found.forEach((score, i) => {
      expect(score).toBeCloseTo(expected[i] as number, 4);
    });
    expect(new Set(found).size).toBe(pairs.length);
    await Promise.all([mapped.close(), copied.close()]);
  });

  it.skipIf(process.platform !== "linux")(
    "maps its file only while it loads: what is written to the file later changes no vector",
    { timeout: 120_000 },
    async () => {
      const weights = readFileSync(path);
      const before = await SentenceTransformer.load(folder);
      const expected = await before.encode(TEXTS);
      await before.close();
      const model = await SentenceTransformer.load(folder);
      expect(readFileSync("/proc/self/maps", "utf8")).not.toContain(path);
      truncateSync(path, 100);
      const found = await model.encode(TEXTS);
      await model.close();
      expect([...found.data]).toEqual([...expected.data]);
      await expectRejection(SentenceTransformer.load(folder), "ERR_MODEL_FORMAT", path);
      writeFileSync(path, weights);
    },
  );
});

/** Small enough that no layer drowns another; the same at each run. */
function heavyWeights(): Uint8Array {
  let state = 1;
  const numbers = (shape: readonly number[], scale: number, offset = 0): Float32Array =>
    Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) | 0;
      return offset + (scale * state) / 2 ** 31;
    });
  const tensors: { name: string; type: "F32"; shape: number[]; data: Float32Array }[] = [];
  const add = (name: string, shape: number[], scale: number, offset?: number): void => {
    tensors.push({ name, type: "F32", shape, data: numbers(shape, scale, offset) });
  };
  const { vocab_size: rows, max_position_embeddings: positions } = tinyConfig() as {
    vocab_size: number;
    max_position_embeddings: number;
  };
  add("embeddings.word_embeddings.weight", [rows, HIDDEN], 1);
  add("embeddings.position_embeddings.weight", [positions, HIDDEN], 0.5);
  add("embeddings.token_type_embeddings.weight", [2, HIDDEN], 0.1);
  const norm = (name: string): void => {
    add(`${name}.LayerNorm.weight`, [HIDDEN], 0.2, 1);
    add(`${name}.LayerNorm.bias`, [HIDDEN], 0.1);
  };
  const linear = (name: string, outputs: number, inputs: number): void => {
    add(`${name}.weight`, [outputs, inputs], 2 / Math.sqrt(inputs));
    add(`${name}.bias`, [outputs], 0.1);
  };
  norm("embeddings");
  for (let i = 0; i < LAYERS; i++) {
    const layer = `encoder.layer.${i}`;
    for (const part of ["self.query", "self.key", "self.value", "output.dense"]) {
      linear(`${layer}.attention.${part}`, HIDDEN, HIDDEN);
    }
    norm(`${layer}.attention.output`);
    linear(`${layer}.intermediate.dense`, INNER, HIDDEN);
    linear(`${layer}.output.dense`, HIDDEN, INNER);
    norm(`${layer}.output`);
  }
  // Of a cross-encoder; others have no use for it.
  linear("bert.pooler.dense", HIDDEN, HIDDEN);
  linear("classifier", 1, HIDDEN);
  return writeTensors(tensors);
}

/** The matrix that turns a vector round. */
function mirror(): Float32Array {
  const matrix = new Float32Array(HIDDEN * HIDDEN);
  for (let i = 0; i < HIDDEN; i++) matrix[i * HIDDEN + HIDDEN - 1 - i] = 1;
  return matrix;
}
