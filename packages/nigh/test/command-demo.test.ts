import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { nigh, nighJson } from "./cli/run-nigh.js";
import { temporaryFolder } from "./shared/temporary-folder.js";

const folder = temporaryFolder();

describe("nigh demo", () => {
  it("shows similarity, answers and speed in order, and leaves a database that answers", async () => {
    const db = join(folder, "demo-db");
    const { code, stdout } = await nigh(["demo", "--db", db, "--seconds", "1"]);
    expect(code).toBe(0);
    const places = [
      "cosine similarity",
      "State of the Union",
      "passages/s",
      "sending people to the moon",
      "exact search through",
      "npx nigh search",
    ].map((part) => stdout.indexOf(part));
    expect(places.every((place) => place >= 0)).toBe(true);
    expect(places).toEqual([...places].sort((a, b) => a - b));
    const { answers } = JSON.parse(
      (await nigh(["search", "space exploration", "--db", db, "--json"])).stdout,
    );
    expect(answers).toHaveLength(5);
    expect(answers[0].metadata.year).toBeGreaterThan(1789);
  });

  it("gives a report as JSON, and indexes nothing less when it runs again", async () => {
    const db = join(folder, "demo-twice");
    const first = JSON.parse((await nigh(["demo", "--db", db, "--seconds", "8", "--json"])).stdout);
    expect(first).toMatchObject({ model: "all-MiniLM-L6-v2", dtype: "int8", db });
    expect(first.similarity.cosine).toHaveLength(5);
    expect(first.answers[0]).toMatchObject({
      question: "sending people to the moon",
      answers: [{ score: expect.any(Number) }, {}],
    });
    expect(first.milliseconds.exactSearch).toBeGreaterThan(0);
    const again = JSON.parse((await nigh(["demo", "--db", db, "--seconds", "1", "--json"])).stdout);
    expect(again.passages.indexed).toBe(first.passages.indexed);
    const { collections } = await nighJson(["collections", "--db", db]);
    expect(collections).toMatchObject([
      { name: "state-of-the-union", records: first.passages.indexed },
    ]);
  });

  it("leaves another database alone", async () => {
    const db = join(folder, "own-db");
    const file = join(folder, "own.txt");
    await writeFile(file, "My own note.");
    await nigh(["index", file, "--db", db]);
    const { code, stderr } = await nigh(["demo", "--db", db, "--seconds", "1"]);
    expect(code).toBe(1);
    expect(stderr).toContain("give the demo a folder of its own");
  });
});
