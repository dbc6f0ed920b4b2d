import { createHash } from "node:crypto";
import { existsSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cosineSimilarity, lockModels, quantizeModel, SentenceTransformer } from "nigh";
import { beforeAll, describe, expect, it } from "vitest";
import { nigh } from "./cli/run-nigh.js";
import { fixture, TINY_MODEL } from "./encoder/fixtures.js";
import { RUNTIMES } from "./encoder/runtimes.js";
import { temporaryFolder } from "./shared/temporary-folder.js";

const TEXTS = ["The harbour froze in January.", "", "naïve façade", "again ".repeat(90)];
/** Architectures, a Dense module with weights of its own, prompts that pooling leaves out, half precision, shards. */
const MODELS = [
  "tiny-multilingual-bert",
  "tiny-mpnet-float16",
  "tiny-distilbert",
  "tiny-roberta-sharded",
  "tiny-bert-dense",
  "tiny-bert-modules",
  "tiny-bert-prompts",
] as const;

const folder = temporaryFolder();
const quantized = (name: string) => join(folder, name);

/** A folder of a quantized model of its own, to be damaged. */
async function another(name: string): Promise<string> {
  const out = quantized(name);
  await quantizeModel(TINY_MODEL, out);
  return out;
}

describe("quantizeModel", () => {
  beforeAll(async () => {
    for (const name of MODELS) await quantizeModel(fixture(`models/${name}`), quantized(name));
  });

  describe.each(RUNTIMES)("with $label", ({ runtime, skip }) => {
    // Calibration is native, where it can be; in WebAssembly it is off by roundings.
    const isExact = runtime === "native";
    it.skipIf(skip).each(MODELS)(
      `%s: the folder gives the vectors of dtype int8 ${isExact ? "to the bit" : "but for roundings"}, under the same fingerprint`,
      async (name) => {
        const original = fixture(`models/${name}`);
        const wanted = await SentenceTransformer.load(original, { dtype: "int8", runtime });
        const found = await SentenceTransformer.load(quantized(name), { runtime });
        expect(found.dtype).toBe("int8");
        expect(found.fingerprint).toBe(wanted.fingerprint);
        expect(found.maxSeqLength).toBe(wanted.maxSeqLength);
        for (const verb of ["encode", "encodeQuery", "encodeDocument"] as const) {
          const [a, b] = [await found[verb](TEXTS), await wanted[verb](TEXTS)];
          expect(a.shape).toEqual(b.shape);
          if (isExact) expect(a.data).toEqual(b.data);
          for (const [i, row] of [...a].entries())
            expect(cosineSimilarity(row, b.row(i))).toBeGreaterThan(0.9999);
        }
        await Promise.all([found.close(), wanted.close()]);
      },
    );
  });

  it("writes no weights but its own, and checksums of all files", async () => {
    const out = quantized("tiny-multilingual-bert");
    expect(existsSync(join(out, "model.safetensors"))).toBe(false);
    const made = statSync(join(out, "nigh_int8.safetensors")).size;
    expect(made).toBeLessThan(statSync(join(TINY_MODEL, "model.safetensors")).size);
    expect(readFileSync(join(out, "SHA256SUMS"), "utf8")).toContain("nigh_int8.safetensors");
    const { models } = await lockModels([out], { file: join(folder, "lock") });
    const [locked] = Object.values(models);
    expect(locked?.files.map(({ name }) => name)).toContain("nigh_int8.safetensors");
  });

  it("is what nigh models quantize does", async () => {
    const out = quantized("by command");
    const run = await nigh(["models", "quantize", TINY_MODEL, "--output", out, "--json"]);
    expect(run.code).toBe(0);
    expect(JSON.parse(run.stdout)).toMatchObject({ folder: out, source: TINY_MODEL });
    const encoded = await nigh(["encode", "a text", "--model", out, "--json"]);
    expect(JSON.parse(encoded.stdout)).toMatchObject({ dtype: "int8" });
  });

  it.each<[string, (out: string) => Promise<unknown>, string, string]>([
    [
      "fp32 of it",
      (out) => SentenceTransformer.load(out, { dtype: "fp32" }),
      "ERR_UNSUPPORTED_MODEL",
      "has int8 weights only",
    ],
    [
      "quantizing it again",
      (out) => quantizeModel(out, quantized("x")),
      "ERR_UNSUPPORTED_MODEL",
      "is quantized already",
    ],
    [
      "writing over what is there",
      (out) => quantizeModel(TINY_MODEL, out),
      "ERR_EXISTS",
      "is not empty",
    ],
    [
      "static models",
      () => quantizeModel(fixture("models/static-model2vec"), quantized("x")),
      "ERR_UNSUPPORTED_MODEL",
      "a static model",
    ],
    [
      "exported models",
      () => quantizeModel(fixture("models/tiny-albert-onnx"), quantized("x")),
      "ERR_UNSUPPORTED_MODEL",
      "in float32 only",
    ],
    [
      "other options",
      () => quantizeModel(TINY_MODEL, quantized("x"), { dtype: "int8" } as never),
      "ERR_UNKNOWN_OPTION",
      '"dtype"',
    ],
  ])("refuses %s", async (_, run, code, message) => {
    await expect(run(quantized("tiny-multilingual-bert"))).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message),
    });
    expect(existsSync(quantized("x"))).toBe(false);
  });

  it("writes nothing when it is stopped: ERR_ABORTED", async () => {
    const work = quantizeModel(TINY_MODEL, quantized("x"), { signal: AbortSignal.abort() });
    await expect(work).rejects.toMatchObject({ code: "ERR_ABORTED" });
    expect(existsSync(quantized("x"))).toBe(false);
  });

  it.each<[string, (out: string) => void]>([
    ["weights that are cut off", (out) => truncateSync(join(out, "nigh_int8.safetensors"), 5000)],
    [
      "a pooling that was changed",
      (out) => writeFileSync(join(out, "1_Pooling/config.json"), "{}"),
    ],
    ["a list without the weights", (out) => writeFileSync(join(out, "SHA256SUMS"), "")],
  ])("refuses %s: ERR_CHECKSUM", async (name, damage) => {
    const out = await another(name);
    damage(out);
    await expect(SentenceTransformer.load(out)).rejects.toMatchObject({
      code: "ERR_CHECKSUM",
    });
  });

  it("refuses weights of another kind under its name: ERR_MODEL_FORMAT", async () => {
    const out = await another("another kind");
    const weights = readFileSync(join(TINY_MODEL, "model.safetensors"));
    writeFileSync(join(out, "nigh_int8.safetensors"), weights);
    const sum = createHash("sha256").update(weights).digest("hex");
    writeFileSync(join(out, "SHA256SUMS"), `${sum}  nigh_int8.safetensors\n`);
    await expect(SentenceTransformer.load(out)).rejects.toMatchObject({
      code: "ERR_MODEL_FORMAT",
      message: expect.stringContaining("make the folder again with nigh models quantize"),
    });
  });
});
