import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Collection, CrossEncoder, EphemeralClient } from "nigh";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { nigh, nighJson } from "./cli/run-nigh.js";
import { CROSS_BERT } from "./cross-encoder/models.js";
import { expectRejection } from "./encoder/errors.js";
import { fixture } from "./encoder/fixtures.js";
import { temporaryFolder } from "./shared/temporary-folder.js";

const QUERY = "who counts the waves";
const DOCUMENTS = [
  "The lighthouse keeper counts the waves until morning.",
  "A cat sleeps on the warm stones.",
  `The waves, ${"and the boats come home, ".repeat(20)}`,
  "She baked bread with flour and water.",
];

let model: CrossEncoder;
beforeAll(async () => {
  model = await CrossEncoder.load(CROSS_BERT, { threads: 1 });
});
afterAll(() => model.close());

/** Ids "0" to "3", with vectors that leave them in this order. */
async function collection(client: EphemeralClient): Promise<Collection> {
  const made = await client.createCollection({ name: "notes", embeddingFunction: null });
  await made.add({
    ids: DOCUMENTS.map((_, i) => `${i}`),
    documents: DOCUMENTS,
    embeddings: DOCUMENTS.map((_, i) => [1, i / 10]),
  });
  return made;
}

describe("a cross-encoder as rerank of collection.search", () => {
  const client = new EphemeralClient();
  let notes: Collection;
  beforeAll(async () => {
    notes = await collection(client);
  });
  afterAll(() => client.close());

  it("orders the rows by its scores", async () => {
    const expected = await model.rank(QUERY, DOCUMENTS);
    const rows = await notes.search({ query: QUERY, queryEmbedding: [1, 0], rerank: model });
    expect(rows.map(({ id }) => id)).toEqual(expected.map(({ corpusId }) => `${corpusId}`));
    rows.forEach(({ score }, i) => {
      expect(score).toBeCloseTo(expected[i]?.score as number, 5);
    });
  });

  it("is named in why, which says what was not read to its end", async () => {
    const rows = await notes.search({
      query: QUERY,
      queryEmbedding: [1, 0],
      rerank: model,
      explain: true,
    });
    rows.forEach(({ id, score, why }, i) => {
      const how = { score, rank: i + 1, model: CROSS_BERT };
      expect(why?.rerank).toEqual(id === "2" ? { ...how, truncated: true } : how);
    });
  });

  it("of several labels is refused: ERR_INVALID_ARGUMENT", async () => {
    const labelled = await CrossEncoder.load(fixture("models/tiny-cross-roberta"), { threads: 1 });
    const options = { query: QUERY, queryEmbedding: [1, 0], rerank: labelled };
    await expectRejection(
      notes.search(options),
      "ERR_INVALID_ARGUMENT",
      "not one score to rank by",
    );
    await labelled.close();
  });
});

describe("nigh search --rerank", () => {
  const folder = temporaryFolder();
  const db = join(folder, "db");
  beforeAll(async () => {
    const notes = join(folder, "notes");
    await mkdir(notes);
    const lines = DOCUMENTS.slice(0, 2).map((text, i) => JSON.stringify({ id: `${i}`, text }));
    await writeFile(join(notes, "notes.jsonl"), lines.join("\n"));
    await nigh(["index", notes, "--db", db]);
  });

  it.each(["hybrid", "keyword"])("orders the answers of mode %s by the model", async (mode) => {
    const query = "lighthouse keeper cat";
    const flags = ["--db", db, "--mode", mode, "--rerank", CROSS_BERT, "--explain"];
    const found = await nighJson(["search", query, ...flags]);
    const expected = await model.rank(query, DOCUMENTS.slice(0, 2), { returnDocuments: true });
    expect(found).toMatchObject({ mode, rerank: CROSS_BERT });
    const { answers } = found as { answers: { document: string; score: number; why: object }[] };
    expect(answers.map(({ document }) => document)).toEqual(expected.map(({ text }) => text));
    expect(answers[0]).toMatchObject({
      score: expect.closeTo(expected[0]?.score as number, 4),
      why: { rerank: { rank: 1, model: CROSS_BERT } },
    });
    const { stdout } = await nigh(["search", query, ...flags]);
    expect(stdout).toContain(`rank 1 by ${CROSS_BERT}`);
  });

  it("refuses a model that is no cross-encoder, and says what it is", async () => {
    const run = await nigh(["search", "x", "--db", db, "--rerank", fixture("models/tiny-roberta")]);
    expect(run.code).toBe(1);
    expect(run.stderr).toContain("is no cross-encoder");
  });
});
