import { SentenceTransformer } from "nigh";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expectRejection } from "./encoder/errors.js";
import { fixture, readJson, TINY_MODEL } from "./encoder/fixtures.js";
import { expectSameVectors } from "./encoder/vectors.js";

/** Texts that break encoders, each a list of [piece, times], and Python's vectors of them. */
interface OddTexts {
  readonly texts: readonly {
    readonly name: string;
    readonly pieces: readonly [string, number][];
  }[];
  readonly "all-MiniLM-L6-v2": readonly (readonly number[])[];
  readonly "tiny-multilingual-bert": readonly (readonly number[])[];
}

const odd = readJson<OddTexts>(fixture("golden/odd-texts.json"));
const texts = odd.texts.map(({ pieces }) =>
  pieces.map(([piece, times]) => piece.repeat(times)).join(""),
);

for (const [name, source] of [
  ["all-MiniLM-L6-v2", "all-MiniLM-L6-v2"],
  ["tiny-multilingual-bert", TINY_MODEL],
] as const) {
  describe(`odd texts through ${name}`, () => {
    let model: SentenceTransformer;
    beforeAll(async () => {
      model = await SentenceTransformer.load(source);
    });
    afterAll(() => model.close());

    it.each(odd.texts.map((text, i) => ({ ...text, i })))(
      "$name gives Python's vector",
      async ({ i }) => {
        const vector = await model.encode(texts[i] as string);
        expectSameVectors([vector], [odd[name][i] as readonly number[]]);
      },
    );

    it("all of them in one call give Python's vectors, and the long ones count as truncated", async () => {
      let truncated = 0;
      const vectors = await model.encode(texts, {
        onProgress: (progress) => {
          truncated = progress.truncated;
        },
      });
      expectSameVectors(vectors, odd[name]);
      const tokens = await model.tokenize(texts);
      expect(truncated).toBe(tokens.filter((text) => text.truncated).length);
      expect(truncated).toBeGreaterThan(0);
    });
  });
}

describe("what is no text is refused with ERR_INVALID_TEXT and its place in the list", () => {
  let model: SentenceTransformer;
  beforeAll(async () => {
    model = await SentenceTransformer.load(TINY_MODEL, { threads: 1 });
  });
  afterAll(() => model.close());

  const encodeAnything = (input: unknown): Promise<unknown> => model.encode(input as string[]);

  const sparse: unknown[] = ["first"];
  sparse[2] = "third";
  it.each([
    ["null", ["good", null], "text 1 must be a string, found null"],
    ["undefined", ["good", "good", undefined], "text 2 must be a string, found undefined"],
    ["a number", [42], "text 0 must be a string, found the number 42"],
    ["a boolean", ["good", true], "text 1"],
    ["a nested list", ["good", ["a", "b"]], "text 1 must be a string, found an array of length 2"],
    ["an object", ["good", { text: "a" }], "text 1"],
    ["a String object", [new String("boxed")], "text 0"],
    ["a bigint", [10n], "text 0"],
    ["a symbol", [Symbol("s")], "text 0"],
    ["a hole in a sparse list", sparse, "text 1 must be a string, found undefined"],
    ["a lone high surrogate", ["good", "half \ud83d of a rocket"], "text 1 has a lone surrogate"],
    ["a lone low surrogate", ["\ude80"], "text 0 has a lone surrogate"],
    ["surrogates in the wrong order", ["good", "\ude80\ud83d"], "text 1 has a lone surrogate"],
  ])("%s in a list", async (_, input, found) => {
    await expectRejection(encodeAnything(input), "ERR_INVALID_TEXT", found);
  });

  it.each([
    ["null", null],
    ["undefined", undefined],
    ["a number", 7],
    ["an object", { 0: "text", length: 1 }],
    ["a Set", new Set(["text"])],
    ["bytes", new Uint8Array([65])],
  ])("%s in place of a text or list", async (_, input) => {
    await expectRejection(
      encodeAnything(input),
      "ERR_INVALID_TEXT",
      "expected a string or an array of strings",
    );
  });

  it("a lone surrogate alone, in encodeQuery, encodeDocument and tokenize alike", async () => {
    const half = "\ud800";
    await expectRejection(model.encode(half), "ERR_INVALID_TEXT", "text 0", "toWellFormed");
    await expectRejection(model.encodeQuery([half]), "ERR_INVALID_TEXT", "text 0");
    await expectRejection(model.encodeDocument(half), "ERR_INVALID_TEXT", "text 0");
    await expectRejection(model.tokenize(["good", half]), "ERR_INVALID_TEXT", "text 1");
  });

  it("the model still works afterwards", async () => {
    await expectRejection(encodeAnything([null]), "ERR_INVALID_TEXT");
    expect(await model.encode("good")).toHaveLength(48);
  });
});
