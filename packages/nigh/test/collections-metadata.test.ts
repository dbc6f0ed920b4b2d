import { join } from "node:path";
import { Float } from "nigh";
import { describe, expect, it } from "vitest";
import { openSqlite } from "../src/store/sqlite.js";
import { bare, onEachClient, onFolder } from "./collections/clients.js";

onEachClient((client) => {
  const kept: readonly [string, unknown, unknown?][] = [
    ["a string", "text"],
    ["an empty string", ""],
    ["true", true],
    ["false", false],
    ["zero", 0],
    ["an integer", -7],
    ["the largest safe integer", Number.MAX_SAFE_INTEGER],
    ["a float", 0.1],
    ["the smallest number", 5e-324],
    ["the largest number", Number.MAX_VALUE],
    ["a bigint beyond 2^53", 2n ** 53n + 1n],
    ["the largest integer of 64 bits", 2n ** 63n - 1n],
    ["the smallest integer of 64 bits", -(2n ** 63n)],
    ["a small bigint, as a number", 5n, 5],
    ["a Float, as a number", new Float(1), 1],
    ["a Float with a fraction", new Float(1.5), 1.5],
    ["minus zero", -0, -0],
    ["a list of strings", ["b", "a", "b"]],
    ["a list of booleans", [true, false]],
    ["a list of numbers", [1, 0.5, -3]],
    ["a list of integers and floats", [1, new Float(2), 2n ** 60n], [1, 2, 2n ** 60n]],
    ["a list of one", ["only"]],
    ["a string that looks like JSON", '{"int":"1"}'],
    ["a list of strings that look like JSON", ['[{"float":"1"}]', ',{"']],
  ];
  it.each(kept)("%s comes back as it is", async (_, value, back = value) => {
    const notes = await bare(client());
    const metadatas = [{ value } as never];
    await notes.add({ ids: ["a"], embeddings: [[1]], metadatas });
    expect((await notes.get()).metadatas).toStrictEqual([{ value: back }]);
    await notes.update({ ids: ["a"], metadatas: [{ other: 1 }] });
    expect((await notes.get()).metadatas).toStrictEqual([{ value: back, other: 1 }]);
    const made = await bare(client(), { name: "other", metadata: { value } as never });
    expect(made.metadata).toStrictEqual({ value: back });
  });

  it("an object without keys is no metadata", async () => {
    const notes = await bare(client());
    await notes.add({
      ids: ["a", "b"],
      embeddings: [[1], [2]],
      metadatas: [{}, Object.create(null)],
    });
    expect((await notes.get()).metadatas).toEqual([null, null]);
  });

  it("undefined is as if the key were not there", async () => {
    const notes = await bare(client());
    await notes.add({
      ids: ["a"],
      embeddings: [[1]],
      metadatas: [{ a: 1, b: undefined }] as never,
    });
    expect((await notes.get()).metadatas).toStrictEqual([{ a: 1 }]);
    await notes.update({ ids: ["a"], metadatas: [{ a: undefined, c: 2 }] as never });
    expect((await notes.get()).metadatas).toStrictEqual([{ a: 1, c: 2 }]);
  });

  it("an empty list says nothing where a record is added", async () => {
    const notes = await bare(client());
    await notes.add({
      ids: ["a", "b"],
      embeddings: [[1], [2]],
      metadatas: [{ a: [] }, { a: [], b: 1 }],
    });
    expect((await notes.get()).metadatas).toStrictEqual([null, { b: 1 }]);
  });

  it("update and upsert merge key by key, and null takes a key away", async () => {
    for (const verb of ["update", "upsert"] as const) {
      const notes = await bare(client(), { name: `notes-${verb}` });
      await notes.add({
        ids: ["a"],
        embeddings: [[1]],
        metadatas: [{ keep: 1, change: 2, drop: 3 }],
      });
      const change = (metadata: object | null) =>
        notes[verb]({ ids: ["a"], embeddings: [[1]], metadatas: [metadata] as never });
      await change({ change: "two", drop: null, more: [1, 2], never: null });
      const merged = { keep: 1, change: "two", more: [1, 2] };
      expect((await notes.get()).metadatas).toStrictEqual([merged]);
      await change({});
      await change(null);
      expect((await notes.get()).metadatas).toStrictEqual([merged]);
      await change({ more: [] });
      await change({ keep: null, change: null });
      expect((await notes.get()).metadatas).toEqual([null]);
      await change({ back: true });
      expect((await notes.get()).metadatas).toStrictEqual([{ back: true }]);
    }
  });

  it("upsert of a new record takes no null into it", async () => {
    const notes = await bare(client());
    await notes.upsert({
      ids: ["a", "b"],
      embeddings: [[1], [2]],
      metadatas: [{ a: null, b: 1 }, { a: null }],
    });
    expect((await notes.get()).metadatas).toStrictEqual([{ b: 1 }, null]);
  });

  it("keys keep the order in which they came", async () => {
    const notes = await bare(client());
    await notes.add({ ids: ["a"], embeddings: [[1]], metadatas: [{ z: 1, a: 2, m: 3 }] });
    await notes.update({ ids: ["a"], metadatas: [{ b: 4, z: 5 }] });
    expect(Object.keys((await notes.get()).metadatas?.[0] ?? {})).toEqual(["z", "a", "m", "b"]);
  });

  it("what an update has taken away or changed is not found any more", async () => {
    const notes = await bare(client());
    await notes.add({
      ids: ["a"],
      embeddings: [[1]],
      metadatas: [{ n: 1, tags: ["x", "y"], on: true }],
    });
    const found = async (where: object) => (await notes.get({ where: where as never })).ids.length;
    expect([await found({ n: 1 }), await found({ tags: { $contains: "x" } })]).toEqual([1, 1]);
    await notes.update({ ids: ["a"], metadatas: [{ n: "1", tags: ["y"], on: null }] as never });
    expect([
      await found({ n: 1 }),
      await found({ tags: { $contains: "x" } }),
      await found({ on: true }),
    ]).toEqual([0, 0, 0]);
    expect([await found({ n: "1" }), await found({ tags: { $contains: "y" } })]).toEqual([1, 1]);
    await notes.update({ ids: ["a"], metadatas: [{ tags: "y" }] });
    expect([await found({ tags: "y" }), await found({ tags: { $contains: "y" } })]).toEqual([1, 0]);
  });
});

describe("in the file", () => {
  onFolder((client, folder) => {
    it("1 and 1.0 stay what they are, also when other keys change", async () => {
      const notes = await bare(client());
      const metadata = {
        integer: 1,
        float: new Float(1),
        list: [new Float(2), 2],
        zero: new Float(-0),
      };
      await notes.add({ ids: ["a"], embeddings: [[1]], metadatas: [metadata] });
      await notes.update({ ids: ["a"], metadatas: [{ other: "x" }] });
      const db = openSqlite(join(folder(), "nigh.sqlite3"), { readOnly: true });
      const stored = db.prepare("SELECT metadata FROM records_1").get()?.["metadata"];
      db.close();
      expect(JSON.parse(stored as string)).toEqual({
        integer: 1,
        float: { float: "1" },
        list: [{ float: "2" }, 2],
        zero: { float: "-0" },
        other: "x",
      });
      expect((await notes.get({ where: { float: 1 } })).ids).toEqual(["a"]);
      expect((await notes.get({ where: { integer: new Float(1) } })).ids).toEqual(["a"]);
    });
  });
});
