import { EphemeralClient } from "nigh";
import { expect, it } from "vitest";
import { refused } from "./collections/refused.js";

// What the compiler must refuse stands behind "@ts-expect-error": the check of the tests' types fails where it does not.

interface Note {
  year: number;
  title?: string;
}

it("metadata may be typed by an interface: rows have its keys, and add asks for those that must be there", async () => {
  const client = new EphemeralClient();
  const notes = await client.createCollection<Note>({ name: "notes", embeddingFunction: null });
  const record = { ids: ["a"], embeddings: [[1, 2]] };
  await notes.add({ ...record, metadatas: [{ year: 2024, title: "one" }] });
  await refused(async () => {
    // @ts-expect-error null takes a key away: there is none to take from
    await notes.add({ ...record, metadatas: [{ year: null }] });
  }, "ERR_INVALID_ARGUMENT");
  // @ts-expect-error without its year
  await notes.add({ ...record, metadatas: [{}] });
  // @ts-expect-error a year is a number
  await notes.update({ ids: ["a"], metadatas: [{ year: "2024" }] });
  await notes.update({ ids: ["a"], metadatas: [{ year: 2025 }] });
  await notes.upsert({ ...record, metadatas: [{ title: null }] });
  const [row] = (await notes.get()).rows();
  expect(row?.metadata?.year.toFixed(1)).toBe("2025.0");
  expect(row?.metadata?.title?.length).toBeUndefined();
  const [found] = await notes.search({ queryEmbedding: [1, 2], mode: "semantic" });
  expect(found?.metadata?.year).toBe(2025);
  // @ts-expect-error dates are no values of metadata
  await client.getCollection<{ when: Date }>({ name: "notes", embeddingFunction: null });
  await client.close();
});
