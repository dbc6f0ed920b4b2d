import { appendFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { NighError, SentenceTransformer } from "nigh";
import { describe, expect, it } from "vitest";
import { readSafetensors } from "../src/encoder/safetensors.js";
import { expectRejection, rejection } from "./encoder/errors.js";
import { BUNDLED_MODEL } from "./encoder/fixtures.js";
import { bundledFolder, type Changes, tinyFolder } from "./encoder/folders.js";
import { headerEnd, rewriteTinyWeights, tinyConfig, tinyWeights } from "./encoder/tiny-model.js";
import { temporaryFolder } from "./shared/temporary-folder.js";

function load(folder: string): Promise<SentenceTransformer> {
  return SentenceTransformer.load(folder, { threads: 1 });
}

function loadTiny(changes: Changes): Promise<SentenceTransformer> {
  return load(tinyFolder(changes));
}

describe("a model that cannot be found, with no network to ask", () => {
  const offline = { localFilesOnly: true };

  it("is answered with the nearest known name", async () => {
    await expectRejection(
      SentenceTransformer.load("all-MiniLM-L6-v3", offline),
      "ERR_MODEL_NOT_FOUND",
      'no model "all-MiniLM-L6-v3"',
      'Did you mean "all-MiniLM-L6-v2"?',
    );
  });

  it("is answered with the nearest known name under the organisation's name too", async () => {
    await expectRejection(
      SentenceTransformer.load("sentence-transformers/all-minilm-l6", offline),
      "ERR_MODEL_NOT_FOUND",
      'Did you mean "all-MiniLM-L6-v2"?',
    );
  });

  it("is answered with the known names when none is near", async () => {
    const error = await rejection(SentenceTransformer.load("word2vec", offline));
    expect(error.code).toBe("ERR_MODEL_NOT_FOUND");
    expect(error.message).toContain("Known: all-MiniLM-L6-v2");
    expect(error.message).not.toContain("Did you mean");
  });

  it("is answered with the folder that was looked for when a path was given", async () => {
    const missing = join(temporaryFolder(), "nowhere");
    await expectRejection(load(missing), "ERR_MODEL_NOT_FOUND", missing);
  });

  it.each([
    ["an empty name", ""],
    ["blanks", "  "],
    ["a number", 5],
    ["null", null],
    ["undefined", undefined],
  ])("%s: ERR_INVALID_ARGUMENT", async (_, name) => {
    await expectRejection(SentenceTransformer.load(name as string), "ERR_INVALID_ARGUMENT");
  });
});

describe("a folder that lacks a file", () => {
  it("is no model folder when it is empty: config.json is named", async () => {
    await expectRejection(load(temporaryFolder()), "ERR_MODEL_FORMAT", "config.json is missing");
  });

  it.each([
    ["model.safetensors", "ERR_MODEL_NOT_FOUND"],
    ["config.json", "ERR_MODEL_FORMAT"],
    ["tokenizer.json", "ERR_FILE"],
    ["1_Pooling/config.json", "ERR_MODEL_FORMAT"],
  ] as const)("%s: %s, and the file is named", async (name, code) => {
    await expectRejection(loadTiny({ [name]: null }), code, name);
  });

  it("weights in PyTorch's format only: ERR_MODEL_NOT_FOUND that names model.safetensors", async () => {
    const changes = { "model.safetensors": null, "pytorch_model.bin": "PK" };
    await expectRejection(loadTiny(changes), "ERR_MODEL_NOT_FOUND", "model.safetensors");
  });

  it.each(["model.safetensors", "config.json", "tokenizer.json", "modules.json"])(
    "%s is a folder: ERR_FILE, and it is named",
    async (name) => {
      const changes = { [name]: null, [`${name}/inside.txt`]: "" };
      await expectRejection(loadTiny(changes), "ERR_FILE", name);
    },
  );
});

describe("a malformed file", () => {
  it.each([
    ["config.json", "", "config.json is malformed"],
    ["config.json", '{"model_type": "bert", "hidden_', "config.json is malformed"],
    ["config.json", "[1, 2]", "config.json is malformed"],
    ["config.json", "\u0000\u0001\u0002", "config.json is malformed"],
    ["config.json", { model_type: "bert" }, "hidden_size"],
    ["config.json", { ...tinyConfig(), hidden_size: "48" }, "hidden_size"],
    ["config.json", { ...tinyConfig(), num_hidden_layers: -2 }, "num_hidden_layers"],
    ["config.json", { ...tinyConfig(), num_attention_heads: 5 }, "5 attention heads"],
    ["modules.json", "{}", "modules.json is malformed"],
    ["modules.json", [{ path: 3, type: "sentence_transformers.models.Transformer" }], "path"],
    ["1_Pooling/config.json", { pooling_mode: "median" }, "pooling_mode"],
    ["1_Pooling/config.json", { pooling_mode: [] }, "pooling_mode"],
    ["1_Pooling/config.json", { pooling_mode_cls_token: "yes" }, "pooling_mode_cls_token"],
    ["sentence_bert_config.json", { max_seq_length: 0 }, "max_seq_length"],
    ["sentence_bert_config.json", { max_seq_length: "long" }, "max_seq_length"],
    ["config_sentence_transformers.json", { prompts: ["query: "] }, "prompts"],
    ["config_sentence_transformers.json", { similarity_fn_name: "cosin" }, "similarity_fn_name"],
    ["tokenizer_config.json", '{"model_max_length": ', "tokenizer_config.json is malformed"],
    ["tokenizer.json", '{"version": "1.0", ', "tokenizer.json"],
    ["tokenizer.json", {}, "tokenizer"],
  ])("%s = %j: ERR_MODEL_FORMAT that names it", async (name, content, found) => {
    await expectRejection(loadTiny({ [name]: content }), "ERR_MODEL_FORMAT", found);
  });
});

describe("weights that do not belong to config.json", () => {
  it.each([
    ["hidden_size", 24],
    ["hidden_size", 96],
    ["vocab_size", 100],
    ["max_position_embeddings", 16],
    ["max_position_embeddings", 1000],
    ["intermediate_size", 95],
    ["num_hidden_layers", 3],
  ])("%s %i: ERR_MODEL_FORMAT, as Python refuses it", async (key, value) => {
    const changes = { "config.json": { ...tinyConfig(), [key]: value } };
    await expectRejection(loadTiny(changes), "ERR_MODEL_FORMAT", "do not belong together");
  });

  it("a tensor that is missing is named", async () => {
    const name = "encoder.layer.1.output.dense.bias";
    await expectRejection(loadTiny(withTensor(name, undefined)), "ERR_MODEL_FORMAT", name);
  });

  it("a tensor that is turned on its side is named with both shapes", async () => {
    const name = "encoder.layer.0.intermediate.dense.weight";
    await expectRejection(
      loadTiny(withTensor(name, [48, 96])),
      "ERR_MODEL_FORMAT",
      name,
      "48 x 96",
      "96 x 48",
    );
  });

  function withTensor(changed: string, newShape: readonly number[] | undefined): Changes {
    const weights = rewriteTinyWeights(({ name, shape }, data) => {
      if (name !== changed) return { name, type: "F32", shape, data };
      return newShape && { name, type: "F32", shape: newShape, data };
    });
    return { "model.safetensors": weights };
  }
});

describe("damaged weights", () => {
  const FORMAT_ERROR = { name: "NighError", code: "ERR_MODEL_FORMAT" };
  const whole = tinyWeights();
  const header = headerEnd(whole);

  it.each([
    ["nothing", 0],
    ["1 byte", 1],
    ["7 bytes", 7],
    ["the length of the header", 8],
    ["the length and 1 byte", 9],
    ["half of the header", header >> 1],
    ["the header without its last byte", header - 1],
    ["the header", header],
    ["the header and 1 byte", header + 1],
    ["half of the file", whole.length >> 1],
    ["all but the last byte", whole.length - 1],
  ])("cut after %s: ERR_MODEL_FORMAT that names the file", async (_, length) => {
    const changes = { "model.safetensors": whole.subarray(0, length) };
    await expectRejection(loadTiny(changes), "ERR_MODEL_FORMAT", "model.safetensors");
  });

  it.each([
    [
      "a Git LFS pointer",
      "version https://git-lfs.github.com/spec/v1\noid sha256:53aa\nsize 90868376\n",
    ],
    ["a web page", "<!DOCTYPE html><html><body>404</body></html>"],
    ["zeros", new Uint8Array(4096)],
    ["a header that claims 2^64 - 1 bytes", new Uint8Array(64).fill(255)],
    ["a header that is a JSON array", safetensorsOf("[]")],
    ["a header with an entry that is null", safetensorsOf('{"a": null}')],
    ["a tensor of an unknown type", safetensorsOf(entry({ dtype: "F8_E4M3" }))],
    ["a type that is a property of every object", safetensorsOf(entry({ dtype: "constructor" }))],
    ["a tensor that ends before it begins", safetensorsOf(entry({ data_offsets: [4, 0] }))],
    ["a tensor with a negative offset", safetensorsOf(entry({ data_offsets: [-4, 0] }))],
    ["a tensor with a shape that is not its size", safetensorsOf(entry({ shape: [2] }))],
    ["a shape whose product overflows", safetensorsOf(entry({ shape: [2 ** 52, 2 ** 52] }))],
    ["a tensor beyond the end", safetensorsOf(entry({ data_offsets: [1e6, 1e6 + 4] }))],
  ])("%s in place of weights: ERR_MODEL_FORMAT", async (_, content) => {
    await expectRejection(
      loadTiny({ "model.safetensors": content }),
      "ERR_MODEL_FORMAT",
      "model.safetensors",
    );
  });

  function entry(changes: object): string {
    return JSON.stringify({ a: { dtype: "F32", shape: [1], data_offsets: [0, 4], ...changes } });
  }

  function safetensorsOf(json: string): Uint8Array {
    const bytes = new Uint8Array(8 + json.length + 4);
    new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
    bytes.set(new TextEncoder().encode(json), 8);
    return bytes;
  }

  it("a file that ends within its header is told from one whose header is no JSON", async () => {
    const [cut, noJson] = [whole.slice(0, header - 1), whole.slice()];
    noJson[8] = "[".charCodeAt(0);
    const claims = `the header claims ${header - 8} bytes, the file has ${cut.length}`;
    await expectRejection(loadTiny({ "model.safetensors": cut }), "ERR_MODEL_FORMAT", claims);
    const isNone = "its header is not a JSON object";
    await expectRejection(loadTiny({ "model.safetensors": noJson }), "ERR_MODEL_FORMAT", isNone);
  });

  it("any cut is refused by the reader", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: whole.length - 1 }), (length) => {
        const file = whole.subarray(0, length);
        expect(outcome(() => readSafetensors(file, "cut.safetensors"))).toMatchObject(FORMAT_ERROR);
      }),
      { numRuns: 200 },
    );
  });

  // A header may still be one after a flip (in the metadata, in an unused name): what it lists must then lie in the file.
  it("any flipped bytes in the header are refused by the reader, or leave tensors within the file", () => {
    fc.assert(
      fc.property(flips(0, header), (changed) => {
        const file = flipped(whole, changed);
        const read = outcome(() => readSafetensors(file, "flipped.safetensors"));
        if (read instanceof Error) {
          expect(read).toMatchObject(FORMAT_ERROR);
        } else {
          for (const { offset, byteLength } of read.tensors.values()) {
            expect(offset + byteLength).toBeLessThanOrEqual(file.length);
          }
        }
      }),
      { numRuns: 1000 },
    );
  });

  it("any cut of the file ends in a NighError, never in a crash", { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: whole.length - 1 }), async (length) => {
        const changes = { "model.safetensors": whole.subarray(0, length) };
        await expectRejection(loadTiny(changes), "ERR_MODEL_FORMAT", "model.safetensors");
      }),
      { numRuns: 10 },
    );
  });

  it("any flipped bytes in the header end in a NighError or a model that runs", {
    timeout: 60_000,
  }, async () => {
    await fc.assert(
      fc.asyncProperty(flips(8, header), async (changed) => {
        const changes = { "model.safetensors": flipped(whole, changed) };
        const model = await loadTiny(changes).catch((error: unknown) => error);
        if (model instanceof SentenceTransformer) {
          expect(await model.encode("still a vector")).toHaveLength(48);
          await model.close();
        } else {
          expect(model).toBeInstanceOf(NighError);
          expect((model as NighError).code).toBe("ERR_MODEL_FORMAT");
        }
      }),
      { numRuns: 20 },
    );
  });

  function flips(from: number, to: number): fc.Arbitrary<[number, number][]> {
    const flip = fc.tuple(fc.integer({ min: from, max: to - 1 }), fc.integer({ min: 1, max: 255 }));
    return fc.array(flip, { minLength: 1, maxLength: 4 });
  }
});

describe("the bundled model's list of checksums", () => {
  const wasDamaged = (name: string): string => `${name} is damaged: its sha256 is`;

  it("holds for the bundled model, linked file by file into another folder", async () => {
    const model = await load(bundledFolder());
    expect(await model.encode("text")).toHaveLength(384);
    await model.close();
  });

  it("refuses weights with one flipped byte: ERR_CHECKSUM that names file, found and expected", async () => {
    const folder = bundledFolder({ "model.safetensors": flipLast("model.safetensors") });
    await expectRejection(
      load(folder),
      "ERR_CHECKSUM",
      wasDamaged("model.safetensors"),
      expectedOf("model.safetensors"),
      "Install the model again",
    );
  });

  it("refuses a changed vocabulary: ERR_CHECKSUM", async () => {
    const folder = bundledFolder({ "vocab.txt": flipLast("vocab.txt") });
    await expectRejection(load(folder), "ERR_CHECKSUM", wasDamaged("vocab.txt"));
  });

  it("refuses a config.json that is valid but not the listed one: ERR_CHECKSUM", async () => {
    const folder = bundledFolder({
      "config.json": readFileSync(join(BUNDLED_MODEL, "config.json")),
    });
    appendFileSync(join(folder, "config.json"), " ");
    await expectRejection(load(folder), "ERR_CHECKSUM", wasDamaged("config.json"));
  });

  it("refuses a folder without a listed file: ERR_CHECKSUM that names it", async () => {
    const folder = bundledFolder({ "special_tokens_map.json": null });
    await expectRejection(load(folder), "ERR_CHECKSUM", "special_tokens_map.json is missing");
  });

  it("refuses a list that is not one: ERR_CHECKSUM that shows the line", async () => {
    const folder = bundledFolder({ SHA256SUMS: "not a checksum\n" });
    await expectRejection(load(folder), "ERR_CHECKSUM", "SHA256SUMS", "not a checksum");
  });

  it("refuses a folder without weights: ERR_MODEL_NOT_FOUND", async () => {
    const folder = bundledFolder({ "model.safetensors": null });
    await expectRejection(load(folder), "ERR_MODEL_NOT_FOUND", "model.safetensors is missing");
  });

  it("a damaged calibration is refused for int8 even without a list", async () => {
    const calibration = readFileSync(join(BUNDLED_MODEL, "nigh_calibration.safetensors"));
    const folder = bundledFolder({
      SHA256SUMS: null,
      "nigh_calibration.safetensors": calibration.subarray(0, calibration.length >> 1),
    });
    await expectRejection(
      SentenceTransformer.load(folder, { dtype: "int8", threads: 1 }),
      "ERR_MODEL_FORMAT",
      "nigh_calibration.safetensors",
    );
  });

  function flipLast(name: string): Uint8Array {
    const content = new Uint8Array(readFileSync(join(BUNDLED_MODEL, name)));
    return flipped(content, [[content.length - 1, 1]]);
  }

  function expectedOf(name: string): string {
    const lines = readFileSync(join(BUNDLED_MODEL, "SHA256SUMS"), "utf8").split("\n");
    return (lines.find((line) => line.endsWith(`  ${name}`)) as string).slice(0, 64);
  }
});

function flipped(file: Uint8Array, flips: readonly (readonly [number, number])[]): Uint8Array {
  const changed = file.slice();
  for (const [at, mask] of flips) changed[at] = (changed[at] as number) ^ mask;
  return changed;
}

/** What the work gives, or the error that it throws. */
function outcome<T>(work: () => T): T | Error {
  try {
    return work();
  } catch (error) {
    return error as Error;
  }
}
