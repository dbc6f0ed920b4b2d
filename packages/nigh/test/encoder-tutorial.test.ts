import { existsSync } from "node:fs";
import { join } from "node:path";
import { cosineSimilarity, SemanticSearch, SentenceTransformer, semanticSearch } from "nigh";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fixture, needsShared, readJson, SHARED } from "./encoder/fixtures.js";

interface Tutorial {
  readonly documents: readonly string[];
  readonly queries: readonly {
    readonly query: string;
    readonly top3: readonly { readonly index: number; readonly score: number }[];
  }[];
  readonly five: readonly string[];
  readonly fiveCosine: readonly (readonly number[])[];
  readonly pairs?: readonly {
    readonly a: string;
    readonly b: string;
    readonly similarity: number;
  }[];
}

const SHARED_TUTORIAL = join(SHARED, "golden/tutorial-all-MiniLM-L6-v2.json");
const shared = needsShared("the classic tutorial", SHARED_TUTORIAL);

function readShared(): Tutorial {
  const tutorial = readJson<Tutorial & { five_cosine: number[][] }>(SHARED_TUTORIAL);
  return { ...tutorial, fiveCosine: tutorial.five_cosine };
}

let model: SentenceTransformer;
beforeAll(async () => {
  model = await SentenceTransformer.load("all-MiniLM-L6-v2");
});
afterAll(() => model.close());

function holdsFor(read: () => Tutorial): void {
  const tutorial = read();
  const top3 = tutorial.queries.map(({ top3 }) => top3);

  it("semanticSearch gives Python's top three in Python's order, scores within 0.001", async () => {
    const documents = await model.encode(tutorial.documents);
    const queries = await model.encode(tutorial.queries.map(({ query }) => query));
    const found = semanticSearch(queries, documents, { topK: 3 });
    expect(found.map(indices)).toEqual(top3.map(indices));
    expectNear(found.flatMap(scores), top3.flatMap(scores));
  });

  it("SemanticSearch gives Python's top three in Python's order, scores within 0.001", async () => {
    const search = new SemanticSearch(model);
    await search.index(tutorial.documents);
    for (const { query, top3 } of tutorial.queries) {
      const found = await search.search(query, { topK: 3 });
      expect(found.map(({ document }) => document)).toEqual(
        top3.map(({ index }) => tutorial.documents[index]),
      );
      expect(indices(found)).toEqual(indices(top3));
      expectNear(scores(found), scores(top3));
    }
  });

  it("five sentences have Python's table of cosine similarities, within 0.001", async () => {
    const vectors = await model.encode(tutorial.five);
    expectNear([...cosineSimilarity(vectors, vectors).data], tutorial.fiveCosine.flat());
    expectNear([...model.similarity(vectors, vectors).data], tutorial.fiveCosine.flat());
  });

  const { pairs } = tutorial;
  if (pairs === undefined) return;
  it("labelled pairs have Python's similarities, within 0.001", async () => {
    for (const { a, b, similarity } of pairs) {
      const [first, second] = [await model.encode(a), await model.encode(b)];
      expectNear([cosineSimilarity(first, second)], [similarity]);
    }
  });
}

describe("fifteen documents, four questions and five sentences", () => {
  holdsFor(() => readJson<Tutorial>(fixture("golden/own-tutorial.json")));
});

describe.skipIf(shared.skip)(shared.title, () => {
  if (existsSync(SHARED_TUTORIAL)) holdsFor(readShared);
  else it("is not here", () => undefined);
});

function indices(hits: readonly { readonly index: number }[]): number[] {
  return hits.map(({ index }) => index);
}

function scores(hits: readonly { readonly score: number }[]): number[] {
  return hits.map(({ score }) => score);
}

function expectNear(actual: readonly number[], expected: readonly number[]): void {
  expect(actual.length).toBe(expected.length);
  actual.forEach((value, i) => {
    expect(Math.abs(value - (expected[i] as number)), `value ${i}`).toBeLessThan(0.001);
  });
}
