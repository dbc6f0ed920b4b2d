import type { RecordColumns } from "nigh";
import { describe, expect, it } from "vitest";
import { BAD, type Case, onEachClientWithNotes } from "./collections/bad-input.js";
import { BAD_RECORDS } from "./collections/bad-records.js";
import { bare, onEachClient } from "./collections/clients.js";
import { dump } from "./collections/dump.js";
import { refused } from "./collections/refused.js";

const v = [1, 2];

const WRITES: readonly Case[] = [
  ["options of a write that are null", null, BAD, "object", "null"],
  [
    "an unknown option of a write",
    { showProgresBar: true },
    "ERR_UNKNOWN_OPTION",
    'Did you mean "showProgressBar"',
  ],
  [
    "a progress bar that is a string",
    { showProgressBar: "yes" },
    BAD,
    "showProgressBar",
    "boolean",
    '"yes"',
  ],
  [
    "onProgress that is no function",
    { onProgress: 3 },
    BAD,
    "onProgress",
    "function",
    "the number 3",
  ],
  ["a signal that is none", { signal: "stop" }, BAD, "signal", "AbortSignal", '"stop"'],
  ["a signal that has fired", { signal: AbortSignal.abort() }, "ERR_ABORTED", "AbortSignal"],
];

const DELETES: readonly Case[] = [
  ["nothing to delete", {}, BAD, "ids", "where"],
  ["options that are a list of ids", ["a"], BAD, "object", "array"],
  ["an unknown option", { id: ["a"] }, "ERR_UNKNOWN_OPTION", 'Did you mean "ids"'],
  ["a limit without a filter", { ids: ["a"], limit: 1 }, BAD, '"limit"', "where"],
  ["a number as ids", { ids: 5 }, BAD, '"ids"', "the number 5"],
];

onEachClientWithNotes((refuses, client, notes) => {
  describe.each(["add", "update", "upsert"] as const)("%s refuses", (verb) => {
    for (const [title, given, code, ...says] of BAD_RECORDS) {
      refuses(title, (notes) => notes[verb](given as never), code, verb, ...says);
    }
    for (const [title, options, code, ...says] of WRITES) {
      const records = { ids: ["a", "new"], embeddings: [v, v] };
      refuses(title, (notes) => notes[verb](records, options as never), code, ...says);
    }
    it("another dimension than the collection's, wherever in the batch", async () => {
      const before = await dump(client());
      for (const ids of [["a"], ["new"], ["new", "a"]]) {
        if (verb === "update" && !ids.includes("a")) continue;
        const records = { ids, embeddings: ids.map(() => [1, 2, 3]) };
        await refused(
          () => notes()[verb](records),
          "ERR_DIMENSION",
          '"notes"',
          "2 dimensions",
          "has 3",
        );
      }
      expect(await dump(client())).toEqual(before);
    });
  });

  describe("add refuses", () => {
    const nulls = { ids: ["x"], embeddings: [v], metadatas: [{ k: null }] };
    refuses("null as a value of metadata", (notes) => notes.add(nulls as never), BAD, ".k", "null");
  });

  describe.each(["add", "upsert"] as const)("%s refuses", (verb) => {
    const records = { ids: ["x", "y"], embeddings: [v, null], metadatas: [{ n: 1 }, { n: 2 }] };
    refuses(
      "a record without embedding and document",
      (notes) => notes[verb](records),
      BAD,
      '"y"',
      "neither",
    );
    const texts = { ids: ["x"], documents: ["text"] };
    refuses(
      "a document where there is no embedding function",
      (notes) => notes[verb](texts),
      BAD,
      '"notes"',
      "embedding function",
    );
  });

  describe("delete refuses", () => {
    for (const [title, given, code, ...says] of DELETES) {
      refuses(title, (notes) => notes.delete(given as never), code, "delete", ...says);
    }
  });

  it("a message about a long id or key shows the beginning of it only", async () => {
    const long = "x".repeat(1_000_000);
    const all: RecordColumns[] = [
      { ids: [long, long], embeddings: [v, v] },
      { ids: [long], embeddings: [[1, 2, 3]] },
      { ids: [long] },
      { ids: [long], documents: [5 as never], embeddings: [v] },
      { ids: [long], embeddings: [v], metadatas: [{ [`#${long}`]: 1 }] },
      { ids: [long], embeddings: [v], metadatas: [{ [long]: {} as never }] },
      { ids: [long], embeddings: [v], metadatas: [{ [long]: [1, "a"] as never }] },
    ];
    for (const records of all) {
      const error = await notes()
        .add(records)
        .catch((thrown: Error) => thrown);
      expect((error as Error).message.length).toBeLessThan(500);
    }
  });
});

onEachClient((client) => {
  it("a batch with one bad record among many good ones writes none of them", async () => {
    const notes = await bare(client());
    const ids = Array.from({ length: 2000 }, (_, i) => `r${i}`);
    await notes.add({ ids: ["first"], embeddings: [[0, 0]] });
    const embeddings = ids.map((_, i) => (i === 1999 ? [i, Number.NaN] : [i, 1]));
    await refused(() => notes.add({ ids, embeddings }), BAD, "embeddings[1999][1]");
    const dimensions = ids.map((_, i) => (i === 1999 ? null : [i, 1]));
    await refused(() => notes.upsert({ ids, embeddings: dimensions }), BAD, '"r1999"');
    expect(await notes.count()).toBe(1);
  });
});
