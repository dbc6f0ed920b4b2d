import fc from "fast-check";
import { type Collection, EphemeralClient, type SearchMode } from "nigh";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bare } from "./collections/clients.js";
import { idsOf, mmrRegret, plainBm25, plainFusion } from "./collections/search-oracle.js";

interface Note {
  readonly vector: readonly number[];
  readonly words: readonly string[] | null;
  readonly group: number;
}

const words = fc.constantFrom("ant", "bee", "cow", "dog", "elk");
const vectors = fc
  .tuple(fc.integer({ min: -3, max: 3 }), fc.integer({ min: -3, max: 3 }))
  .filter(([x, y]) => x !== 0 || y !== 0);
const notes: fc.Arbitrary<Note> = fc.record({
  vector: vectors,
  words: fc.option(fc.array(words, { minLength: 1, maxLength: 6 }), { freq: 5 }),
  group: fc.integer({ min: 0, max: 2 }),
});
const someNotes = fc
  .array(notes, { minLength: 1, maxLength: 25 })
  .filter((list) => list.some((note) => note.words !== null));
const queries = fc.record({
  query: fc.array(words, { minLength: 1, maxLength: 4 }).map((list) => list.join(" ")),
  queryEmbedding: vectors,
});
const limits = fc.integer({ min: 1, max: 30 });
const modes = fc.constantFrom<SearchMode>("semantic", "keyword", "hybrid");
const idOf = (i: number) => `n${i}`;

describe("search", () => {
  let client: EphemeralClient;
  let number = 0;
  beforeAll(() => {
    client = new EphemeralClient();
  });
  afterAll(() => client.close());

  /** Runs a check on a collection of these notes. */
  async function on(list: readonly Note[], check: (collection: Collection) => Promise<void>) {
    const name = `notes-${number++}`;
    const collection = await bare(client, { name });
    await collection.add({
      ids: list.map((_, i) => idOf(i)),
      embeddings: list.map(({ vector }) => vector),
      documents: list.map((note) => note.words?.join(" ") ?? null),
      metadatas: list.map(({ group }) => ({ group })),
    });
    await check(collection);
    await client.deleteCollection({ name });
  }

  it("gives what passes the filters, and as many rows as there can be, in every mode", async () => {
    const filters = fc.record({ group: fc.integer({ min: 0, max: 2 }), word: fc.option(words) });
    await fc.assert(
      fc.asyncProperty(
        someNotes,
        queries,
        limits,
        modes,
        filters,
        (list, query, limit, mode, filter) =>
          on(list, async (collection) => {
            const { group, word } = filter;
            const passes = (note: Note) =>
              note.group <= group &&
              (word === null || (note.words?.join(" ").includes(word) ?? false));
            const isFound = (note: Note) =>
              passes(note) &&
              (mode !== "keyword" ||
                query.query.split(" ").some((one) => note.words?.includes(one)));
            const rows = await collection.search({
              ...query,
              mode,
              limit,
              where: { group: { $lte: group } },
              ...(word === null ? {} : { whereDocument: { $contains: word } }),
            });
            const expected = list.flatMap((note, i) => (isFound(note) ? [idOf(i)] : []));
            expect(new Set(idsOf(rows)).size).toBe(rows.length);
            expect(expected).toEqual(expect.arrayContaining(idsOf(rows)));
            expect(rows.length).toBe(Math.min(limit, expected.length));
            const scores = rows.map(({ score }) => score);
            expect(scores).toEqual([...scores].sort((a, b) => b - a));
          }),
      ),
      { numRuns: 100 },
    );
  });

  it("by words is BM25, in the order of adding where equal", async () => {
    await fc.assert(
      fc.asyncProperty(someNotes, queries, (list, { query }) =>
        on(list, async (collection) => {
          const texts = list.map((note) => note.words?.join(" ") ?? "");
          const withText = texts.filter((text) => text !== "");
          const asked = [...new Set(query.split(" "))];
          const rows = await collection.search({ query, mode: "keyword", limit: 100 });
          const scores = plainBm25(withText, asked);
          const byId = new Map(
            texts.flatMap((text, i) => (text === "" ? [] : [[idOf(i), scores.shift()] as const])),
          );
          for (const { id, score } of rows) expect(score).toBeCloseTo(byId.get(id) as number, 5);
          for (const [i, { id, score }] of rows.entries()) {
            const next = rows[i + 1];
            if (next?.score === score) {
              expect(Number(id.slice(1))).toBeLessThan(Number(next.id.slice(1)));
            }
          }
        }),
      ),
      { numRuns: 60 },
    );
  });

  it("in hybrid mode is reciprocal rank fusion of the two other modes, and of nothing else", async () => {
    await fc.assert(
      fc.asyncProperty(someNotes, queries, limits, (list, query, limit) =>
        on(list, async (collection) => {
          const leg = async (mode: SearchMode) =>
            idsOf(await collection.search({ ...query, mode, limit: 100 }));
          const legs = [await leg("semantic"), await leg("keyword")];
          const expected = plainFusion(
            list.map((_, i) => idOf(i)),
            legs,
          );
          const rows = await collection.search({ ...query, mode: "hybrid", limit });
          expect(rows.map(({ id, score }) => ({ id, score }))).toEqual(expected.slice(0, limit));
        }),
      ),
      { numRuns: 60 },
    );
  });

  it("with diversity is maximal marginal relevance, by similarity or by scores from 0 to 1", async () => {
    const diversities = fc.constantFrom(0.125, 0.25, 0.5, 0.75, 1);
    await fc.assert(
      fc.asyncProperty(
        someNotes,
        queries,
        limits,
        modes,
        diversities,
        (list, query, limit, mode, diversity) =>
          on(list, async (collection) => {
            const rows = await collection.search({ ...query, mode, limit: 100 });
            const [first, last] = [rows[0]?.score ?? 0, rows.at(-1)?.score ?? 0];
            const vectorOf = (id: string) => list[Number(id.slice(1))]?.vector as readonly number[];
            const relevant = rows.map(({ id, score }) => ({
              id,
              relevance:
                mode === "semantic"
                  ? cosine(query.queryEmbedding, vectorOf(id))
                  : first > last
                    ? (score - last) / (first - last)
                    : 1,
            }));
            const between = (a: string, b: string) => cosine(vectorOf(a), vectorOf(b));
            const diverse = await collection.search({ ...query, mode, limit, diversity });
            expect(diverse.length).toBe(Math.min(limit, rows.length));
            expect(mmrRegret(relevant, between, 1 - diversity, idsOf(diverse))).toBeLessThan(1e-6);
            const scores = new Map(rows.map(({ id, score }) => [id, score]));
            for (const { id, score } of diverse) expect(score).toBe(scores.get(id));
          }),
      ),
      { numRuns: 100 },
    );
  });

  it("takes a query of any characters", async () => {
    const list: Note[] = [
      { vector: [1, 0], words: ["ant", "日本語", "naïve"], group: 0 },
      { vector: [0, 1], words: ["and", "or", "not", "near"], group: 1 },
    ];
    const syntax = fc
      .array(
        fc.constantFrom(
          ...['"', "'", "*", "(", ")", "^", ":", "-", "+", "{", "}", "\\", "\0", "\ud800", "%"],
          ...[
            "AND",
            "OR",
            "NOT",
            "NEAR",
            "document",
            " ",
            "ant",
            "日本",
            "é",
            "ｱ",
            "ไทย",
            "\u0301",
          ],
        ),
        { maxLength: 12 },
      )
      .map((parts) => parts.join(""));
    await on(list, async (collection) => {
      await fc.assert(
        fc.asyncProperty(
          fc.oneof(syntax, fc.string({ unit: "binary" }), fc.string({ unit: "grapheme" })),
          modes,
          async (query, mode) => {
            const rows = await collection.search({
              query,
              queryEmbedding: [1, 1],
              mode,
              explain: true,
            });
            if (mode !== "keyword") expect(rows).toHaveLength(2);
            for (const { document, why } of rows) {
              for (const { text, start, end } of why?.keyword?.words ?? []) {
                expect(document?.slice(start, end)).toBe(text);
              }
              // What words found, words explain.
              if (mode === "keyword") expect(why?.keyword?.words).not.toEqual([]);
            }
          },
        ),
        { numRuns: 1000 },
      );
    });
  });
});

function cosine(a: readonly number[], b: readonly number[]): number {
  const dot = (x: readonly number[], y: readonly number[]) =>
    x.reduce((sum, value, i) => sum + value * (y[i] as number), 0);
  return dot(a, b) / (Math.sqrt(dot(a, a)) * Math.sqrt(dot(b, b)));
}
