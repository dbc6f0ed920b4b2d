import { SentenceTransformer } from "nigh";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fixture, readJson } from "./encoder/fixtures.js";
import { cosines, lengthOf } from "./encoder/vectors.js";

interface StaticGolden {
  readonly texts: readonly string[];
  readonly token_ids: readonly (readonly number[])[];
  /** Null: no limit. */
  readonly max_seq_length: number | null;
  readonly embeddings: readonly (readonly number[])[];
  /** Of texts as queries, with the model's prompt. */
  readonly queries?: readonly (readonly number[])[];
  readonly truncated_to_5?: readonly (readonly number[])[];
}

type Vectors = Iterable<ArrayLike<number>>;

/** Cosine >= 0.999999 and the same length for each; zeros where Python gives zeros. */
function expectPythonsVectors(actual: Vectors, expected: Vectors): void {
  const [left, right] = [[...actual], [...expected]];
  expect(left.length).toBe(right.length);
  const found = cosines(left, right);
  for (const [i, vector] of right.entries()) {
    const length = lengthOf(vector);
    const ours = left[i] as ArrayLike<number>;
    if (length === 0) {
      expect(Array.from(ours), `text ${i}`).toEqual(Array.from(vector));
      continue;
    }
    expect(found[i], `cosine with Python's vector of text ${i}`).toBeGreaterThanOrEqual(0.999999);
    expect(Math.abs(lengthOf(ours) / length - 1), `length of the vector of text ${i}`).toBeLessThan(
      0.001,
    );
  }
}

describe.each([
  ["static-model2vec", "float32, normalized, at most 512 tokens"],
  ["static-model2vec-int8", "int8, not normalized, at most 12 tokens, no modules.json"],
  ["static-model2vec-clustered", "float16, with mapping and weights, Unigram"],
  ["static-embedding", "StaticEmbedding -> Normalize, prompts, truncate_dim, at most 20 tokens"],
  ["static-embedding-nested", "StaticEmbedding in a folder of its own, float16, Unigram"],
])("%s (%s)", (name) => {
  const folder = fixture(`models/${name}`);
  const golden = readJson<StaticGolden>(`${folder}/golden.json`);
  let model: SentenceTransformer;
  beforeAll(async () => {
    model = await SentenceTransformer.load(folder);
  });
  afterAll(() => model.close());

  it("gives every token id that Python gives", async () => {
    const tokens = await model.tokenize(golden.texts);
    expect(tokens.map(({ ids }) => Array.from(ids))).toEqual(golden.token_ids);
  });

  it("gives the vectors that Python gives, zeros for texts without tokens", async () => {
    expectPythonsVectors(await model.encode(golden.texts), golden.embeddings);
  });

  it("gives a text alone the vector that it has among others", async () => {
    const together = await model.encode(golden.texts);
    for (const [i, text] of golden.texts.entries()) {
      expect(await model.encode(text)).toEqual(together.row(i).slice());
    }
  });

  it("says how many tokens count, and counts the texts that have more", async () => {
    expect(model.maxSeqLength).toBe(golden.max_seq_length ?? Number.POSITIVE_INFINITY);
    const reports: number[] = [];
    await model.encode(golden.texts, { onProgress: ({ truncated }) => reports.push(truncated) });
    const tokens = await model.tokenize(golden.texts);
    expect(reports.at(-1)).toBe(tokens.filter(({ truncated }) => truncated).length);
    if (golden.max_seq_length === null) expect(reports.at(-1)).toBe(0);
    if (golden.max_seq_length === 12) expect(reports.at(-1)).toBeGreaterThan(0);
  });

  it.skipIf(golden.queries === undefined)("puts the prompt before queries", async () => {
    expectPythonsVectors(await model.encodeQuery(golden.texts), golden.queries ?? []);
  });

  it.skipIf(golden.truncated_to_5 === undefined)("cuts vectors as Python does", async () => {
    const vectors = await model.encode(golden.texts, { truncateDim: 5 });
    expectPythonsVectors(vectors, golden.truncated_to_5 ?? []);
  });
});
