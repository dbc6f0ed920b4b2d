import { readFileSync } from "node:fs";
import { join } from "node:path";
import { CrossEncoder, SentenceTransformer } from "nigh";
import { describe, expect, it, onTestFinished } from "vitest";
import { toFloat32 } from "../src/encoder/float-formats.js";
import { readSafetensors } from "../src/encoder/safetensors.js";
import { CROSS_BERT } from "./cross-encoder/models.js";
import { expectRejection } from "./encoder/errors.js";
import { fixture, readJson } from "./encoder/fixtures.js";
import { type Changes, folderFrom } from "./encoder/folders.js";
import { type AnyTensor, writeTensors } from "./encoder/write-tensors.js";

function load(changes: Changes, name = "tiny-cross-bert", options = {}): Promise<CrossEncoder> {
  return CrossEncoder.load(folderFrom(name, changes), { threads: 1, ...options });
}

function configWith(changes: object, name = "tiny-cross-bert"): Changes {
  const path = fixture(`models/${name}/config.json`);
  return { "config.json": { ...readJson<object>(path), ...changes } };
}

/** The weights of the BERT model, each tensor passed through `rewrite`; undefined leaves it out. */
function weightsWith(rewrite: (tensor: AnyTensor) => AnyTensor | undefined): Changes {
  const bytes = new Uint8Array(readFileSync(join(CROSS_BERT, "model.safetensors")));
  const { file, tensors } = readSafetensors(bytes, "model.safetensors");
  const written = [...tensors.values()].map((tensor) =>
    rewrite({ ...tensor, data: toFloat32(file, tensor) }),
  );
  return { "model.safetensors": writeTensors(written.filter((one) => one !== undefined)) };
}

describe("a classification head", () => {
  it("that is missing: ERR_MODEL_FORMAT that says so", async () => {
    const changes = weightsWith((one) => (one.name.startsWith("classifier") ? undefined : one));
    await expectRejection(
      load(changes),
      "ERR_MODEL_FORMAT",
      "no classification head",
      "classifier",
    );
  });

  it("that has a matrix and no bias: ERR_MODEL_FORMAT that names it", async () => {
    const changes = weightsWith((one) => (one.name === "classifier.bias" ? undefined : one));
    await expectRejection(load(changes), "ERR_MODEL_FORMAT", 'no tensor "classifier.bias"');
  });

  it("without BERT's pooler: ERR_MODEL_FORMAT that names it", async () => {
    const changes = weightsWith((one) => (one.name.includes("pooler") ? undefined : one));
    await expectRejection(load(changes), "ERR_MODEL_FORMAT", "bert.pooler.dense.weight");
  });

  it("of another shape: ERR_MODEL_FORMAT with both", async () => {
    const changes = configWith({ id2label: { 0: "no", 1: "yes" } });
    const [found, expected] = ["has the shape 1 x 16", "calls for 2 x 16"];
    await expectRejection(load(changes), "ERR_MODEL_FORMAT", "classifier.weight", found, expected);
  });

  it("with labels that are not numbered from 0: ERR_MODEL_FORMAT", async () => {
    const changes = configWith({ id2label: { 1: "yes" } });
    await expectRejection(load(changes), "ERR_MODEL_FORMAT", "config.json", "id2label");
  });

  it("with NaN in its weights: ERR_MODEL_FORMAT on predicting, no score", async () => {
    const changes = weightsWith((one) =>
      one.name === "classifier.bias" ? { ...one, data: Float32Array.of(Number.NaN) } : one,
    );
    const model = await load(changes);
    onTestFinished(() => model.close());
    await expectRejection(model.predict(["a", "b"]), "ERR_MODEL_FORMAT", "gives NaN for pair 0");
    await expectRejection(model.rank("a", ["b"]), "ERR_MODEL_FORMAT", "its weights are damaged");
  });

  it("in bfloat16 gives nearly the scores of float32", async () => {
    const toBits = (data: Float32Array): Uint16Array =>
      Uint16Array.from(new Uint32Array(Float32Array.from(data).buffer), (word) => word >>> 16);
    const changes = weightsWith((one) => ({
      ...one,
      type: "BF16",
      data: toBits(one.data as Float32Array),
    }));
    const [model, whole] = [await load(changes), await load({})];
    onTestFinished(async () => {
      await model.close();
      await whole.close();
    });
    const pair = ["who counts", "the keeper counts"] as const;
    const [score, expected] = [await model.predict(pair), await whole.predict(pair)];
    expect(Math.abs((score as number) - (expected as number))).toBeLessThan(0.1);
    expect(score).not.toBe(expected);
  });
});

describe("the activation of the scores", () => {
  const unknown = "torch.nn.modules.activation.Hardtanh";

  it.each([
    ["that nigh does not know", { sentence_transformers: { activation_fn: unknown } }, unknown],
    [
      "of someone's own code, in the older spelling",
      { sentence_transformers: undefined, sbert_ce_default_activation_function: "my.Own" },
      "my.Own",
    ],
  ])("%s: ERR_UNSUPPORTED_MODEL with what to do, which helps", async (_, changes, named) => {
    const loading = load(configWith(changes));
    const remedy = 'CrossEncoder.load(name, { activation: "sigmoid" })';
    await expectRejection(loading, "ERR_UNSUPPORTED_MODEL", "config.json", named, remedy);
    const model = await load(configWith(changes), undefined, { activation: "sigmoid" });
    onTestFinished(() => model.close());
    expect(await model.predict(["a", "b"])).toBeGreaterThan(0);
  });

  it("of modules.json's model is that of config_sentence_transformers.json", async () => {
    const saved = { model_type: "CrossEncoder", activation_fn: unknown };
    const changes = { "config_sentence_transformers.json": saved };
    const file = "config_sentence_transformers.json";
    await expectRejection(load(changes, "tiny-cross-mpnet"), "ERR_UNSUPPORTED_MODEL", file);
  });
});

describe("a model of another kind", () => {
  const advice = "Load it with SentenceTransformer.load";

  it.each(["tiny-distilbert", "tiny-bert-dense", "static-model2vec"])(
    "%s is refused by CrossEncoder.load, which says what takes it",
    async (name) => {
      const loading = CrossEncoder.load(fixture(`models/${name}`));
      await expectRejection(loading, "ERR_UNSUPPORTED_MODEL", "is no cross-encoder", advice);
    },
  );

  it("a plain encoder without modules.json is refused, too", async () => {
    const changes = configWith({ architectures: ["BertModel"] });
    await expectRejection(load(changes), "ERR_UNSUPPORTED_MODEL", "is no cross-encoder", advice);
  });

  it.each(["tiny-cross-bert", "tiny-cross-mpnet", "tiny-cross-albert-onnx"])(
    "%s is refused by SentenceTransformer.load, which says what takes it",
    async (name) => {
      const loading = SentenceTransformer.load(fixture(`models/${name}`));
      const advice = "Load it with CrossEncoder.load";
      await expectRejection(loading, "ERR_UNSUPPORTED_MODEL", "is a cross-encoder", advice);
    },
  );

  it("a language model that answers yes or no: ERR_UNSUPPORTED_MODEL that says so", async () => {
    const changes = configWith({ architectures: ["Qwen3ForCausalLM"] });
    await expectRejection(load(changes), "ERR_UNSUPPORTED_MODEL", "Qwen3ForCausalLM");
  });

  it("a cross-encoder of several modules: ERR_UNSUPPORTED_MODEL that lists them", async () => {
    const type = "sentence_transformers.base.modules";
    const modules = [
      { path: "", type: `${type}.transformer.Transformer` },
      { path: "1_Dense", type: `${type}.dense.Dense` },
    ];
    const loading = load({ "modules.json": modules }, "tiny-cross-mpnet");
    await expectRejection(loading, "ERR_UNSUPPORTED_MODEL", "Transformer -> Dense");
  });

  it("an architecture without a graph and without an ONNX file: ERR_UNSUPPORTED_MODEL", async () => {
    const loading = load({ onnx: null }, "tiny-cross-albert-onnx");
    await expectRejection(loading, "ERR_UNSUPPORTED_MODEL", '"albert"', "onnx/model.onnx");
  });

  it("an ONNX file that gives vectors and no logits: ERR_UNSUPPORTED_MODEL that says so", async () => {
    const vectors = readFileSync(fixture("models/tiny-albert-onnx/onnx/model.onnx"));
    const loading = load({ "onnx/model.onnx": new Uint8Array(vectors) }, "tiny-cross-albert-onnx");
    await expectRejection(loading, "ERR_UNSUPPORTED_MODEL", "last_hidden_state", "logits");
  });

  it("an ONNX file with another number of labels: ERR_UNSUPPORTED_MODEL on predicting", async () => {
    const changes = configWith({ id2label: { 0: "score" } }, "tiny-cross-albert-onnx");
    const model = await load(changes, "tiny-cross-albert-onnx");
    onTestFinished(() => model.close());
    await expectRejection(model.predict(["a", "b"]), "ERR_UNSUPPORTED_MODEL", "1 labels a text");
  });
});

describe("a tokenizer", () => {
  it("that gives types which the model does not know: ERR_MODEL_FORMAT", async () => {
    const changes = configWith({ type_vocab_size: 1 });
    await expectRejection(load(changes), "ERR_MODEL_FORMAT", "type_vocab_size", "token type 1");
  });

  it.each([
    ["without a template for pairs", { pair: null }],
    ["whose template for pairs has one text", { pair: [{ Sequence: { id: "A", type_id: 0 } }] }],
    [
      "whose template for pairs has a third text",
      { pair: [{ Sequence: { id: "C", type_id: 0 } }] },
    ],
  ])("%s: ERR_MODEL_FORMAT that says where", async (_, changes) => {
    const tokenizer = readJson<{ post_processor: object }>(join(CROSS_BERT, "tokenizer.json"));
    const post_processor = { ...tokenizer.post_processor, ...changes };
    const loading = load({ "tokenizer.json": { ...tokenizer, post_processor } });
    await expectRejection(loading, "ERR_MODEL_FORMAT", "post_processor.pair");
  });

  it("with a post-processor that nigh does not know: ERR_UNSUPPORTED_MODEL", async () => {
    const tokenizer = readJson<object>(join(CROSS_BERT, "tokenizer.json"));
    const changes = { "tokenizer.json": { ...tokenizer, post_processor: { type: "Own" } } };
    await expectRejection(load(changes), "ERR_UNSUPPORTED_MODEL", '"Own"');
  });
});
