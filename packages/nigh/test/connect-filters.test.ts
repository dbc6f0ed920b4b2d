import fc from "fast-check";
import { Float, type Metadata, type Where, type WhereDocument } from "nigh";
import { describe, expect, it } from "vitest";
import { Float as SourceFloat } from "../src/store/metadata.js";
import { matches } from "../src/store/where/matches.js";
import { parseWhere } from "../src/store/where/parse-where.js";
import { CHROMA, onEachBackend } from "./remote/backends.js";
import { records, whereDocuments, wheres } from "./where/arbitraries.js";

/** The Floats of the arbitraries, which are the sources', as those of the package. */
function packaged<T>(value: T): T {
  if (value instanceof SourceFloat) return new Float(value.value) as T;
  if (Array.isArray(value)) return value.map(packaged) as T;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, packaged(item)])) as T;
}

/** Chroma's server compares integers and floats from 2^53 on inexactly: others take their place. */
function modest<T>(value: T): T {
  if (value instanceof SourceFloat) return new SourceFloat(modest(value.value)) as T;
  if (typeof value === "number") return (Math.abs(value) < 2 ** 53 ? value : 7) as T;
  if (typeof value === "bigint")
    return (value < 2n ** 53n && value > -(2n ** 53n) ? value : 7n) as T;
  if (Array.isArray(value)) return value.map(modest) as T;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, modest(item)])) as T;
}

describe("filters, wherever collections are", () => {
  onEachBackend((client, backend) => {
    // Each run has requests of its own: fewer where they take longer.
    const numRuns = backend === "memory" ? 100 : 40;
    const modestly = backend === CHROMA ? modest : <T>(value: T) => value;

    it("compare integers with fractions by their value, in lists too", async () => {
      const notes = await client().createCollection({ name: "numbers", embeddingFunction: null });
      const values = [-2, -1, 0, 1, 2, -1.5, 1.5, new Float(1)];
      const metadatas = [
        ...values.map((n) => ({ n })),
        { other: 1 },
        { n: [1, 2] },
        { n: [1.5, 2] },
      ];
      const ids = metadatas.map((_, i) => `${i}`);
      await notes.add({ ids, metadatas, embeddings: ids.map((_, i) => [i]) });
      const found = async (where: Where) => (await notes.get({ where })).ids;
      const those = (test: (n: number) => boolean) =>
        values.flatMap((n, i) => (test(Number(n)) ? [`${i}`] : []));
      const others = ["8", "9", "10"];
      for (const x of [1.5, -1.5, 0.5, 1]) {
        expect(await found({ n: { $lt: x } }), `< ${x}`).toEqual(those((n) => n < x));
        expect(await found({ n: { $lte: x } }), `<= ${x}`).toEqual(those((n) => n <= x));
        expect(await found({ n: { $gt: x } }), `> ${x}`).toEqual(those((n) => n > x));
        expect(await found({ n: { $gte: x } }), `>= ${x}`).toEqual(those((n) => n >= x));
        expect(await found({ n: x }), `= ${x}`).toEqual(those((n) => n === x));
        expect(await found({ n: { $ne: x } })).toEqual([...those((n) => n !== x), ...others]);
        expect(await found({ n: { $in: [x, -2] } })).toEqual(those((n) => n === x || n === -2));
        expect(await found({ n: { $nin: [x, -2] } })).toEqual([
          ...those((n) => n !== x && n !== -2),
          ...others,
        ]);
      }
      for (const two of [2, new Float(2)]) {
        expect(await found({ n: { $contains: two } })).toEqual(["9", "10"]);
        expect(await found({ n: { $not_contains: two } })).toEqual(ids.slice(0, 9));
      }
      expect(await found({ n: { $contains: 1.5 } })).toEqual(["10"]);
    });

    it("find what a plain loop over the records finds", async () => {
      let number = 0;
      const property = fc.asyncProperty(
        fc.array(records.map(modestly), { minLength: 1, maxLength: 12 }),
        fc.array(fc.tuple(fc.option(wheres.map(modestly)), fc.option(whereDocuments)), {
          maxLength: 6,
        }),
        async (list, filters) => {
          number += 1;
          const notes = await client().createCollection({
            name: `run-${number}`,
            embeddingFunction: null,
          });
          await notes.add({
            ids: list.map((_, i) => `${i}`),
            embeddings: list.map((_, i) => [1, i]),
            documents: list.map(({ document }) => document),
            metadatas: list.map(({ metadata }) => packaged(metadata) as Metadata),
          });
          for (const [where, whereDocument] of filters) {
            const condition = parseWhere(where, whereDocument);
            const expected = list.flatMap(({ metadata, document }, i) =>
              condition === undefined || matches(condition, metadata, document) ? [`${i}`] : [],
            );
            const given = {
              where: packaged(where ?? undefined) as Where | undefined,
              whereDocument: (whereDocument ?? undefined) as WhereDocument | undefined,
            };
            expect((await notes.get(given)).ids).toEqual(expected);
            const near = await notes.query({
              ...given,
              queryEmbeddings: [[1, 0]],
              nResults: 20,
            });
            expect(near.ids[0]?.sort(), "query").toEqual(expected.sort());
          }
          // It is not deleted: Chroma's server finds lists of deleted collections in new ones.
        },
      );
      await fc.assert(property, { seed: 20, numRuns });
    });
  }, "all");
});
