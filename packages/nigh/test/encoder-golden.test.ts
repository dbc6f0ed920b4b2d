import { readFileSync } from "node:fs";
import { join } from "node:path";
import { SentenceTransformer } from "nigh";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { padBatch } from "../src/encoder/batching.js";
import {
  BUNDLED_MODEL,
  type Golden,
  MINILM_GOLDEN,
  needsShared,
  SHARED,
  TINY_GOLDEN,
  TINY_MODEL,
} from "./encoder/fixtures.js";
import { type OpenedModel, openModel, RUNTIMES } from "./encoder/runtimes.js";
import { spearman } from "./encoder/spearman.js";
import { cosines, expectSameVectors } from "./encoder/vectors.js";

const MINILM = "all-MiniLM-L6-v2";
const ORIGINAL = join(SHARED, "models/all-MiniLM-L6-v2");
const STSB = join(SHARED, "data/stsb/stsb-en-dev.csv");

async function expectPythonsIds(model: SentenceTransformer, golden: Golden): Promise<void> {
  const tokens = await model.tokenize(golden.texts);
  expect(tokens.map(({ ids }) => [...ids])).toEqual(golden.token_ids);
}

/** Places of the golden texts of at most so many tokens. */
function shortTexts(tokens: number): number[] {
  return MINILM_GOLDEN.token_ids.flatMap(({ length }, i) => (length <= tokens ? [i] : []));
}

function cycle<T>(list: readonly T[], count: number): T[] {
  return Array.from({ length: count }, (_, i) => list[i % list.length] as T);
}

for (const { runtime, label, skip } of RUNTIMES) {
  describe.skipIf(skip)(`${MINILM} on ${label}`, () => {
    let model: SentenceTransformer;
    beforeAll(async () => {
      model = await SentenceTransformer.load(MINILM, { runtime });
    });
    afterAll(() => model.close());

    it("runs on the runtime that was asked for", () => {
      expect(model.runtime).toBe(runtime);
    });

    it("has Python's dimension and maximum length", () => {
      expect(model.dimension).toBe(384);
      expect(model.maxSeqLength).toBe(MINILM_GOLDEN.max_seq_length);
    });

    it("gives Python's token ids", () => expectPythonsIds(model, MINILM_GOLDEN));

    for (const batchSize of [1, 7, 64]) {
      it(`gives Python's vectors at batch size ${batchSize}`, async () => {
        const vectors = await model.encode(MINILM_GOLDEN.texts, { batchSize });
        expect(vectors.shape).toEqual([MINILM_GOLDEN.texts.length, 384]);
        expectSameVectors(vectors, MINILM_GOLDEN.embeddings, 0.999999);
      });
    }
  });

  // encode() makes batches of little padding; these run what a session is given.
  describe.skipIf(skip)(`one batch of ${MINILM} on ${label}`, () => {
    let opened: OpenedModel;
    beforeAll(async () => {
      opened = await openModel(BUNDLED_MODEL, runtime);
    });
    afterAll(() => opened.session.close());

    it.each([
      [32, "of 2 to 256 tokens", MINILM_GOLDEN.texts.map((_, i) => i)],
      [64, "of 2 to 23 tokens", cycle(shortTexts(23), 64)],
    ])(
      "of %i texts %s, padded to the longest, gives Python's vectors",
      async (count, _, places) => {
        const ids = places.map((i) => Int32Array.from(MINILM_GOLDEN.token_ids[i] as number[]));
        const batch = padBatch(ids, opened.padId);
        const longest = Math.max(...ids.map(({ length }) => length));
        expect(batch.ids.length).toBe(count * longest);
        expect(Math.min(...batch.lengths)).toBeLessThan(longest / 4);
        const { vectors } = await opened.session.run(batch);
        expectSameVectors(
          places.map((_, row) => (vectors as Float32Array).subarray(row * 384, (row + 1) * 384)),
          places.map((i) => MINILM_GOLDEN.embeddings[i] as readonly number[]),
          0.999999,
        );
      },
    );
  });

  describe.skipIf(skip)(`${MINILM} in int8 on ${label}`, () => {
    let model: SentenceTransformer;
    beforeAll(async () => {
      model = await SentenceTransformer.load(MINILM, { runtime, dtype: "int8" });
    });
    afterAll(() => model.close());

    it("gives Python's token ids", () => expectPythonsIds(model, MINILM_GOLDEN));

    it("keeps a mean cosine of 0.999 and a lowest of 0.995 with Python's vectors", async () => {
      const vectors = await model.encode(MINILM_GOLDEN.texts);
      const found = cosines(vectors, MINILM_GOLDEN.embeddings);
      expect(found.reduce((a, b) => a + b) / found.length).toBeGreaterThanOrEqual(0.999);
      expect(Math.min(...found)).toBeGreaterThanOrEqual(0.995);
    });
  });

  describe.skipIf(skip)(
    `a BERT with a multilingual Unigram tokenizer, saved by sentence-transformers 6.2, on ${label}`,
    () => {
      let model: SentenceTransformer;
      beforeAll(async () => {
        model = await SentenceTransformer.load(TINY_MODEL, { runtime });
      });
      afterAll(() => model.close());

      it("has the maximum length of tokenizer_config.json", () => {
        expect(model.maxSeqLength).toBe(TINY_GOLDEN.max_seq_length);
      });

      it("gives Python's token ids", () => expectPythonsIds(model, TINY_GOLDEN));

      it("gives Python's vectors", async () => {
        expectSameVectors(await model.encode(TINY_GOLDEN.texts), TINY_GOLDEN.embeddings);
      });

      it("has the prompts that sentence-transformers saved", () => {
        expect(model.prompts).toMatchObject({ query: "", document: "" });
      });
    },
  );
}

const original = needsShared("the original folder with float32 weights", ORIGINAL);
describe.skipIf(original.skip)(original.title, () => {
  it("gives Python's vectors and token ids", async () => {
    const model = await SentenceTransformer.load(ORIGINAL);
    await expectPythonsIds(model, MINILM_GOLDEN);
    expectSameVectors(await model.encode(MINILM_GOLDEN.texts), MINILM_GOLDEN.embeddings, 0.999999);
    await model.close();
  });

  it("gives the vectors of the bundled float16 weights, cosine above 0.99999", async () => {
    const [float32, float16] = await Promise.all([
      SentenceTransformer.load(ORIGINAL),
      SentenceTransformer.load(MINILM),
    ]);
    const found = cosines(
      await float32.encode(MINILM_GOLDEN.texts),
      await float16.encode(MINILM_GOLDEN.texts),
    );
    expect(Math.min(...found)).toBeGreaterThan(0.99999);
    await Promise.all([float32.close(), float16.close()]);
  });

  it("is calibrated at load for int8: mean cosine 0.999, lowest 0.995", async () => {
    const model = await SentenceTransformer.load(ORIGINAL, { dtype: "int8" });
    const found = cosines(await model.encode(MINILM_GOLDEN.texts), MINILM_GOLDEN.embeddings);
    expect(found.reduce((a, b) => a + b) / found.length).toBeGreaterThanOrEqual(0.999);
    expect(Math.min(...found)).toBeGreaterThanOrEqual(0.995);
    await model.close();
  });
});

const stsb = needsShared("int8 on STS-B's dev pairs", STSB);
describe.skipIf(stsb.skip)(stsb.title, () => {
  it("ranks them like fp32: Spearman within 0.002", { timeout: 120_000 }, async () => {
    const pairs = readPairs(STSB);
    expect(pairs.length).toBe(1500);
    const scores = pairs.map(({ score }) => score);
    const correlation = async (dtype: "fp32" | "int8"): Promise<number> => {
      const model = await SentenceTransformer.load(MINILM, { dtype });
      const vectors = await model.encode(pairs.flatMap(({ a, b }) => [a, b]));
      await model.close();
      const similarities = pairs.map(
        (_, i) => cosines([vectors.row(2 * i)], [vectors.row(2 * i + 1)])[0] as number,
      );
      return spearman(similarities, scores);
    };
    const fp32 = await correlation("fp32");
    expect(fp32).toBeGreaterThan(0.85);
    expect(Math.abs((await correlation("int8")) - fp32)).toBeLessThan(0.002);
  });
});

function readPairs(path: string): { a: string; b: string; score: number }[] {
  const rows = readFileSync(path, "utf8").trim().split("\n").slice(1);
  return rows.map((row) => {
    const cells = [...row.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
      ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? "",
    );
    return { a: cells[0] as string, b: cells[1] as string, score: Number(cells[2]) };
  });
}
