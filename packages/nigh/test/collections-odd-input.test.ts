import { expect, it } from "vitest";
import { bare, onEachClient } from "./collections/clients.js";

const ODD_TEXTS = {
  quotes: `"'\`''""`,
  "a question mark": "? ?1 :a",
  SQL: "'; DROP TABLE records_1; --",
  newlines: "a\r\nb\u2028c\u0085d",
  "a byte order mark": "\ufeffa\ufeff",
  emoji: "👩‍👩‍👧 🏴󠁧󠁢󠁳󠁣󠁴󠁿",
  "right-to-left": "\u202eשלום العالم\u202c",
  "combining marks": "e\u0301 é",
  noncharacters: "\uffff\u{10ffff}\ufdd0",
  "control characters": "\u0001\u001f\u007f\u009f",
  percent: "100% _ \\ \\0",
  spaces: "  a  ",
  __proto__x: "__proto__",
  constructor: "constructor",
  hasOwnProperty: "hasOwnProperty",
  toString: "toString",
} as const;

onEachClient((client) => {
  it.each(Object.entries(ODD_TEXTS))(
    "%s is kept in ids, texts, keys and values, and found",
    async (_, odd) => {
      const notes = await bare(client());
      const metadata = Object.fromEntries([
        [odd, odd],
        ["list", [odd, "plain"]],
      ]);
      const ids = [odd, `${odd}x`, "plain"];
      await notes.add({
        ids,
        embeddings: [
          [1, 0],
          [1, 0.1],
          [0, 1],
        ],
        documents: [odd, `${odd}x`, "plain"],
        metadatas: [metadata, null, { [odd]: "plain" }] as never,
        uris: [odd, null, null],
      });
      const row = { id: odd, document: odd, metadata, uri: odd };
      const include = ["documents", "metadatas", "uris"] as const;
      const all = (await notes.get({ include })).rows();
      expect(all[0]).toStrictEqual(row);
      expect(Object.hasOwn(all[0]?.metadata ?? {}, odd)).toBe(true);
      expect(all.map(({ id }) => id)).toEqual(ids);
      expect((await notes.get({ ids: [odd], include })).rows()).toStrictEqual([row]);

      const queryEmbeddings = [[1, 0]];
      const found = async (options: object) =>
        (await notes.query({ queryEmbeddings, ...options })).ids[0];
      expect(await found({ ids: [odd] })).toEqual([odd]);
      expect(await found({ where: { [odd]: { $eq: odd } } })).toEqual([odd]);
      expect(await found({ where: { [odd]: { $ne: odd } } })).toEqual([`${odd}x`, "plain"]);
      expect(await found({ where: { list: { $contains: odd } } })).toEqual([odd]);
      expect(await found({ whereDocument: { $contains: odd } })).toEqual([odd, `${odd}x`]);
      expect(await found({ whereDocument: { $contains: `${odd}x` } })).toEqual([`${odd}x`]);
      expect((await notes.get({ where: { [odd]: { $in: [odd, "?"] } } })).ids).toEqual([odd]);
      expect((await notes.get({ whereDocument: { $not_contains: odd } })).ids).toEqual(["plain"]);

      expect(await notes.add({ ids: [odd], embeddings: [[1, 1]] })).toMatchObject({
        skipped: [odd],
      });
      await notes.update({ ids: [odd], metadatas: [Object.fromEntries([[odd, null]])] });
      expect((await notes.get({ ids: [odd] })).metadatas).toStrictEqual([{ list: [odd, "plain"] }]);
      expect(await notes.delete({ ids: [odd] })).toEqual({ deleted: 1 });
      expect((await notes.get()).ids).toEqual([`${odd}x`, "plain"]);
    },
  );

  it("an id and a document of ten million characters are kept, and found", async () => {
    const notes = await bare(client());
    const long = "0123456789".repeat(1_000_000);
    const ids = [`${long}a`, `${long}b`];
    await notes.add({
      ids,
      embeddings: [
        [1, 0],
        [0, 1],
      ],
      documents: [`${long}the end`, "short"],
      metadatas: [{ long }, null],
    });
    const found = await notes.get({ ids: [ids[0] as string], include: ["documents", "metadatas"] });
    expect(found.ids[0] === ids[0]).toBe(true);
    expect(found.documents?.[0] === `${long}the end`).toBe(true);
    expect(found.metadatas?.[0]?.["long"] === long).toBe(true);
    const ended = await notes.get({ whereDocument: { $contains: "9the end" }, include: [] });
    expect(ended.ids.map((id) => id.at(-1))).toEqual(["a"]);
    const query = await notes.query({ queryEmbeddings: [[0, 1]], nResults: 1, ids, include: [] });
    expect(query.ids[0]?.[0]?.at(-1)).toBe("b");
  });

  it("a record with 10,000 keys of metadata is kept, found by each, and merged", async () => {
    const notes = await bare(client());
    const metadata = Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`key ${i}`, i]));
    await notes.add({ ids: ["many", "none"], embeddings: [[1], [2]], metadatas: [metadata, null] });
    expect((await notes.get()).metadatas).toEqual([metadata, null]);
    for (const i of [0, 4711, 9999]) {
      expect((await notes.get({ where: { [`key ${i}`]: i } })).ids).toEqual(["many"]);
    }
    await notes.update({ ids: ["many"], metadatas: [{ "key 5": null, "key 6": "six" } as never] });
    const { "key 5": _, ...rest } = metadata;
    expect((await notes.get({ ids: ["many"] })).metadatas).toEqual([{ ...rest, "key 6": "six" }]);
    expect((await notes.get({ where: { "key 6": 6 } })).ids).toEqual([]);
  });

  it("numbers that differ by their last bit are different values, found exactly", async () => {
    const numbers = [
      ...[5e-324, 1e-300, 1e-17, 2 ** -53, 2 ** -52, 1 - 2 ** -53, 1, 1 + 2 ** -52],
      ...[-5e-324, -1e-17, -1 + 2 ** -53, -1, -2 + 2 ** -52, 0.1, 0.1 + 0.2, 0.3],
      ...[2 ** 53 - 1, 2 ** 53, 2 ** 53 + 2, 2 ** 63, -(2 ** 63), 1e300, Number.MAX_VALUE, 0],
    ];
    const notes = await bare(client());
    const ids = numbers.map(String);
    await notes.add({
      ids,
      embeddings: ids.map(() => [1]),
      metadatas: numbers.map((n) => ({ n, list: [n] })),
    });
    expect((await notes.get()).metadatas?.map((metadata) => metadata?.["n"])).toEqual(numbers);
    for (const n of numbers) {
      const found = async (where: object) => (await notes.get({ where: where as never })).ids;
      const those = (keep: (x: number) => boolean) => numbers.filter(keep).map(String);
      expect(await found({ n })).toEqual([String(n)]);
      expect(await found({ list: { $contains: n } })).toEqual([String(n)]);
      expect(await found({ n: { $gt: n } })).toEqual(those((x) => x > n));
      expect(await found({ n: { $lte: n } })).toEqual(those((x) => x <= n));
      expect(await found({ n: { $ne: n } })).toEqual(those((x) => x !== n));
    }
  });

  it("a batch of 30,000 records is one write, of any verb", async () => {
    const notes = await bare(client());
    const count = 30_000;
    const ids = Array.from({ length: count }, (_, i) => `r${i}`);
    const embeddings = ids.map((_, i) => [i, 1]);
    expect(await notes.add({ ids, embeddings })).toMatchObject({ added: count });
    expect(await notes.count()).toBe(count);
    const metadatas = ids.map((_, i) => ({ n: i }));
    expect(await notes.update({ ids, metadatas })).toMatchObject({ updated: count, unknown: [] });
    expect((await notes.get({ where: { n: { $gte: count - 2 } } })).ids).toEqual(ids.slice(-2));
    const some = ids.filter((_, i) => i % 2 === 0);
    expect((await notes.get({ ids: some, include: [] })).ids).toEqual(some);
    const query = await notes.query({ queryEmbeddings: [[7, 1]], nResults: count, include: [] });
    expect(query.ids[0]).toHaveLength(count);
    expect(await notes.delete({ ids: some })).toEqual({ deleted: some.length });
    expect(await notes.count()).toBe(count - some.length);
  });

  it("300 collections stand side by side, and answer each from its own records", async () => {
    const names = Array.from({ length: 300 }, (_, i) => `notes-${i}`);
    for (const [i, name] of names.entries()) {
      const notes = await bare(client(), { name });
      await notes.add({ ids: [`of ${i}`], embeddings: [[i, 1]], metadatas: [{ i }] });
    }
    expect(await client().countCollections()).toBe(300);
    const all = await client().listCollections();
    expect(all.map(({ name }) => name)).toEqual(names);
    for (const [i, collection] of all.entries()) {
      const found = await collection.query({ queryEmbeddings: [[1, 1]], where: { i } });
      expect(found.ids).toEqual([[`of ${i}`]]);
    }
  });

  it("vectors of one and of 4,096 dimensions are kept and found", async () => {
    for (const d of [1, 4096]) {
      const notes = await bare(client(), { name: `notes-${d}` });
      const embeddings = [1, -1].map((x) => new Float32Array(d).fill(x));
      await notes.add({ ids: ["a", "b"], embeddings });
      const found = await notes.query({ queryEmbeddings: [new Float32Array(d).fill(-0.5)] });
      expect(found.ids).toEqual([["b", "a"]]);
      expect(found.distances?.[0]?.[1]).toBeCloseTo(2, 5);
    }
  });
});
