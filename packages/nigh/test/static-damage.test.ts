import { cp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { SentenceTransformer } from "nigh";
import { beforeEach, describe, expect, it } from "vitest";
import { fixture } from "./encoder/fixtures.js";
import { writeTensors } from "./encoder/write-tensors.js";
import { temporaryFolder } from "./shared/temporary-folder.js";

let folder: string;
beforeEach(async () => {
  folder = temporaryFolder();
  await cp(fixture("models/static-model2vec"), folder, { recursive: true });
});

const load = () => SentenceTransformer.load(folder);

async function change(name: string, edit: (json: Record<string, unknown>) => void): Promise<void> {
  const path = join(folder, name);
  const json = JSON.parse(await readFile(path, "utf8"));
  edit(json);
  await writeFile(path, JSON.stringify(json));
}

/** Tensors of zeros, by name, type and shape. */
function tensors(
  ...list: readonly (readonly [string, string, readonly number[]])[]
): Promise<void> {
  const bytes: Record<string, number> = { F32: 4, I64: 8, I32: 4 };
  const made = list.map(([name, type, shape]) => ({
    name,
    type,
    shape,
    data: new Uint8Array(shape.reduce((a, b) => a * b, bytes[type] ?? 4)),
  }));
  return writeFile(join(folder, "model.safetensors"), writeTensors(made));
}

describe("a static model is refused, naming the file,", () => {
  it.each([
    ["without vectors", [["vectors", "F32", [300, 4]]], 'no tensor "embeddings"'],
    ["with vectors of integers", [["embeddings", "I32", [300, 4]]], "of type I32"],
    ["with a list for vectors", [["embeddings", "F32", [300]]], "expected [tokens, d]"],
    ["with too few vectors", [["embeddings", "F32", [7, 4]]], "has vectors of 7 tokens"],
    [
      "with a mapping of floats",
      [
        ["embeddings", "F32", [7, 4]],
        ["mapping", "F32", [300]],
      ],
      '"mapping" is of type F32',
    ],
    [
      "with weights for other tokens",
      [
        ["embeddings", "F32", [300, 4]],
        ["weights", "F32", [299]],
      ],
      '"weights" has 299 numbers for 300 tokens',
    ],
  ] as const)("%s", async (_, list, message) => {
    await tensors(...list);
    const error = await load().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "ERR_MODEL_FORMAT" });
    expect((error as Error).message).toContain(message);
    expect((error as Error).message).toContain(folder);
  });

  it("with a module behind it that nigh does not run there", async () => {
    const modules = ["StaticEmbedding", "LayerNorm"].map((type, i) => ({
      path: i === 0 ? "." : "1_LayerNorm",
      type: `sentence_transformers.models.${type}`,
    }));
    await writeFile(join(folder, "modules.json"), JSON.stringify(modules));
    await cp(join(folder, "config.json"), join(folder, "1_LayerNorm/config.json"));
    await writeFile(join(folder, "1_LayerNorm/config.json"), '{ "dimension": 12 }');
    await expect(load()).rejects.toMatchObject({ code: "ERR_UNSUPPORTED_MODEL" });
  });

  it("when it cuts the beginning of texts", async () => {
    await rm(join(folder, "config.json"));
    await change("tokenizer.json", (json) => {
      json.truncation = { max_length: 9, direction: "Left", strategy: "LongestFirst", stride: 0 };
    });
    await expect(load()).rejects.toMatchObject({ code: "ERR_UNSUPPORTED_MODEL" });
  });
});

it("another limit of a static model is another fingerprint", async () => {
  const before = await load();
  await change("config.json", (json) => {
    json.max_length = 3;
  });
  const after = await load();
  expect(after.fingerprint).not.toBe(before.fingerprint);
  expect(after.maxSeqLength).toBe(3);
  await Promise.all([before.close(), after.close()]);
});
