import { CrossEncoder, type CrossEncoderLoadOptions, type PredictOptions } from "nigh";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { CROSS_BERT, crossGolden, type Pair } from "./cross-encoder/models.js";
import { expectRejection, rejection } from "./encoder/errors.js";
import { fixture } from "./encoder/fixtures.js";

const golden = crossGolden("tiny-cross-bert");
const PAIR: Pair = ["a query", "a document"];

let model: CrossEncoder;
beforeAll(async () => {
  model = await CrossEncoder.load(CROSS_BERT, { threads: 2 });
});
afterAll(() => model.close());

async function load(options: CrossEncoderLoadOptions, name = "tiny-cross-bert") {
  const loaded = await CrossEncoder.load(fixture(`models/${name}`), { threads: 1, ...options });
  onTestFinished(() => loaded.close());
  return loaded;
}

/** Of a model with one label. */
async function scoresOf(
  cross: CrossEncoder,
  pairs: readonly Pair[],
  options?: PredictOptions,
): Promise<number[]> {
  return [...((await cross.predict(pairs, options)) as Float32Array)];
}

describe("CrossEncoder.load", () => {
  it("says what it loaded", () => {
    const { name, labels, numLabels, activation, dtype, prompts } = model;
    expect({ name, labels, numLabels, activation, dtype, prompts }).toEqual({
      name: CROSS_BERT,
      labels: ["LABEL_0"],
      numLabels: 1,
      activation: "identity",
      dtype: "fp32",
      prompts: {},
    });
  });

  it("names the labels as config.json does", async () => {
    const { labels } = await load({}, "tiny-cross-roberta");
    expect(labels).toEqual(["contradiction", "entailment", "neutral"]);
  });

  it("takes another activation than the model's own", async () => {
    const sigmoid = await load({ activation: "sigmoid" });
    expect(sigmoid.activation).toBe("sigmoid");
    const scores = await scoresOf(sigmoid, golden.pairs);
    const expected = (golden.logits as number[]).map((x) => 1 / (1 + Math.exp(-x)));
    scores.forEach((score, i) => {
      expect(score).toBeCloseTo(expected[i] as number, 5);
    });
  });

  it("reads at most maxLength tokens of a pair", async () => {
    const short = await load({ maxLength: 9 });
    expect(short.maxSeqLength).toBe(9);
    const [tokens] = await short.tokenize([["snow snow snow snow", "snow snow snow snow snow"]]);
    expect(tokens?.ids).toHaveLength(9);
    expect(tokens?.truncated).toBe(true);
  });

  it.each([
    [{ maxLength: 41 }, '"maxLength" is 41, but the model has positions for 40 tokens'],
    [{ maxLength: 2 }, '"maxLength" must be an integer of at least 3'],
    [{ maxLength: 3 }, '"maxLength" must be an integer of at least 5, found the number 3'],
    [{ maxLength: 4.5 }, '"maxLength" must be an integer of at least 3, found the number 4.5'],
    [{ activation: "softmax" }, '"activation" must be one of "identity", "sigmoid"'],
    [{ dtype: "fp16" }, '"dtype" must be one of "fp32", "int8"'],
    [{ threads: 0 }, '"threads" must be an integer of at least 1'],
  ])("refuses %o: ERR_INVALID_ARGUMENT", async (options, message) => {
    const loading = CrossEncoder.load(CROSS_BERT, options as CrossEncoderLoadOptions);
    await expectRejection(loading, "ERR_INVALID_ARGUMENT", message);
  });

  it("refuses an option that it does not know, and names the nearest", async () => {
    const loading = CrossEncoder.load(CROSS_BERT, { maxLenght: 9 } as CrossEncoderLoadOptions);
    await expectRejection(loading, "ERR_UNKNOWN_OPTION", 'Did you mean "maxLength"?');
  });

  it("refuses what is no folder and no name: ERR_MODEL_NOT_FOUND", async () => {
    await expectRejection(CrossEncoder.load("./nowhere"), "ERR_MODEL_NOT_FOUND", "nowhere");
  });

  it("stops at a signal that has fired: ERR_ABORTED", async () => {
    const loading = CrossEncoder.load(CROSS_BERT, { signal: AbortSignal.abort() });
    await expectRejection(loading, "ERR_ABORTED");
  });
});

describe("predict", () => {
  it("takes pairs as a program has them, without types of its own", async () => {
    const documents = ["snow", "ice"];
    const mapped = await model.predict(documents.map((document) => ["a query", document]));
    const [first, second] = await model.predict([
      ["a query", "snow"],
      ["a query", "ice"],
    ]);
    expect([...mapped]).toEqual([first, second]);
  });

  it("gives nothing for no pairs", async () => {
    expect(await model.predict([])).toEqual(new Float32Array());
    const labelled = await load({}, "tiny-cross-roberta");
    expect(await labelled.predict([])).toMatchObject({ shape: [0, 3] });
  });

  it("keeps the order over more pairs than are sorted together", async () => {
    const pairs = Array.from({ length: 4200 }, (_, i): Pair => ["snow", "snow ".repeat(i % 5)]);
    const scores = await scoresOf(model, pairs);
    const first = await scoresOf(model, pairs.slice(0, 5), { batchSize: 1 });
    expect(scores).toHaveLength(4200);
    scores.forEach((score, i) => {
      expect(score).toBeCloseTo(first[i % 5] as number, 4);
    });
  }, 60_000);

  it("counts pairs that are cut, and says how far it is", async () => {
    const seen: { done: number; total: number; truncated: number }[] = [];
    await model.predict(golden.pairs, { batchSize: 4, onProgress: (one) => seen.push(one) });
    const cut = (await model.tokenize(golden.pairs)).filter(({ truncated }) => truncated).length;
    const { length } = golden.pairs;
    expect(cut).toBeGreaterThan(3);
    expect(seen.at(-1)).toMatchObject({ done: length, total: length, truncated: cut });
  });

  it("leaves the scores of one label as they are with applySoftmax, as Python does", async () => {
    const plain = await scoresOf(model, golden.pairs);
    expect(await scoresOf(model, golden.pairs, { applySoftmax: true })).toEqual(plain);
  });

  it("stops at a signal: ERR_ABORTED", async () => {
    const controller = new AbortController();
    const pairs = Array.from({ length: 500 }, (): Pair => PAIR);
    const options = { signal: controller.signal, onProgress: () => controller.abort() };
    await expectRejection(model.predict(pairs, options), "ERR_ABORTED");
  });

  it.each([
    ["a string", "a text", "expected a pair of texts or an array of pairs"],
    ["nothing", undefined, "expected a pair of texts or an array of pairs"],
    ["a text alone", ["a text"], "pair 0 must be an array of two texts"],
    ["three texts", ["a", "b", "c"], "found an array of 3"],
    ["objects", [{ query: "a", document: "b" }], "pair 0 must be an array of two texts"],
    ["a pair with a number", [["a", 1]], "pair 0: text 1 must be a string, found the number 1"],
    ["a pair without its second text", [["a", "b"], ["a"]], "pair 1 must be an array of two texts"],
    [
      "a hole",
      Object.assign([["a", "b"]], { 2: ["c", "d"] }),
      "pair 1 must be an array of two texts",
    ],
    ["half of a character", [["a", "\ud800"]], "pair 0: text 1 has a lone surrogate"],
  ])("refuses %s: ERR_INVALID_TEXT", async (_, pairs, message) => {
    await expectRejection(model.predict(pairs as never), "ERR_INVALID_TEXT", message);
  });

  it.each([
    [{ batchSize: 0 }, '"batchSize" must be an integer of at least 1'],
    [{ activation: "gelu" }, '"activation" must be one of'],
    [{ applySoftmax: 1 }, '"applySoftmax" must be a boolean'],
    [{ onProgress: "yes" }, '"onProgress" must be a function'],
    [{ signal: {} }, '"signal" must be an AbortSignal'],
    [{ prompt: 3 }, '"prompt" must be a string'],
    [{ promptName: "query" }, 'no prompt "query"'],
  ])("refuses %o: ERR_INVALID_ARGUMENT", async (options, message) => {
    const predicting = model.predict([PAIR], options as PredictOptions);
    await expectRejection(predicting, "ERR_INVALID_ARGUMENT", message);
  });

  it("refuses an option that it does not know, and names the nearest", async () => {
    const options = { batchsize: 3 } as PredictOptions;
    await expectRejection(
      model.predict([PAIR], options),
      "ERR_UNKNOWN_OPTION",
      'Did you mean "batchSize"?',
    );
  });
});

describe("rank", () => {
  const query = "Who counts the waves?";
  const documents = ["snow", "the lighthouse keeper counts", "snow ".repeat(60), "", "snow"];

  it("sorts by score, with equal ones in the order of the list", async () => {
    const ranked = await model.rank(query, documents);
    expect(ranked.map(({ corpusId }) => corpusId).toSorted()).toEqual([0, 1, 2, 3, 4]);
    const scores = ranked.map(({ score }) => score);
    expect(scores).toEqual(scores.toSorted((a, b) => b - a));
    const places = ranked.map(({ corpusId }) => corpusId);
    expect(places.indexOf(4)).toBe(places.indexOf(0) + 1);
    expect(ranked.every((one) => !("text" in one))).toBe(true);
  });

  it("says which documents were not read to their end", async () => {
    const ranked = await model.rank(query, documents, { returnDocuments: true });
    for (const { corpusId, text, truncated } of ranked) {
      expect(text).toBe(documents[corpusId]);
      expect(truncated).toBe(corpusId === 2 ? true : undefined);
    }
  });

  it("returns as many as topK, and nothing of no documents", async () => {
    const all = await model.rank(query, documents);
    expect(await model.rank(query, documents, { topK: 2 })).toEqual(all.slice(0, 2));
    expect(await model.rank(query, documents, { topK: 99 })).toEqual(all);
    expect(await model.rank(query, [])).toEqual([]);
  });

  it("refuses a model with several labels: ERR_INVALID_ARGUMENT that names them", async () => {
    const labelled = await load({}, "tiny-cross-roberta");
    await expectRejection(
      labelled.rank(query, documents),
      "ERR_INVALID_ARGUMENT",
      "contradiction, entailment, neutral",
      "use predict",
    );
  });

  it("refuses a query or documents that are no texts: ERR_INVALID_TEXT", async () => {
    await expectRejection(model.rank(7 as never, documents), "ERR_INVALID_TEXT", "the query must");
    await expectRejection(model.rank("\ud800", documents), "ERR_INVALID_TEXT", "the query");
    await expectRejection(model.rank(query, "a" as never), "ERR_INVALID_TEXT", "array of strings");
    await expectRejection(model.rank(query, [null] as never), "ERR_INVALID_TEXT", "text 0");
  });

  it("refuses wrong options", async () => {
    const calls = [{ topK: 0 }, { topK: 1.5 }, { returnDocuments: "yes" }];
    for (const options of calls) {
      const ranking = model.rank(query, documents, options as never);
      await expectRejection(ranking, "ERR_INVALID_ARGUMENT", Object.keys(options)[0] as string);
    }
    const ranking = model.rank(query, documents, { top_k: 3 } as never);
    await expectRejection(ranking, "ERR_UNKNOWN_OPTION", 'Did you mean "topK"?');
  });
});

describe("a closed cross-encoder", () => {
  it("refuses what is asked of it: ERR_CLOSED; closing twice is no error", async () => {
    const closed = await CrossEncoder.load(CROSS_BERT, { threads: 1 });
    await closed.close();
    await closed.close();
    expect((await rejection(closed.predict([PAIR]))).code).toBe("ERR_CLOSED");
    expect((await rejection(closed.rank("a", ["b"]))).code).toBe("ERR_CLOSED");
  });
});
