import { readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { type ErrorCode, SentenceTransformer } from "nigh";
import { describe, expect, it } from "vitest";
import { expectRejection } from "./encoder/errors.js";
import { fixture, readJson } from "./encoder/fixtures.js";
import { type Changes, folderFrom } from "./encoder/folders.js";

function load(name: string, changes: Changes, dtype?: "int8"): Promise<SentenceTransformer> {
  const options = { threads: 1, ...(dtype && { dtype }) };
  return SentenceTransformer.load(folderFrom(name, changes), options);
}

function bytesOf(path: string): Uint8Array {
  return new Uint8Array(readFileSync(fixture(`models/${path}`)));
}

function json(path: string): Record<string, unknown> {
  return readJson(fixture(`models/${path}`));
}

describe("weights in shards", () => {
  const model = "tiny-roberta-sharded";
  const [first = "", second = ""] = [1, 2].map((i) => `model-0000${i}-of-00003.safetensors`);
  const INDEX = "model.safetensors.index.json";

  it.each([
    ["that is cut", { [second]: bytesOf(`${model}/${second}`).subarray(0, 20_000) }, second],
    [
      "that is cut in its header",
      { [second]: bytesOf(`${model}/${second}`).subarray(0, 99) },
      second,
    ],
    ["without a header", { [first]: "version https://git-lfs.github.com/spec/v1" }, first],
    ["whose header is no JSON", { [first]: bytesOf(`${model}/${first}`).fill(7, 8, 40) }, first],
  ])("a shard %s: ERR_MODEL_FORMAT that names it and what to do", async (_, changes, named) => {
    await expectRejection(
      load(model, changes),
      "ERR_MODEL_FORMAT",
      named,
      "bring it again from its source",
    );
  });

  it("a shard that is missing: ERR_MODEL_NOT_FOUND that names it and what to do", async () => {
    const changes = { [second]: null };
    const remedy = "Bring the whole model folder from its source";
    await expectRejection(load(model, changes), "ERR_MODEL_NOT_FOUND", second, remedy);
  });

  it("an index that is malformed, or leads out of the folder: ERR_MODEL_FORMAT that names it", async () => {
    for (const content of ["{", {}, { weight_map: { a: "../other/model.safetensors" } }]) {
      await expectRejection(load(model, { [INDEX]: content }), "ERR_MODEL_FORMAT", INDEX);
    }
  });

  it("an index that leaves out a file of weights: the tensor is named", async () => {
    const { weight_map: map } = json(`${model}/${INDEX}`) as { weight_map: Record<string, string> };
    const kept = Object.fromEntries(Object.entries(map).filter(([, file]) => file !== second));
    await expectRejection(
      load(model, { [INDEX]: { weight_map: kept } }),
      "ERR_MODEL_FORMAT",
      "no tensor",
      "do not belong together",
    );
  });

  it("a malformed index beside model.safetensors means nothing, as in Python", async () => {
    const loaded = await load("tiny-roberta", { [INDEX]: "{" });
    expect(await loaded.encode("text")).toHaveLength(32);
    await loaded.close();
  });

  it("shards that are links, as in Hugging Face's cache, are read", async () => {
    const folder = folderFrom(model, { [first]: null });
    symlinkSync(fixture(`models/${model}/${first}`), join(folder, first));
    const loaded = await SentenceTransformer.load(folder, { threads: 1 });
    expect(await loaded.encode("text")).toHaveLength(32);
    await loaded.close();
  });
});

describe("a tokenizer that does not fit the vocabulary", () => {
  it.each([
    ["tiny-roberta", 500],
    ["tiny-bert-dense", 300],
    ["tiny-xlm-roberta", 100],
  ])("of %s: ERR_MODEL_FORMAT with both numbers", async (model, rows) => {
    const config = { ...json(`${model}/config.json`), vocab_size: rows };
    await expectRejection(
      load(model, { "config.json": config }),
      "ERR_MODEL_FORMAT",
      "tokenizer.json has ids up to",
      `knows ${rows} tokens`,
      "bring the whole model folder",
    );
  });

  it("by one added token alone: ERR_MODEL_FORMAT", async () => {
    const tokenizer = json("tiny-bert-dense/tokenizer.json");
    const added = { id: 500, content: "[MORE]", special: true };
    const tokens = [...(tokenizer["added_tokens"] as unknown[]), added];
    await expectRejection(
      load("tiny-bert-dense", { "tokenizer.json": { ...tokenizer, added_tokens: tokens } }),
      "ERR_MODEL_FORMAT",
      "ids up to 500",
    );
  });

  it("of an exported model: ERR_MODEL_FORMAT", async () => {
    const config = { ...json("tiny-albert-onnx/config.json"), vocab_size: 400 };
    const changes = { "config.json": config };
    await expectRejection(
      load("tiny-albert-onnx", changes),
      "ERR_MODEL_FORMAT",
      "knows 400 tokens",
    );
  });
});

describe("modules", () => {
  const dense = json("tiny-bert-dense/2_Dense/config.json");
  const listed = readJson<{ path: string; type: string }[]>(
    fixture("models/tiny-bert-dense/modules.json"),
  );
  const withModule = (type: string, path = "2_Dense"): Changes => ({
    "modules.json": listed.map((one) => (one.path === "2_Dense" ? { ...one, type, path } : one)),
  });

  it.each<[string, Changes, ErrorCode, string[]]>([
    [
      "that nigh does not know",
      withModule("sentence_transformers.models.LSTM"),
      "ERR_UNSUPPORTED_MODEL",
      ["modules.json", '"sentence_transformers.models.LSTM"', "It runs Transformer"],
    ],
    [
      "with a misspelt name",
      withModule("sentence_transformers.models.Dence"),
      "ERR_UNSUPPORTED_MODEL",
      ['Did you mean "Dense"?'],
    ],
    [
      "of someone's own code",
      withModule("custom_st.Transformer2"),
      "ERR_UNSUPPORTED_MODEL",
      ["custom_st.Transformer2"],
    ],
    ["without its folder", { "2_Dense": null }, "ERR_MODEL_FORMAT", ["2_Dense", "is missing"]],
    [
      "without its weights",
      { "2_Dense/model.safetensors": null },
      "ERR_MODEL_NOT_FOUND",
      ["2_Dense", "model.safetensors is missing"],
    ],
    [
      "with cut weights",
      {
        "2_Dense/model.safetensors": bytesOf("tiny-bert-dense/2_Dense/model.safetensors").subarray(
          0,
          900,
        ),
      },
      "ERR_MODEL_FORMAT",
      ["2_Dense"],
    ],
    [
      "that gets vectors of another length",
      { "2_Dense/config.json": { ...dense, in_features: 48 } },
      "ERR_MODEL_FORMAT",
      ["Dense takes sentence_embedding of 48 dimensions, and gets 32"],
    ],
    [
      "whose weights are of another shape",
      { "2_Dense/config.json": { ...dense, out_features: 25 } },
      "ERR_MODEL_FORMAT",
      ["24 x 32", "25 x 32"],
    ],
    [
      "with an activation that nigh does not know",
      {
        "2_Dense/config.json": { ...dense, activation_function: "torch.nn.modules.activation.Tan" },
      },
      "ERR_UNSUPPORTED_MODEL",
      ["2_Dense", "torch.nn.modules.activation.Tan", "Tanh"],
    ],
    [
      "with an activation of someone's own code",
      { "2_Dense/config.json": { ...dense, activation_function: "custom.Tanh" } },
      "ERR_UNSUPPORTED_MODEL",
      ["custom.Tanh"],
    ],
    [
      "that leads out of the model's folder",
      withModule("sentence_transformers.models.Dense", "../2_Dense"),
      "ERR_MODEL_FORMAT",
      ["modules.json", "leads out of the model's folder"],
    ],
    [
      "before there is a vector of the text",
      { "modules.json": [listed[0], listed[2], listed[1]] },
      "ERR_MODEL_FORMAT",
      ["Dense takes sentence_embedding of 32 dimensions, and gets none"],
    ],
    [
      "without Pooling",
      { "modules.json": [listed[0], listed[2]] },
      "ERR_UNSUPPORTED_MODEL",
      ["Transformer -> Dense"],
    ],
  ])("%s", async (_, changes, code, parts) => {
    await expectRejection(load("tiny-bert-dense", changes), code, ...parts);
  });

  it("a Transformer for another task: ERR_UNSUPPORTED_MODEL", async () => {
    const changes = { "sentence_bert_config.json": { transformer_task: "text-generation" } };
    await expectRejection(
      load("tiny-roberta", changes),
      "ERR_UNSUPPORTED_MODEL",
      "text-generation",
    );
  });
});

describe("an architecture that nigh writes no graph for", () => {
  const model = "tiny-albert-onnx";

  it("without an ONNX file: ERR_UNSUPPORTED_MODEL that names it and what would run", async () => {
    await expectRejection(
      load(model, { onnx: null }),
      "ERR_UNSUPPORTED_MODEL",
      'the architecture is "albert"',
      "bert, distilbert, electra, mpnet, roberta, xlm-roberta from model.safetensors",
      "onnx/model.onnx",
    );
  });

  it("runs from an optimized export, and from one at the top of the folder", async () => {
    const onnx = bytesOf(`${model}/onnx/model.onnx`);
    for (const name of ["onnx/model_O3.onnx", "model.onnx"]) {
      const loaded = await load(model, { onnx: null, [name]: onnx });
      expect(await loaded.encode("text")).toHaveLength(24);
      await loaded.close();
    }
  });

  it("in int8: ERR_UNSUPPORTED_MODEL that says how it runs", async () => {
    await expectRejection(load(model, {}, "int8"), "ERR_UNSUPPORTED_MODEL", "float32 only");
  });

  it.each([
    ["nothing", ""],
    ["a Git LFS pointer", "version https://git-lfs.github.com/spec/v1\n"],
    ["half of the file", bytesOf(`${model}/onnx/model.onnx`).subarray(0, 70_000)],
  ])("with %s in place of the ONNX file: ERR_MODEL_FORMAT that names it", async (_, content) => {
    await expectRejection(
      load(model, { "onnx/model.onnx": content }),
      "ERR_MODEL_FORMAT",
      "onnx/model.onnx",
      "export it anew",
    );
  });

  it("whose vectors are of another length than Pooling says: ERR_UNSUPPORTED_MODEL on encoding", async () => {
    const changes = {
      "1_Pooling/config.json": { embedding_dimension: 16, pooling_mode: "mean" },
      "modules.json": readJson<unknown[]>(fixture(`models/${model}/modules.json`)).slice(0, 2),
    };
    const loaded = await load(model, changes);
    await expectRejection(
      loaded.encode("text"),
      "ERR_UNSUPPORTED_MODEL",
      "last_hidden_state",
      "16",
    );
    await loaded.close();
  });

  it("runs a known architecture, too, whose weights are in the ONNX file alone", async () => {
    const config = json("tiny-bert-dense/config.json");
    const loaded = await load(model, { "config.json": config });
    expect(await loaded.encode("text")).toHaveLength(24);
    await loaded.close();
  });

  it("an activation that no graph has: ERR_UNSUPPORTED_MODEL that names it", async () => {
    const changes = { "config.json": { ...json("tiny-roberta/config.json"), hidden_act: "xielu" } };
    await expectRejection(load("tiny-roberta", changes), "ERR_UNSUPPORTED_MODEL", '"xielu"');
  });
});
