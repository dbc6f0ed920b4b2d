import fc from "fast-check";
import { type EncodeOptions, Matrix, models, type Progress, SentenceTransformer } from "nigh";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expectRejection } from "./encoder/errors.js";
import { MINILM_GOLDEN, TINY_GOLDEN } from "./encoder/fixtures.js";
import { tinyFolder } from "./encoder/folders.js";
import { needsNative, skipNative } from "./encoder/runtimes.js";
import { cosine, cosines, expectSameVectors, lengthOf } from "./encoder/vectors.js";

const PROMPTS = { query: "Q: ", document: "D: ", shout: "HEY! " };

let minilm: SentenceTransformer;
let tiny: SentenceTransformer;
beforeAll(async () => {
  const folder = tinyFolder({
    "config_sentence_transformers.json": { prompts: PROMPTS, default_prompt_name: "shout" },
  });
  [minilm, tiny] = await Promise.all([
    SentenceTransformer.load("all-MiniLM-L6-v2"),
    SentenceTransformer.load(folder),
  ]);
});
afterAll(() => Promise.all([minilm.close(), tiny.close()]));

describe("load", () => {
  it("finds a name with or without the organisation, in any case", async () => {
    for (const name of ["sentence-transformers/all-MiniLM-L6-v2", "ALL-minilm-l6-V2"]) {
      const model = await SentenceTransformer.load(name, { threads: 1 });
      expect(model.name).toBe("all-MiniLM-L6-v2");
      expect(model.fingerprint).toBe(minilm.fingerprint);
      await model.close();
    }
  });

  it.skipIf(skipNative)(needsNative("defaults to fp32 on the native runtime"), () => {
    expect(minilm.dtype).toBe("fp32");
    expect(minilm.runtime).toBe("native");
  });

  it("gives what the table of models says", () => {
    for (const known of models().filter(({ name }) => name === minilm.name)) {
      expect(minilm.dimension).toBe(known.dimension);
      expect(minilm.maxSeqLength).toBe(known.maxSeqLength);
    }
    expect(models().map(({ name }) => name)).toContain("all-MiniLM-L6-v2");
  });

  it("gives the same vectors whatever the number of threads", async () => {
    for (const threads of [1, 3, 9]) {
      const model = await SentenceTransformer.load("all-MiniLM-L6-v2", { threads });
      expectSameVectors(await model.encode(MINILM_GOLDEN.texts), MINILM_GOLDEN.embeddings);
      await model.close();
    }
  });

  it.each([
    [{ dtyp: "int8" }, "ERR_UNKNOWN_OPTION", 'unknown option "dtyp". Did you mean "dtype"?'],
    [{ thread: 2 }, "ERR_UNKNOWN_OPTION", 'Did you mean "threads"?'],
    [{ dtype: "fp64" }, "ERR_INVALID_ARGUMENT", '"dtype" must be one of "fp32", "int8"'],
    [{ dtype: 8 }, "ERR_INVALID_ARGUMENT", "found the number 8"],
    [{ threads: 0 }, "ERR_INVALID_ARGUMENT", '"threads" must be an integer of at least 1'],
    [{ threads: 1.5 }, "ERR_INVALID_ARGUMENT", "found the number 1.5"],
    [{ threads: "2" }, "ERR_INVALID_ARGUMENT", 'found the string "2"'],
    [{ runtime: "cuda" }, "ERR_INVALID_ARGUMENT", '"runtime" must be one of "native", "wasm"'],
    [{ runtime: "" }, "ERR_INVALID_ARGUMENT", '"runtime" must be one of "native", "wasm"'],
    [null, "ERR_INVALID_ARGUMENT", "the options must be an object, found null"],
    ["int8", "ERR_INVALID_ARGUMENT", "the options must be an object"],
    [[], "ERR_INVALID_ARGUMENT", "the options must be an object"],
  ] as const)("refuses the options %j", async (options, code, found) => {
    const load = SentenceTransformer.load("all-MiniLM-L6-v2", options as object);
    await expectRejection(load, code, "SentenceTransformer.load", found);
  });

  it("stops at a signal that fired before: ERR_ABORTED with its reason", async () => {
    const signal = AbortSignal.abort("changed my mind");
    const load = SentenceTransformer.load("all-MiniLM-L6-v2", { signal });
    await expectRejection(load, "ERR_ABORTED");
    await expect(load).rejects.toMatchObject({ cause: "changed my mind" });
  });

  it("stops at a signal that fires meanwhile: ERR_ABORTED", async () => {
    const controller = new AbortController();
    const load = SentenceTransformer.load("all-MiniLM-L6-v2", { signal: controller.signal });
    controller.abort();
    await expectRejection(load, "ERR_ABORTED");
  });
});

describe("encode", () => {
  it("gives a Float32Array for a text, which is the list's row", async () => {
    const vector = await minilm.encode("a text");
    expect(vector).toBeInstanceOf(Float32Array);
    expect(vector).toHaveLength(384);
    expect(vector.byteLength).toBe(vector.buffer.byteLength);
    const [row] = await minilm.encode(["a text"]);
    expect(cosine(vector, row as Float32Array)).toBeGreaterThan(0.999999);
  });

  it("gives a Matrix for a list, one row a text, in order", async () => {
    const matrix = await minilm.encode(MINILM_GOLDEN.texts.toReversed());
    expect(matrix).toBeInstanceOf(Matrix);
    expectSameVectors(matrix, MINILM_GOLDEN.embeddings.toReversed());
  });

  it("gives 0 x 384 for an empty list, and 0 x 100 truncated", async () => {
    expect((await minilm.encode([])).shape).toEqual([0, 384]);
    expect((await minilm.encode([], { truncateDim: 100 })).shape).toEqual([0, 100]);
    expect(await minilm.tokenize([])).toEqual([]);
  });

  it("keeps the order over more texts than are sorted together", async () => {
    const list = Array.from({ length: 5000 }, (_, i) => `${"go ".repeat((i * 7) % 5)}${i}`);
    let last: Progress | undefined;
    const matrix = await tiny.encode(list, {
      onProgress: (progress) => {
        last = { ...progress };
      },
    });
    expect(matrix.shape).toEqual([5000, 48]);
    expect(last).toMatchObject({ done: 5000, total: 5000, etaSeconds: 0, truncated: 0 });
    for (const place of [0, 1, 127, 128, 4095, 4096, 4097, 4999]) {
      const alone = await tiny.encode(list[place] as string);
      expect(cosine(matrix.row(place), alone)).toBeGreaterThan(0.999999);
    }
  });

  it("reads the list when it is called: later changes of it change nothing", async () => {
    const list = ["one text", "another text"];
    const expected = await tiny.encode(list);
    const encoding = tiny.encode(list);
    list.reverse();
    list.pop();
    expectSameVectors(await encoding, expected, 0.999999);
  });

  it("gives a text the same vector in any order, company and batch size", async () => {
    await expectIndependence(tiny, TINY_GOLDEN.texts, 40, 0.999999);
  });

  it("does so for the bundled model too", async () => {
    await expectIndependence(minilm, MINILM_GOLDEN.texts, 5, 0.999999);
  });

  it("does so for int8 too, within a rounding step", async () => {
    const model = await SentenceTransformer.load("all-MiniLM-L6-v2", { dtype: "int8" });
    // Sums in another order move a value over a rounding step; WASM's kernels differ more with the rows of a batch.
    const lowest = model.runtime === "native" ? 0.9999 : 0.9995;
    await expectIndependence(model, MINILM_GOLDEN.texts, 5, lowest);
    await model.close();
  });

  async function expectIndependence(
    model: SentenceTransformer,
    texts: readonly string[],
    numRuns: number,
    lowest: number,
  ): Promise<void> {
    const alone = await Promise.all(texts.map((text) => model.encode(text)));
    const some = fc.array(fc.nat(texts.length - 1), { minLength: 1, maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(some, fc.integer({ min: 1, max: 100 }), async (places, batchSize) => {
        const list = places.map((place) => texts[place] as string);
        const vectors = await model.encode(list, { batchSize });
        const expected = places.map((place) => alone[place] as Float32Array);
        for (const found of cosines(vectors, expected)) expect(found).toBeGreaterThan(lowest);
      }),
      { numRuns },
    );
  }

  it("keeps the first dimensions with truncateDim, all of them when there are fewer", async () => {
    const text = "a text";
    const [full, cut, more] = [
      await tiny.encode(text),
      await tiny.encode(text, { truncateDim: 7 }),
      await tiny.encode(text, { truncateDim: 1000 }),
    ];
    expect([...cut]).toEqual([...full.slice(0, 7)]);
    expect([...more]).toEqual([...full]);
    const matrix = await tiny.encode([text, text], { truncateDim: 7 });
    expect(matrix.shape).toEqual([2, 7]);
    expect([...matrix.row(1)]).toEqual([...cut]);
  });

  it("scales to length 1 with normalizeEmbeddings, after truncateDim", async () => {
    const text = "a text";
    const plain = await tiny.encode(text);
    expect(Math.abs(lengthOf(plain) - 1)).toBeGreaterThan(0.1);
    for (const truncateDim of [48, 7]) {
      const vector = await tiny.encode(text, { truncateDim, normalizeEmbeddings: true });
      expect(lengthOf(vector)).toBeCloseTo(1, 6);
      expect(cosine(vector, plain.slice(0, truncateDim))).toBeGreaterThan(0.999999);
    }
  });

  it("puts the prompt before every text", async () => {
    const [one, two] = ["first text", "second text"];
    const prompted = await tiny.encode([one, two], { prompt: "HEY! " });
    const written = await tiny.encode([`HEY! ${one}`, `HEY! ${two}`], { prompt: "" });
    expectSameVectors(prompted, written, 0.999999);
    expect(cosine(await tiny.encode(one, { prompt: "" }), prompted.row(0))).toBeLessThan(0.9999);
  });

  it("takes prompt over promptName over the default prompt", async () => {
    const vectorWith = (options: EncodeOptions): Promise<Float32Array> => tiny.encode("x", options);
    expectSameVectors([await vectorWith({})], [await vectorWith({ prompt: "HEY! " })], 0.999999);
    expectSameVectors(
      [await vectorWith({ promptName: "query" })],
      [await vectorWith({ prompt: "Q: " })],
      0.999999,
    );
    expectSameVectors(
      [await vectorWith({ promptName: "query", prompt: "D: " })],
      [await vectorWith({ prompt: "D: " })],
      0.999999,
    );
    expectSameVectors(
      [await tiny.encodeQuery("x", { promptName: "document" })],
      [await tiny.encodeDocument("x")],
      0.999999,
    );
  });

  it.each(["batchsize", "batch_size", "BatchSize"])(
    "refuses the unknown option %s with the nearest name",
    async (name) => {
      await expectRejection(
        tiny.encode("x", { [name]: 4 } as EncodeOptions),
        "ERR_UNKNOWN_OPTION",
        `unknown option "${name}". Did you mean "batchSize"?`,
        "truncateDim",
      );
    },
  );

  it.each([
    [{ batchSize: 0 }, '"batchSize" must be an integer of at least 1, found the number 0'],
    [{ batchSize: -1 }, "batchSize"],
    [{ batchSize: 2.5 }, "batchSize"],
    [{ batchSize: Number.NaN }, "batchSize"],
    [{ batchSize: Number.POSITIVE_INFINITY }, "batchSize"],
    [{ batchSize: "32" }, 'found the string "32"'],
    [{ truncateDim: 0 }, '"truncateDim" must be an integer of at least 1'],
    [{ truncateDim: 1.5 }, "truncateDim"],
    [{ promptName: "qury" }, 'Did you mean "query"? It has: query, document, shout'],
    [{ promptName: "constructor" }, 'has no prompt "constructor"'],
    [{ promptName: "__proto__" }, 'has no prompt "__proto__"'],
    [{ promptName: 5 }, "promptName"],
    [{ prompt: 5 }, "prompt"],
    [{ onProgress: "yes" }, "onProgress"],
    [{ normalizeEmbeddings: "yes" }, "normalizeEmbeddings"],
    [{ showProgressBar: 1 }, "showProgressBar"],
    [{ signal: "stop" }, "signal"],
    [null, "the options must be an object, found null"],
    [7, "the options must be an object"],
  ])("refuses the options %j: ERR_INVALID_ARGUMENT", async (options, found) => {
    await expectRejection(
      tiny.encode("x", options as EncodeOptions),
      "ERR_INVALID_ARGUMENT",
      found,
    );
  });

  it("checks options before texts, and texts before any work", async () => {
    await expectRejection(
      tiny.encode([1] as unknown as string[], { batchSize: 0 }),
      "ERR_INVALID_ARGUMENT",
    );
  });
});

describe("progress", () => {
  const texts = Array.from({ length: 100 }, (_, i) => `${"word ".repeat(i % 40)}${i}`);

  async function progressOf(list: readonly string[], options: EncodeOptions): Promise<Progress[]> {
    const seen: Progress[] = [];
    await tiny.encode(list, { ...options, onProgress: (progress) => seen.push({ ...progress }) });
    return seen;
  }

  it("counts up to the total, batch by batch", async () => {
    const seen = await progressOf(texts, { batchSize: 10 });
    expect(seen.length).toBeGreaterThanOrEqual(10);
    const done = seen.map((progress) => progress.done);
    expect(done).toEqual(done.toSorted((a, b) => a - b));
    expect(done.at(-1)).toBe(100);
    expect(seen.every(({ total }) => total === 100)).toBe(true);
  });

  it("has a rate, and a time left that ends at 0", async () => {
    const seen = await progressOf(texts, { batchSize: 5 });
    for (const { perSecond, etaSeconds, done, total } of seen) {
      expect(perSecond).toBeGreaterThan(0);
      if (done < total) expect(etaSeconds).toBeGreaterThan(0);
    }
    expect(seen.at(-1)?.etaSeconds).toBe(0);
  });

  it("counts the texts that were cut at the maximum length", async () => {
    const long = "word ".repeat(tiny.maxSeqLength);
    const seen = await progressOf([long, "short", long, long, "short"], {});
    expect(seen.at(-1)?.truncated).toBe(3);
    const tokens = await tiny.tokenize([long, "short"]);
    expect(tokens.map(({ truncated }) => truncated)).toEqual([true, false]);
    expect(tokens[0]?.ids).toHaveLength(tiny.maxSeqLength);
  });

  it("does not count a text that just fits", async () => {
    const specials = (await tiny.tokenize([""]))[0]?.ids.length as number;
    const word = "a";
    expect((await tiny.tokenize([word]))[0]?.ids).toHaveLength(specials + 1);
    const fitting = Array.from({ length: tiny.maxSeqLength - specials }, () => word).join(" ");
    const tokens = await tiny.tokenize([fitting, `${fitting} ${word}`]);
    expect(tokens.map(({ truncated }) => truncated)).toEqual([false, true]);
    expect(tokens.map(({ ids }) => ids.length)).toEqual([tiny.maxSeqLength, tiny.maxSeqLength]);
  });

  it("an error in onProgress rejects the encode with it, and the model still works", async () => {
    const mistake = new Error("in the caller's code");
    const encoding = tiny.encode(texts, {
      batchSize: 5,
      onProgress: () => {
        throw mistake;
      },
    });
    await expect(encoding).rejects.toBe(mistake);
    expect(await tiny.encode("x")).toHaveLength(48);
  });
});
