import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassageDatabase } from "nigh";
import { afterEach, beforeEach, expect, it } from "vitest";

const PROGRAM = join(import.meta.dirname, "database/index-and-crash.mjs");
const PASSAGES = 200;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "nigh-crash-"));
});
afterEach(() => rm(folder, { recursive: true }));

it("a database whose writer is killed, at whatever step, holds all of the old version or all of the new", async () => {
  expect(index(1, 0).stdout).toBe("stored\n");
  let version = 1;
  let step = 1;
  let committed = 0;
  for (; ; step++) {
    const { signal, stdout } = index(version + 1, step);
    const found = await storedVersion();
    if (signal === null) {
      expect(stdout).toBe("stored\n");
      expect(found).toBe(version + 1);
      break;
    }
    expect(signal).toBe("SIGKILL");
    expect([version, version + 1]).toContain(found);
    if (found !== version) committed++;
    version = found;
  }
  expect(step).toBeGreaterThan(10);
  // Some steps come before the commit, some after.
  expect(committed).toBeGreaterThan(0);
  expect(committed).toBeLessThan(step - 1);
  expect(await readdir(folder)).toHaveLength(3);
}, 120_000);

it("a writer that is killed before its first commit leaves no database, and nothing in the way", async () => {
  expect(index(1, 5).signal).toBe("SIGKILL");
  expect(await PassageDatabase.existsIn(folder)).toBe(false);
  expect((await PassageDatabase.open(folder)).size).toBe(0);
  expect(index(2, 0).stdout).toBe("stored\n");
  expect(await storedVersion()).toBe(2);
  expect(await readdir(folder)).toHaveLength(3);
});

function index(version: number, fatalStep: number) {
  return spawnSync(process.execPath, [PROGRAM, folder, `${version}`, `${fatalStep}`], {
    encoding: "utf8",
  });
}

/** The one version that all passages and vectors are of. */
async function storedVersion(): Promise<number> {
  const database = await PassageDatabase.open(folder);
  expect(database.size).toBe(PASSAGES);
  const answers = database.searchByVector(new Float32Array(8).fill(1), PASSAGES);
  const versions = new Set(answers.map(({ passage }) => passage.metadata["version"]));
  const scores = new Set(answers.map(({ score }) => score / 8));
  expect([...scores]).toEqual([...versions]);
  expect(versions.size).toBe(1);
  return Number([...versions][0]);
}
