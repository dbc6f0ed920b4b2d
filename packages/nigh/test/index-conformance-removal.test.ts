import type { VectorIndex } from "nigh";
import { describe, expect, it } from "vitest";
import { DATA, FACTORIES } from "./indexes/factories.js";
import { PlainIndex } from "./indexes/plain-index.js";
import { expectRefusal, literally, refusal } from "./indexes/refusals.js";
import { expectSame, expectSound, expectSoundRange, recallOf, stateOf } from "./indexes/results.js";
import { bitsOf, KINDS, rowsOf, vectors } from "./indexes/vectors.js";

const D = 19;
const STORED = vectors(DATA, 300, D, 1);
const OTHERS = vectors(DATA, 300, D, 4);
const QUERIES = vectors(DATA, 12, D, 2);

/** Every third id, some of the rest, in no order. */
const GONE = Array.from({ length: 100 }, (_, i) => (i * 3 * 67) % 300).concat([1, 2, 4, 5, 299]);

describe.each(FACTORIES)("$name", (factory) => {
  const make = (): VectorIndex => factory.make(D);
  const filled = () => {
    const index = make();
    index.add(STORED);
    return index;
  };
  const plainly = () => {
    const plain = new PlainIndex(D, factory.metric);
    plain.add(STORED);
    return plain;
  };
  /** Results as PlainIndex's when the index is exact; otherwise sound, with enough recall. */
  const expectAs = (index: VectorIndex, plain: PlainIndex) => {
    expect([...index.ids()]).toEqual([...plain.ids()]);
    const found = index.search(QUERIES, 10);
    const wanted = plain.search(QUERIES, 10);
    expectSound(index, QUERIES, 10, found);
    if (factory.exact) expectSame(found, wanted);
    expect(recallOf(found, wanted, 10)).toBeGreaterThanOrEqual(factory.recall);
  };

  describe("removeIds", () => {
    it("says how many it removed, and keeps the other ids", () => {
      const index = filled();
      const vector = bitsOf(index.reconstruct(298));
      expect(index.removeIds(GONE)).toBe(105);
      expect(index.ntotal).toBe(195);
      expect(GONE.filter((id) => index.has(id))).toEqual([]);
      const left = Array.from({ length: 300 }, (_, i) => i).filter((id) => !GONE.includes(id));
      expect([...index.ids()]).toEqual(left);
      expect(bitsOf(index.reconstruct(298))).toEqual(vector);
    });

    it("counts an id that is given twice once", () => {
      const index = filled();
      expect(index.removeIds([8, 9, 8])).toBe(2);
      expect(index.ntotal).toBe(298);
    });

    it("leaves an index that finds what one of the other vectors finds", () => {
      const index = filled();
      const plain = plainly();
      for (const one of [index, plain]) one.removeIds(Float64Array.from(GONE));
      expectAs(index, plain);
    });

    it("never lets the removed come back, however many are asked for", () => {
      const index = filled();
      index.removeIds(GONE);
      expectSound(index, QUERIES, 250, index.search(QUERIES, 250));
      const removed = GONE.map((id) => STORED.row(id));
      const found = index.search(removed, 5);
      expect([...found.labels].filter((id) => GONE.includes(id))).toEqual([]);
      const radius = found.distances[4] as number;
      expectSoundRange(index, QUERIES, radius, index.rangeSearch(QUERIES, radius));
    });

    it("with an unknown id throws and removes nothing", () => {
      const index = filled();
      index.removeIds([7]);
      const before = stateOf(index, QUERIES);
      for (const ids of [[300], [7], [1, 2, 7], [2 ** 40], [8, 2 ** 32 + 8]]) {
        const unknown = refusal("ERR_UNKNOWN_ID", new RegExp(`\\b${ids.at(-1)}\\b`, "u"));
        expectRefusal(() => index.removeIds(ids), unknown);
      }
      expect(stateOf(index, QUERIES)).toEqual(before);
    });

    it("of everything leaves an empty index that can be filled again", () => {
      const index = filled();
      expect(index.removeIds(index.ids())).toBe(300);
      expect([index.ntotal, index.isTrained]).toEqual([0, true]);
      expect([...index.search(QUERIES, 2).labels]).toEqual(new Array(24).fill(-1));
      index.add(STORED);
      expect(index.ids()[0]).toBe(300);
      const plain = new PlainIndex(D, factory.metric);
      plain.addWithIds(STORED, index.ids());
      expectAs(index, plain);
    });

    it("of one after the other, down to none, is right at every step", () => {
      const index = make();
      const plain = new PlainIndex(D, factory.metric);
      for (const one of [index, plain]) one.add(rowsOf(STORED, 0, 40));
      for (let i = 0; i < 40; i++) {
        for (const one of [index, plain]) one.removeIds([(i * 17) % 40]);
        const found = index.search(QUERIES, 40);
        expectSound(index, QUERIES, 40, found);
        if (factory.exact) expectSame(found, plain.search(QUERIES, 40));
      }
    });

    it("frees ids: they can be given to other vectors", () => {
      const index = filled();
      const plain = plainly();
      for (const one of [index, plain]) {
        one.removeIds(GONE);
        one.addWithIds(rowsOf(OTHERS, 0, 105), GONE.toReversed());
      }
      expectAs(index, plain);
    });

    it("and add in turn take no more memory than the first rounds", () => {
      const index = filled();
      let after10 = 0;
      for (let round = 1; round <= 60; round++) {
        index.removeIds(index.ids().slice(0, 100));
        index.add(rowsOf(round % 2 === 0 ? STORED : OTHERS, 0, 100));
        if (round === 10) after10 = index.memoryBytes;
      }
      expect(index.ntotal).toBe(300);
      expect(index.memoryBytes).toBeLessThanOrEqual(1.1 * after10);
    });

    it("gives memory back", () => {
      const index = make();
      const many = vectors(DATA, 6000, D, 5);
      index.add(many);
      const full = index.memoryBytes;
      // The vectors alone, as codes where they are quantized.
      expect(full).toBeGreaterThanOrEqual(6000 * D * (factory.storedWithin > 0 ? 1 : 4));
      index.removeIds(index.ids().slice(10));
      expect(index.memoryBytes).toBeLessThanOrEqual(0.6 * full);
      expectSound(index, QUERIES, 12, index.search(QUERIES, 12));
    });
  });

  describe("update", () => {
    it("replaces vectors under their ids", () => {
      const index = filled();
      const plain = plainly();
      const replacements = rowsOf(OTHERS, 0, 105);
      for (const one of [index, plain]) one.update(GONE, replacements);
      expectAs(index, plain);
      const found = index.search(replacements, 1).labels;
      const hits = [...found].filter((id, i) => id === GONE[i]).length;
      expect(hits).toBeGreaterThanOrEqual(105 * factory.recall - 1);
    });

    it("finds the same when each vector is replaced by itself", () => {
      const index = filled();
      index.update(
        GONE,
        GONE.map((id) => STORED.row(id)),
      );
      expectAs(index, plainly());
    });

    it("over and over takes no more memory", () => {
      const index = filled();
      index.update(GONE, rowsOf(OTHERS, 0, 105));
      const first = index.memoryBytes;
      for (let round = 0; round < 30; round++) {
        index.update(GONE, rowsOf(round % 2 === 0 ? STORED : OTHERS, round, round + 105));
      }
      expect(index.memoryBytes).toBeLessThanOrEqual(1.1 * first);
    });

    it("with an unknown id, or one twice, throws and replaces nothing", () => {
      const index = filled();
      const before = stateOf(index, QUERIES);
      const two = rowsOf(OTHERS, 0, 2);
      expectRefusal(() => index.update([3, 300], two), refusal("ERR_UNKNOWN_ID", /\b300\b/u));
      const twice = refusal("ERR_INVALID_ARGUMENT", /\b3\b/u, /twice/u);
      expectRefusal(() => index.update([3, 3], two), twice);
      expect(stateOf(index, QUERIES)).toEqual(before);
    });
  });

  describe("reconstruct", () => {
    it.runIf(factory.storedWithin === 0).each(KINDS)("gives %s vectors back to the bit", (kind) => {
      const index = make();
      const odd = vectors(kind, 25, D, 6);
      index.add(odd);
      index.removeIds([0, 24, 13]);
      index.update([12], rowsOf(odd, 13, 14));
      for (const id of index.ids()) {
        const row = id === 12 ? 13 : id;
        expect(bitsOf(index.reconstruct(id))).toEqual(bitsOf(odd.row(row)));
      }
    });

    it("refuses ids that are not in the index, removed ones too", () => {
      const index = filled();
      index.removeIds([5]);
      for (const id of [5, 300, -1, 0.5, Number.NaN]) {
        expectRefusal(() => index.reconstruct(id), {
          code: "ERR_UNKNOWN_ID",
          says: [literally(id)],
        });
      }
    });
  });
});
