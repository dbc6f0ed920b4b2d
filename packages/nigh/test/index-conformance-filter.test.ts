import { type Filter, type IndexSearchOptions, PreparedFilter } from "nigh";
import { describe, expect, it } from "vitest";
import { DATA, FACTORIES } from "./indexes/factories.js";
import { PlainIndex } from "./indexes/plain-index.js";
import { expectRefusal, refusal } from "./indexes/refusals.js";
import {
  expectSame,
  expectSameRange,
  expectSound,
  expectSoundRange,
  recallOf,
  stateOf,
} from "./indexes/results.js";
import { random, vectors } from "./indexes/vectors.js";

const D = 19;
const N = 400;
const STORED = vectors(DATA, N, D, 1);
const QUERIES = vectors(DATA, 12, D, 2);

/** Ids that a filter keeps, drawn at random. */
function drawn(share: number): number[] {
  const next = random(77);
  const order = Array.from({ length: N }, (_, id) => ({ id, key: next() }));
  order.sort((a, b) => a.key - b.key);
  return order.slice(0, Math.round(share * N)).map(({ id }) => id);
}

/** The nearest and the farthest of a place: what a graph walk or the nearest lists see first, and last. */
function placed(share: number, farthest: boolean): number[] {
  const plain = new PlainIndex(D, 1);
  plain.add(STORED);
  const [...labels] = plain.search([QUERIES.row(0)], N).labels;
  return (farthest ? labels.reverse() : labels).slice(0, share * N);
}

function bitmapOf(ids: readonly number[], bytes = Math.ceil(N / 8)): Uint8Array {
  const bitmap = new Uint8Array(bytes);
  for (const id of ids) bitmap[id >> 3] = (bitmap[id >> 3] as number) | (1 << (id & 7));
  return bitmap;
}

const FILTERS: readonly { title: string; kept: readonly number[] }[] = [
  { title: "none", kept: [] },
  { title: "one", kept: [123] },
  { title: "1 %", kept: drawn(0.01) },
  { title: "10 %", kept: drawn(0.1) },
  { title: "50 %", kept: drawn(0.5) },
  { title: "all", kept: drawn(1) },
  { title: "the nearest 5 %", kept: placed(0.05, false) },
  { title: "the farthest 5 %", kept: placed(0.05, true) },
];

describe.each(FACTORIES)("$name", (factory) => {
  const filled = () => {
    const index = factory.make(D);
    index.add(STORED);
    return index;
  };
  const plain = new PlainIndex(D, factory.metric);
  plain.add(STORED);

  describe.each(FILTERS)("with a filter that keeps $title", ({ kept }) => {
    const set = new Set(kept);
    const forms: readonly Filter[] = [(id) => set.has(id), bitmapOf(kept)];

    it("finds k of those when there are k, all of them otherwise, no other", () => {
      const index = filled();
      for (const k of [1, Math.max(1, kept.length), 10, kept.length + 3]) {
        for (const filter of forms) {
          const found = index.search(QUERIES, k, { filter });
          expectSound(index, QUERIES, k, found, kept);
          if (factory.exact) expectSame(found, plain.search(QUERIES, k, { filter }));
        }
      }
    });

    it("finds the nearest of them, the same by predicate and by bitmap", () => {
      const index = filled();
      const [found, again] = forms.map((filter) => index.search(QUERIES, 10, { filter }));
      if (found === undefined || again === undefined) throw new Error("two forms");
      expectSame(again, found);
      const wanted = plain.search(QUERIES, 10, { filter: forms[0] });
      expect(recallOf(found, wanted, 10)).toBeGreaterThanOrEqual(factory.recall);
    });

    it("keeps to it in rangeSearch", () => {
      const index = filled();
      const radius = plain.search(QUERIES, 100).distances[99] as number;
      for (const filter of forms) {
        const found = index.rangeSearch(QUERIES, radius, { filter });
        expectSoundRange(index, QUERIES, radius, found, kept);
        if (factory.exact) expectSameRange(found, plain.rangeSearch(QUERIES, radius, { filter }));
      }
    });
  });

  it("leaves out ids beyond the end of a bitmap, be they as high as they may", () => {
    const index = factory.make(D);
    const ids = [0, 3, 7, 8, 2 ** 31 + 3, 2 ** 32 + 3, 2 ** 35 + 3, Number.MAX_SAFE_INTEGER - 4];
    index.addWithIds(vectors(DATA, 8, D, 3), ids);
    const { labels } = index.search(QUERIES, 8, { filter: Uint8Array.of(0xff) });
    for (let q = 0; q < 12; q++) {
      const found = [...labels.subarray(8 * q, 8 * q + 8)];
      expect(found.slice(0, 3).sort()).toEqual([0, 3, 7]);
      expect(found.slice(3)).toEqual([-1, -1, -1, -1, -1]);
    }
    const none = index.search(QUERIES, 8, { filter: new Uint8Array(0) });
    expect(new Set(none.labels)).toEqual(new Set([-1]));
  });

  it("asks a predicate for ids, not for places, and only for ids in the index", () => {
    const index = factory.make(D);
    const ids = Array.from({ length: N }, (_, i) => 1_000_000 + 7 * ((i * 3) % N));
    index.addWithIds(STORED, ids);
    index.removeIds(ids.slice(0, 30));
    const asked = new Set<number>();
    const filter = (id: number) => {
      asked.add(id);
      return id % 2 === 1;
    };
    const found = index.search(QUERIES, 5, { filter });
    const odd = ids.slice(30).filter((id) => id % 2 === 1);
    expectSound(index, QUERIES, 5, found, odd);
    expect(asked.size).toBeGreaterThan(0);
    expect([...asked].filter((id) => !index.has(id))).toEqual([]);
  });

  it("asks a prepared filter once for several searches, and anew when vectors have changed", () => {
    const index = filled();
    let asked = 0;
    const filter = (id: number) => {
      asked++;
      return id % 3 === 0;
    };
    const prepared = new PreparedFilter(filter);
    const expectAsPlain = () => {
      for (const k of [1, 10, 200]) {
        const found = index.search(QUERIES, k, { filter: prepared });
        const counted = asked;
        expectSame(found, index.search(QUERIES, k, { filter }));
        asked = counted;
      }
    };
    expectAsPlain();
    expect(asked).toBe(N);
    expectAsPlain();
    expect(asked).toBe(N);
    index.removeIds(drawn(0.2));
    expectAsPlain();
    index.add(QUERIES);
    expectAsPlain();
    const other = filled();
    expectSame(
      other.search(QUERIES, 10, { filter: prepared }),
      other.search(QUERIES, 10, { filter }),
    );
  });

  it("finds k of those that are left after removals and updates", () => {
    const index = filled();
    const reference = new PlainIndex(D, factory.metric);
    reference.add(STORED);
    const kept = drawn(0.1);
    const gone = kept.filter((_, i) => i % 2 === 0);
    const left = kept.filter((_, i) => i % 2 === 1);
    const moved = vectors(DATA, left.length, D, 8);
    for (const one of [index, reference]) {
      one.removeIds(gone);
      one.update(left, moved);
    }
    const filter = bitmapOf(kept);
    const found = index.search(QUERIES, 25, { filter });
    expectSound(index, QUERIES, 25, found, left);
    if (factory.exact) expectSame(found, reference.search(QUERIES, 25, { filter }));
  });

  it("lets a predicate's own error through, unchanged itself", () => {
    const index = filled();
    const before = stateOf(index, QUERIES);
    const filter = () => {
      throw new RangeError("mine");
    };
    expect(() => index.search(QUERIES, 3, { filter })).toThrow(new RangeError("mine"));
    expect(stateOf(index, QUERIES)).toEqual(before);
  });

  it.each([
    ["text", "abc", /"abc"/u],
    ["null", null, /null/u],
    ["a list of ids", [1, 2], /array/u],
    ["another typed array", new Uint32Array(4), /Uint32Array/u],
  ])("refuses %s as a filter", (_, filter, found) => {
    const index = filled();
    const options = { filter } as unknown as IndexSearchOptions;
    const wrong = refusal("ERR_INVALID_ARGUMENT", /"filter"/u, /Uint8Array/u, /function/u, found);
    expectRefusal(() => index.search(QUERIES, 3, options), wrong);
    expectRefusal(() => index.rangeSearch(QUERIES, 3, options), wrong);
  });
});
