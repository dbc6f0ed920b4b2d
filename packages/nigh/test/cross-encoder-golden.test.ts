import { join } from "node:path";
import { CrossEncoder, Matrix, quantizeModel, SentenceTransformer } from "nigh";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { CROSS_ENCODERS, type CrossGolden, crossGolden } from "./cross-encoder/models.js";
import { expectRejection } from "./encoder/errors.js";
import { fixture } from "./encoder/fixtures.js";
import { RUNTIMES } from "./encoder/runtimes.js";
import { temporaryFolder } from "./shared/temporary-folder.js";

/** As exact as float32 lets sums be that are added up in another order. */
const TOLERANCE = 1e-5;

const NAMES = Object.keys(CROSS_ENCODERS) as (keyof typeof CROSS_ENCODERS)[];

function numbersOf(scores: unknown): number[] {
  return [...(scores instanceof Matrix ? scores.data : (scores as Float32Array))];
}

function expectSameScores(actual: unknown, expected: CrossGolden["scores"]): void {
  const [found, wanted] = [numbersOf(actual), expected.flat()];
  expect(found.length).toBe(wanted.length);
  found.forEach((score, i) => {
    expect(Math.abs(score - (wanted[i] as number)), `number ${i}`).toBeLessThan(TOLERANCE);
  });
}

for (const { runtime, label, skip } of RUNTIMES) {
  describe.skipIf(skip).each(NAMES)(`%s on ${label}`, (name) => {
    const golden = crossGolden(name);
    const { pairs } = golden;
    let model: CrossEncoder;
    beforeAll(async () => {
      model = await CrossEncoder.load(fixture(`models/${name}`), { runtime, threads: 1 });
    });
    afterAll(() => model.close());

    it("has Python's maximum length and number of labels", () => {
      expect(model.maxSeqLength).toBe(golden.max_seq_length);
      expect(model.numLabels).toBe(golden.num_labels);
      expect(model.labels).toHaveLength(golden.num_labels);
    });

    it("gives Python's token ids and types, and says what was cut", async () => {
      const prompt = golden.prompts?.[golden.default_prompt_name ?? ""] ?? "";
      const tokens = await model.tokenize(pairs.map(([a, b]) => [prompt + a, b] as const));
      expect(tokens.map(({ ids }) => [...ids])).toEqual(golden.token_ids);
      const types = golden.token_type_ids.map(
        (one, i) => one ?? new Array<number>(golden.token_ids[i]?.length ?? 0).fill(0),
      );
      expect(tokens.map((one) => [...one.types])).toEqual(types);
      const uncut = tokens.filter(({ truncated }) => !truncated);
      for (const { ids } of tokens.filter(({ truncated }) => truncated)) {
        expect(ids).toHaveLength(golden.max_seq_length);
      }
      expect(uncut.length).toBeGreaterThan(2);
      expect(uncut.length).toBeLessThan(pairs.length - 5);
    });

    it.each([1, 64])("gives Python's scores at batch size %i", async (batchSize) => {
      const scores = await model.predict(pairs, { batchSize });
      expectSameScores(scores, golden.scores);
      if (golden.num_labels === 1) expect(scores).toBeInstanceOf(Float32Array);
      else expect((scores as Matrix).shape).toEqual([pairs.length, golden.num_labels]);
    });

    it("gives Python's numbers without an activation", async () => {
      const logits = await model.predict(pairs, { activation: "identity" });
      expectSameScores(logits, golden.logits);
    });

    it("gives a single pair its score as in a list", async () => {
      const [pair] = pairs;
      const score = await model.predict(pair as (typeof pairs)[number]);
      const [expected] = golden.scores;
      if (golden.num_labels === 1) expect(score).toBeTypeOf("number");
      else expect(score).toBeInstanceOf(Float32Array);
      expectSameScores(
        [score].flatMap((one) => (typeof one === "number" ? one : [...one])),
        [expected as number],
      );
    });

    const { softmax, rank, query_prompt_scores, no_prompt_scores } = golden;
    if (softmax) {
      it("gives Python's scores with applySoftmax", async () => {
        expectSameScores(await model.predict(pairs, { applySoftmax: true }), softmax);
      });
    }
    if (rank) {
      it("ranks as Python does", async () => {
        const [[query]] = pairs as [[string, string]];
        const documents = golden.rank_documents ?? [];
        const ranked = await model.rank(query, documents, { topK: 5, returnDocuments: true });
        expect(ranked.map(({ corpusId, text }) => ({ corpus_id: corpusId, text }))).toEqual(
          rank.map(({ corpus_id, text }) => ({ corpus_id, text })),
        );
        expectSameScores(
          ranked.map(({ score }) => score),
          rank.map(({ score }) => score),
        );
      });
    }
    if (query_prompt_scores && no_prompt_scores) {
      it("puts prompts before the first text, as Python does", async () => {
        expect(model.prompts).toEqual(golden.prompts);
        const named = await model.predict(pairs, { promptName: "query" });
        expectSameScores(named, query_prompt_scores);
        expectSameScores(await model.predict(pairs, { prompt: "" }), no_prompt_scores);
      });
    }
  });
}

describe("a cross-encoder that quantizeModel wrote", () => {
  it.each(["tiny-cross-bert", "tiny-cross-mpnet"] as const)(
    "%s gives the scores of dtype int8 to the bit",
    async (name) => {
      const { pairs } = crossGolden(name);
      const path = fixture(`models/${name}`);
      const folder = join(temporaryFolder(), "int8");
      await quantizeModel(path, folder);
      const [made, source] = [
        await CrossEncoder.load(folder, { threads: 1 }),
        await CrossEncoder.load(path, { threads: 1, dtype: "int8" }),
      ];
      onTestFinished(async () => {
        await made.close();
        await source.close();
      });
      expect(made.dtype).toBe("int8");
      expect(await made.predict(pairs)).toEqual(await source.predict(pairs));
      await expectRejection(SentenceTransformer.load(folder), "ERR_UNSUPPORTED_MODEL", "cross-");
    },
  );
});

describe("int8 of each architecture", () => {
  const graphs = NAMES.filter((name) => name !== "tiny-cross-albert-onnx");

  it.each(graphs)("%s keeps near Python's numbers", async (name) => {
    const { pairs, logits } = crossGolden(name);
    const model = await CrossEncoder.load(fixture(`models/${name}`), { dtype: "int8", threads: 1 });
    onTestFinished(() => model.close());
    const found = numbersOf(await model.predict(pairs, { activation: "identity" }));
    const expected = logits.flat();
    const squares = (numbers: number[]): number => numbers.reduce((sum, x) => sum + x * x, 0);
    const mean = expected.reduce((a, b) => a + b, 0) / expected.length;
    const errors = squares(found.map((x, i) => x - (expected[i] as number)));
    const spread = squares(expected.map((x) => x - mean));
    // Random weights are harder on int8 than trained ones (docs/cross-encoders.md).
    expect(Math.sqrt(errors / spread), "root mean square, as a share of the spread").toBeLessThan(
      0.12,
    );
  });
});
