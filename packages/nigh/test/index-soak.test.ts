import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DATA, FACTORIES, type Factory } from "./indexes/factories.js";
import { PlainIndex } from "./indexes/plain-index.js";
import {
  expectSame,
  expectSameRange,
  expectSound,
  expectSoundRange,
  recallOf,
} from "./indexes/results.js";
import { commands, type Judge } from "./indexes/soak-commands.js";
import { KINDS, type Kind, vectors } from "./indexes/vectors.js";

/** Sequences of calls against the plain reference; a failure prints its seed and the shortest sequence. */
describe.each(FACTORIES)("$name", (factory) => {
  const dimensions = factory.exact ? [3, 19, 32] : [24];
  const kinds: readonly Kind[] = factory.exact ? KINDS : [DATA, "normalised"];

  it.each(dimensions)(
    `stays ${factory.exact ? "equal to" : "true to"} its reference in %i dimensions`,
    (d) => {
      const recalls: number[] = [];
      const judge = factory.exact ? exactly : approximately(factory, recalls);
      fc.assert(
        fc.property(commands(d, kinds, judge), (sequence) => {
          fc.modelRun(() => start(factory, d), sequence);
        }),
        { numRuns: factory.exact ? 25 : 40 },
      );
      if (factory.exact) return;
      const mean = recalls.reduce((sum, recall) => sum + recall, 0) / recalls.length;
      expect(recalls.length).toBeGreaterThan(100);
      expect(mean).toBeGreaterThanOrEqual(factory.recall);
    },
  );
});

function start(factory: Factory, d: number) {
  const model = new PlainIndex(d, factory.metric);
  const real = factory.make(d);
  for (const one of [model, real]) one.add(vectors(DATA, 200, d, 9));
  return { model, real };
}

const exactly: Judge = {
  storedWithin: 0,
  search(model, real, queries, k, options) {
    expectSame(real.search(queries, k, options), model.search(queries, k, options));
  },
  range(model, real, queries, radius, options) {
    expectSameRange(
      real.rangeSearch(queries, radius, options),
      model.rangeSearch(queries, radius, options),
    );
  },
};

/** What holds at every step, whatever was missed; what was found is counted. */
function approximately(factory: Factory, recalls: number[]): Judge {
  const allowed = (model: PlainIndex, options: { filter?: unknown }) =>
    // k is large enough for all that the filter lets through.
    options.filter === undefined
      ? model.ids()
      : model
          .search(vectors(DATA, 1, model.d, 1), model.ntotal + 1, options as never)
          .labels.filter((id) => id !== -1);
  return {
    storedWithin: factory.storedWithin,
    search(model, real, queries, k, options) {
      const found = real.search(queries, k, options);
      expectSound(real, queries, k, found, allowed(model, options));
      if (model.ntotal > 0) recalls.push(recallOf(found, model.search(queries, k, options), k));
    },
    range(model, real, queries, radius, options) {
      const found = real.rangeSearch(queries, radius, options);
      expectSoundRange(real, queries, radius, found, allowed(model, options));
    },
  };
}
