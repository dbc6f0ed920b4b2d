import type { Collection, ErrorCode } from "nigh";
import { beforeAll, expect, it } from "vitest";
import { type AnyClient, onEachClient, three } from "./clients.js";
import { dump } from "./dump.js";
import { refused } from "./refused.js";

/** What is given, what for, and what the message must say. */
export type Case = readonly [
  title: string,
  given: unknown,
  code: ErrorCode,
  ...says: (string | RegExp)[],
];

export const BAD = "ERR_INVALID_ARGUMENT";
/** Text that ends with half of a surrogate pair. */
export const HALF = "a\ud83d";

/** A test: the call is refused, and everything is as before. */
type Refuses = (
  title: string,
  call: (notes: Collection, client: AnyClient) => Promise<unknown>,
  code: ErrorCode,
  ...says: readonly (string | RegExp)[]
) => void;

/** Runs tests on a client of each kind, which has one collection, "notes", with three records of two dimensions. */
export function onEachClientWithNotes(
  tests: (refuses: Refuses, client: () => AnyClient, notes: () => Collection) => void,
): void {
  onEachClient((client) => {
    let notes: Collection;
    beforeAll(async () => {
      notes = await three(client());
    });
    const refuses: Refuses = (title, call, code, ...says) => {
      it(title, async () => {
        const before = await dump(client());
        const error = await refused(() => call(notes, client()), code, ...says);
        expect(error.message.length).toBeLessThan(600);
        expect(await dump(client())).toEqual(before);
      });
    };
    tests(refuses, client, () => notes);
  }, "all");
}
