import { QuantizedMatrix, quantizeEmbeddings, SentenceTransformer } from "nigh";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TINY_GOLDEN, TINY_MODEL } from "./encoder/fixtures.js";

const TEXTS = TINY_GOLDEN.texts.slice(0, 6);
const PRECISIONS = ["int8", "uint8", "binary", "ubinary"] as const;

let model: SentenceTransformer;
beforeAll(async () => {
  model = await SentenceTransformer.load(TINY_MODEL);
});
afterAll(() => model.close());

describe("encode in a precision", () => {
  it.each(PRECISIONS)("%s: is encode, then quantizeEmbeddings", async (precision) => {
    const options = { truncateDim: 20, normalizeEmbeddings: true };
    const wanted = quantizeEmbeddings(await model.encode(TEXTS, options), precision);
    const verbs = ["encode", "encodeQuery", "encodeDocument"] as const;
    for (const verb of verbs) {
      const found = await model[verb](TEXTS, { ...options, precision });
      expect(found).toBeInstanceOf(QuantizedMatrix);
      expect(found.data).toEqual(wanted.data);
      expect(found.ranges?.data).toEqual(wanted.ranges?.data);
    }
  });

  it("float32: is the default", async () => {
    const found = await model.encode(TEXTS, { precision: "float32" });
    expect(found.data).toEqual((await model.encode(TEXTS)).data);
  });

  it("gives bits of one text, and refuses the ranges of one", async () => {
    const text = TEXTS[0] as string;
    const bits = await model.encode(text, { precision: "binary" });
    expect(bits).toBeInstanceOf(Int8Array);
    const list = await model.encode([text], { precision: "binary" });
    expect(bits).toEqual(list.row(0));
    for (const input of [text, [text]] as const) {
      await expect(model.encode(input as string, { precision: "int8" })).rejects.toMatchObject({
        code: "ERR_INVALID_ARGUMENT",
        message: expect.stringContaining('quantizeEmbeddings([vector], "int8", { ranges })'),
      });
    }
  });

  it("gives rows for no texts, and refuses precisions that there are not", async () => {
    const none = await model.encode([], { precision: "int8" });
    expect(none.shape).toEqual([0, model.dimension]);
    await expect(model.encode("x", { precision: "int4" } as never)).rejects.toMatchObject({
      code: "ERR_INVALID_ARGUMENT",
      message: expect.stringContaining('"precision" must be one of "float32", "int8"'),
    });
  });
});
