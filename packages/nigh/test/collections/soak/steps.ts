import fc from "fast-check";
import type { Collection } from "nigh";
import type { PlainCollection } from "../oracle.js";
import type { PlainDatabase, RealDatabase } from "./databases.js";

export type Command = fc.AsyncCommand<PlainDatabase, RealDatabase>;

type Parameters<T> = { [K in keyof T]: fc.Arbitrary<T[K]> };

/** Through which of the two clients. */
export const via = fc.constantFrom(0, 0, 1);

/** A kind of command: what is drawn for it, and what it does. */
export function step<T extends object>(
  name: string,
  parameters: Parameters<T>,
  run: (model: PlainDatabase, real: RealDatabase, chosen: T) => Promise<void>,
): fc.Arbitrary<Command> {
  return (fc.record(parameters) as fc.Arbitrary<T>).map((chosen) => ({
    check: () => true,
    toString: () => `${name}(${fc.stringify(chosen)})`,
    run: (model, real) => run(model, real, chosen),
  }));
}

/** A step on a collection, if there is one. */
export function onCollection<T extends object>(
  name: string,
  parameters: Parameters<T>,
  run: (
    plain: PlainCollection,
    collection: Collection,
    chosen: T & { via: number },
    model: PlainDatabase,
    real: RealDatabase,
  ) => Promise<void>,
): fc.Arbitrary<Command> {
  return step<{ via: number; which: number }>(
    name,
    { via, which: fc.nat(7), ...parameters } as never,
    async (model, real, chosen) => {
      const { collections } = model;
      if (collections.length === 0) return;
      const plain = collections[chosen.which % collections.length] as PlainCollection;
      const collection = await real.collection(chosen.via, plain);
      await run(plain, collection, chosen as never, model, real);
    },
  );
}
