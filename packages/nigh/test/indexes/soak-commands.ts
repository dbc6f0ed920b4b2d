import fc from "fast-check";
import type { Filter, IndexSearchOptions, Matrix, VectorIndex } from "nigh";
import { expect } from "vitest";
import type { PlainIndex } from "./plain-index.js";
import { expectRefusal, refusal } from "./refusals.js";
import { bitsOf, type Kind, random, vectors } from "./vectors.js";

/** Compares what an index answers with what its reference does. */
export interface Judge {
  search(
    model: PlainIndex,
    real: VectorIndex,
    queries: Matrix,
    k: number,
    options: IndexSearchOptions,
  ): void;
  range(
    model: PlainIndex,
    real: VectorIndex,
    queries: Matrix,
    radius: number,
    options: IndexSearchOptions,
  ): void;
  /** How far a stored number may be off. */
  readonly storedWithin: number;
}

type Command = fc.Command<PlainIndex, VectorIndex>;

const HIGHEST = 600;

/** Sequences of calls on an index and its reference; fast-check prints and shrinks those that fail. */
export function commands(d: number, kinds: readonly Kind[], judge: Judge) {
  const kind = fc.constantFrom(...kinds);
  // Without fast-check's liking for small numbers, which would add the same vectors over and over.
  const seed = fc.noBias(fc.nat({ max: 2 ** 31 - 1 }));
  const rows = fc.integer({ min: 0, max: 60 });
  const k = fc.integer({ min: 1, max: 25 });
  const step = <T extends object>(
    name: string,
    parameters: { [K in keyof T]: fc.Arbitrary<T[K]> },
    run: (model: PlainIndex, real: VectorIndex, parameters: T) => void,
  ): fc.Arbitrary<Command> =>
    (fc.record(parameters) as fc.Arbitrary<T>).map((chosen) => ({
      check: () => true,
      toString: () => `${name}(${JSON.stringify(chosen)})`,
      run: (model, real) => {
        run(model, real, chosen);
        expect(real.ntotal).toBe(model.ntotal);
      },
    }));

  return fc.commands(
    [
      step("add", { rows, kind, seed }, (model, real, { rows, kind, seed }) => {
        for (const one of [model, real]) one.add(vectors(kind, rows, d, seed));
        expect([...real.ids()]).toEqual([...model.ids()]);
      }),
      step("addWithIds", { rows, kind, seed }, (model, real, { rows, kind, seed }) => {
        const ids = newIds(model, rows, seed);
        for (const one of [model, real]) one.addWithIds(vectors(kind, ids.length, d, seed), ids);
      }),
      step(
        "removeIds",
        { share: fc.integer({ min: 0, max: 100 }), seed },
        (model, real, { share, seed }) => {
          const ids = someIds(model, share / 100, seed);
          expect(real.removeIds(ids)).toBe(model.removeIds(ids));
          expect([...real.ids()]).toEqual([...model.ids()]);
        },
      ),
      step("removeUnknown", { seed }, (model, real, { seed }) => {
        const ids = [...someIds(model, 0.2, seed), 1 + Math.max(0, ...model.ids())];
        expectRefusal(() => real.removeIds(ids), refusal("ERR_UNKNOWN_ID"));
      }),
      step("addKnown", { seed, kind }, (model, real, { seed, kind }) => {
        const ids = [...newIds(model, 3, seed), ...model.ids().slice(0, 1)];
        if (model.ntotal === 0) return;
        const add = () => real.addWithIds(vectors(kind, ids.length, d, seed), ids);
        expectRefusal(add, refusal("ERR_INVALID_ARGUMENT"));
      }),
      step(
        "update",
        { share: fc.integer({ min: 0, max: 60 }), kind, seed },
        (model, real, { share, kind, seed }) => {
          const ids = someIds(model, share / 100, seed);
          for (const one of [model, real]) one.update(ids, vectors(kind, ids.length, d, seed + 1));
        },
      ),
      step("search", { kind, seed, k }, (model, real, { kind, seed, k }) => {
        judge.search(model, real, vectors(kind, 4, d, seed), k, {});
      }),
      step(
        "searchFiltered",
        { kind, seed, k, share: fc.constantFrom(0, 0.01, 0.1, 0.5, 1), bitmap: fc.boolean() },
        (model, real, { kind, seed, k, share, bitmap }) => {
          const filter = filterOf(someIds(model, share, seed), bitmap);
          judge.search(model, real, vectors(kind, 4, d, seed), k, { filter });
        },
      ),
      step(
        "rangeSearch",
        { kind, seed, k, filtered: fc.boolean() },
        (model, real, { kind, seed, k, filtered }) => {
          const queries = vectors(kind, 2, d, seed);
          const radius = model.search(queries, k).distances[k - 1] as number;
          if (!Number.isFinite(radius)) return;
          const options = filtered ? { filter: filterOf(someIds(model, 0.5, seed), true) } : {};
          judge.range(model, real, queries, radius, options);
        },
      ),
      step("reconstruct", { seed }, (model, real, { seed }) => {
        for (const id of someIds(model, 0.1, seed)) {
          const [found, stored] = [real.reconstruct(id), model.reconstruct(id)];
          if (judge.storedWithin === 0) expect(bitsOf(found)).toEqual(bitsOf(stored));
          const off = found.map((x, j) => Math.abs(x - (stored[j] as number)));
          expect(Math.max(...off)).toBeLessThanOrEqual(judge.storedWithin);
        }
      }),
    ],
    { maxCommands: 40, size: "max" },
  );
}

/** In no order, at least one when the share is above 0. */
function someIds(model: PlainIndex, share: number, seed: number): number[] {
  const next = random(seed);
  const all = Array.from(model.ids(), (id) => ({ id, key: next() }));
  all.sort((a, b) => a.key - b.key);
  return all.slice(0, Math.ceil(share * all.length)).map(({ id }) => id);
}

/** Ids that are free, in no order. */
function newIds(model: PlainIndex, count: number, seed: number): number[] {
  const next = random(seed);
  const ids = Array.from({ length: count }, () => Math.floor(HIGHEST * next()));
  return [...new Set(ids)].filter((id) => !model.has(id));
}

function filterOf(ids: readonly number[], asBitmap: boolean): Filter {
  const kept = new Set(ids);
  if (!asBitmap) return (id) => kept.has(id);
  const bitmap = new Uint8Array(Math.ceil((Math.max(0, ...ids) + 1) / 8));
  for (const id of ids) bitmap[id >> 3] = (bitmap[id >> 3] as number) | (1 << (id & 7));
  return bitmap;
}
