import { EphemeralClient, type LabelledPair, PersistentClient, type SearchMode } from "nigh";
import { describe, expect, it } from "vitest";
import { failureOf, Lookup } from "./evaluation/golden.js";
import { temporaryFolder } from "./shared/temporary-folder.js";

/** Texts at angles to the query "east", in degrees. */
const ANGLES = { near: 10, beside: 25, across: 50, far: 80, away: 120, east: 0 };
const vectors = Object.fromEntries(
  Object.entries(ANGLES).map(([text, angle]) => {
    const radians = (angle * Math.PI) / 180;
    return [text, [Math.cos(radians), Math.sin(radians)]];
  }),
);
const model = new Lookup(vectors);
const cosine = (angle: number) => Math.cos((angle * Math.PI) / 180);

const PAIRS: LabelledPair[] = [
  { sentence1: "east", sentence2: "near", label: 1 },
  { sentence1: "east", sentence2: "beside", label: 1 },
  { sentence1: "east", sentence2: "across", label: 0 },
  { sentence1: "east", sentence2: "far", label: 0 },
];
const DOCUMENTS = ["near", "beside", "across", "far", "away"];

async function filled(client: EphemeralClient | PersistentClient, space?: "l2" | "ip") {
  const collection = await client.getOrCreateCollection({
    name: "angles",
    embeddingFunction: model,
    ...(space && { configuration: { hnsw: { space } } }),
  });
  await collection.add({ ids: DOCUMENTS, documents: DOCUMENTS });
  return collection;
}

describe("collection.calibrate", () => {
  it("finds the threshold half way between what answers and what does not, with its quality", async () => {
    const collection = await filled(new EphemeralClient());
    expect(collection.calibration).toBe(null);
    const found = await collection.calibrate(PAIRS);
    expect(found.threshold).toBeCloseTo((cosine(25) + cosine(50)) / 2, 6);
    expect(found).toMatchObject({ precision: 1, recall: 1, f1: 1, accuracy: 1, optimized: "f1" });
    expect(found).toMatchObject({ pairs: 4, positives: 2, embedder: { fingerprint: "lookup" } });
    expect(collection.calibration).toEqual(found);
  });

  for (const mode of ["semantic", "hybrid"] as SearchMode[]) {
    it(`lets search in mode "${mode}" accept and reject, with the probability of each row`, async () => {
      const collection = await filled(new EphemeralClient());
      const calibration = await collection.calibrate(PAIRS);
      const rows = await collection.search({ query: "east", mode, threshold: "calibrated" });
      expect(rows.map(({ id }) => id)).toEqual(["near", "beside"]);
      for (const { id, probability } of rows) {
        const score = cosine(ANGLES[id as keyof typeof ANGLES]);
        const { slope, intercept } = calibration;
        expect(probability).toBeCloseTo(1 / (1 + Math.exp(-(slope * score + intercept))), 5);
        expect(probability).toBeGreaterThan(0.5);
      }
      expect((await collection.search({ query: "east", mode }))[0]).not.toHaveProperty(
        "probability",
      );
    });
  }

  for (const space of ["l2", "ip"] as const) {
    it(`is of the scores of the space "${space}"`, async () => {
      const collection = await filled(new EphemeralClient(), space);
      await collection.calibrate(PAIRS);
      const rows = await collection.search({
        query: "east",
        mode: "semantic",
        threshold: "calibrated",
      });
      expect(rows.map(({ id }) => id)).toEqual(["near", "beside"]);
    });
  }

  it("judges by similarity where a reranker gives the scores", async () => {
    const collection = await filled(new EphemeralClient());
    await collection.calibrate(PAIRS);
    const rows = await collection.search({
      ...{ query: "east", mode: "semantic", threshold: "calibrated" },
      rerank: (_, documents) => documents.map((text) => text.length),
    });
    expect(rows.map(({ id, score }) => [id, score])).toEqual([
      ["beside", 6],
      ["near", 4],
    ]);
    expect(rows[0]?.probability).toBeLessThan(rows[1]?.probability ?? 0);
  });

  it("is on disk when it is done, survives modify, and goes with a fork; not with the configuration", async () => {
    const path = temporaryFolder();
    const client = new PersistentClient({ path });
    const collection = await filled(client);
    const found = await collection.calibrate(PAIRS);
    await collection.modify({ name: "renamed", configuration: { hnsw: { ef_search: 50 } } });
    expect((await collection.fork({ name: "fork" })).calibration).toEqual(found);
    expect(collection.configuration).not.toHaveProperty("calibration");
    await client.close();
    const again = new PersistentClient({ path });
    const opened = await again.getCollection({ name: "renamed", embeddingFunction: model });
    expect(opened.calibration).toEqual(found);
    expect(
      await opened.search({ query: "east", mode: "semantic", threshold: "calibrated" }),
    ).toHaveLength(2);
    await again.close();
  });

  it("is refused after the collection moved to another embedder, by both names, until it is made anew", async () => {
    const collection = await filled(new EphemeralClient());
    await collection.calibrate(PAIRS);
    const other = new Lookup(vectors, "another");
    await collection.reembed(other);
    const search = () => collection.search({ query: "east", threshold: "calibrated" });
    expect(await failureOf(search)).toMatchObject({
      code: "ERR_EMBEDDER",
      message: expect.stringMatching(
        /was calibrated by scores of "lookup" \(fingerprint lookup\).*\(another\).*calibrate\(pairs\) anew/u,
      ),
    });
    await collection.calibrate(PAIRS);
    expect(await search()).toHaveLength(2);
  });

  it("takes the threshold that is best at accuracy where that is asked for", async () => {
    const collection = await filled(new EphemeralClient());
    const mixed = [
      ...PAIRS,
      { sentence1: "east", sentence2: "away", label: 1 },
      { sentence1: "near", sentence2: "away", label: 0 },
    ];
    expect((await collection.calibrate(mixed, { optimize: "accuracy" })).optimized).toBe(
      "accuracy",
    );
  });

  it("leaves an earlier calibration as it is when it fails", async () => {
    const collection = await filled(new EphemeralClient());
    const found = await collection.calibrate(PAIRS);
    const wrong = PAIRS.map((pair) => ({ ...pair, label: 1 - pair.label }));
    expect(await failureOf(() => collection.calibrate(wrong))).toMatchObject({
      code: "ERR_INVALID_ARGUMENT",
      message: expect.stringMatching(/do not rise with the labels.*wrong way round/u),
    });
    const stop = AbortSignal.abort();
    expect(await failureOf(() => collection.calibrate(PAIRS, { signal: stop }))).toMatchObject({
      code: "ERR_ABORTED",
    });
    expect(collection.calibration).toEqual(found);
  });

  it("refuses what is no pairs, naming the pair", async () => {
    const collection = await filled(new EphemeralClient());
    const cases: [unknown, RegExp][] = [
      [[], /expected a list of \{ sentence1, sentence2, label \}, found none/u],
      ["pairs", /found the string "pairs"/u],
      [[...PAIRS, { sentence1: "east", sentence2: "far", label: 2 }], /label of pair 4.*number 2/u],
      [[{ sentence1: "east", label: 1 }], /"sentence2" of pair 0 must be a string/u],
      [PAIRS.slice(0, 2), /all 2 pairs have the label 1.*pairs of both labels/u],
    ];
    for (const [pairs, message] of cases) {
      expect(await failureOf(() => collection.calibrate(pairs as never))).toMatchObject({
        code: "ERR_INVALID_ARGUMENT",
        message: expect.stringMatching(message),
      });
    }
    expect(
      await failureOf(() => collection.calibrate(PAIRS, { optimise: "f1" } as never)),
    ).toMatchObject({
      code: "ERR_UNKNOWN_OPTION",
      message: expect.stringContaining('Did you mean "optimize"?'),
    });
  });

  it('threshold: "calibrated" is refused without a calibration, by words alone, and misspelt', async () => {
    const collection = await filled(new EphemeralClient());
    const search = (options: object) => () =>
      collection.search({ query: "east", ...options } as never);
    const cases: [object, RegExp][] = [
      [{ threshold: "calibrated" }, /"angles" is not calibrated.*call calibrate\(pairs\) first/u],
      [{ threshold: "calibrated", mode: "keyword" }, /similarity, which mode "keyword" does not/u],
      [{ threshold: "calibrate" }, /must be a finite number, or "calibrated"/u],
    ];
    for (const [options, message] of cases) {
      expect(await failureOf(search(options))).toMatchObject({
        code: "ERR_INVALID_ARGUMENT",
        message: expect.stringMatching(message),
      });
    }
  });
});
