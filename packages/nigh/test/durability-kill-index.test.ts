import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { doctor, PersistentClient } from "nigh";
import { expect, it } from "vitest";
import { BIN, nighJson } from "./cli/run-nigh.js";
import { expectIntegrity } from "./database/integrity.js";
import { seededRandom } from "./database/seeded-random.js";
import { TINY_MODEL } from "./encoder/fixtures.js";
import { temporaryFolder } from "./shared/temporary-folder.js";

const ROUNDS = 4;
const SEED = Number(process.env["NIGH_TEST_SEED"] ?? Date.now() % 1_000_000);
/** Several times as many as the passages that the command writes at a time. */
const FILES = 1700;
const WORDS = ["river", "boiler", "engine", "letter", "window", "garden", "winter", "paper"];

it(`nigh index, killed up to ${ROUNDS} times at random instants, leaves whole passages, and goes on to what an undisturbed run gives (NIGH_TEST_SEED=${SEED})`, async () => {
  const random = seededRandom(SEED);
  const folder = temporaryFolder();
  const files = join(folder, "files");
  writeFiles(files, random);
  const [undisturbed, killed] = [join(folder, "undisturbed"), join(folder, "killed")];
  const { growth } = await runIndex(files, undisturbed, Number.POSITIVE_INFINITY);
  const expected = await passagesOf(undisturbed);
  expect(expected.length).toBeGreaterThan(FILES);

  let [stored, kills] = [0, 0];
  for (let round = 0; round < ROUNDS && stored < expected.length; round++) {
    const left = 1 - stored / expected.length;
    // Runs differ a little: the first is to be killed for sure.
    const share = round === 0 ? 0.9 * random() : random();
    const { wasKilled } = await runIndex(files, killed, share * left * growth);
    if (wasKilled) kills++;
    const found = await passagesOf(killed);
    expect(found.length).toBeGreaterThanOrEqual(stored);
    // Passages are written in their order.
    expectSame(found, expected.slice(0, found.length));
    stored = found.length;
  }
  expect(kills).toBeGreaterThan(0);

  const report = await nighJson(["index", files, "--db", killed, "--model", TINY_MODEL]);
  expect(report).toMatchObject({
    total: expected.length,
    unchanged: stored,
    encoded: expected.length - stored,
    removed: 0,
  });
  expectSame(await passagesOf(killed), expected);
});

/** Notes of a passage, and now and then one of several. */
function writeFiles(folder: string, random: () => number): void {
  mkdirSync(folder);
  for (let i = 0; i < FILES; i++) {
    const word = () => WORDS[Math.floor(random() * WORDS.length)];
    const sentence = () => `The ${word()} of note ${i} is by the ${word()}, near a ${word()}.`;
    const sentences = Array.from({ length: i % 100 === 50 ? 30 : 8 }, sentence);
    writeFileSync(join(folder, `note-${i}.txt`), sentences.join(" "));
  }
}

/**
 * Runs the command, and kills it when the database's files have grown by more than so many bytes: on any machine that is somewhere
 * in its work.
 *
 * @returns by how much they grew at most.
 */
function runIndex(
  files: string,
  db: string,
  limit: number,
): Promise<{ growth: number; wasKilled: boolean }> {
  const before = sizeOf(db);
  const args = [BIN, "index", files, "--db", db, "--model", TINY_MODEL];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "pipe"] });
  let [growth, errors] = [0, ""];
  child.stderr.on("data", (part: Buffer) => {
    errors += part;
  });
  const watch = setInterval(() => {
    growth = Math.max(growth, sizeOf(db) - before);
    if (growth > limit) child.kill("SIGKILL");
  }, 1);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => {
      clearInterval(watch);
      const wasKilled = signal === "SIGKILL";
      if (wasKilled || code === 0) resolve({ growth, wasKilled });
      else reject(new Error(`nigh index ended with ${code ?? signal}: ${errors}`));
    });
  });
}

function sizeOf(db: string): number {
  if (!existsSync(db)) return 0;
  const sizes = readdirSync(db).map(
    (name) => statSync(join(db, name), { throwIfNoEntry: false })?.size ?? 0,
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

type Passages = Awaited<ReturnType<typeof passagesOf>>;

/** What a database holds, which must be sound. */
async function passagesOf(db: string) {
  if (!PersistentClient.existsIn(db)) return [];
  const client = new PersistentClient({ path: db });
  expectIntegrity(db);
  expect((await doctor({ path: db })).problems).toEqual([]);
  const collections = await client.listCollections();
  expect(collections.length).toBeLessThanOrEqual(1);
  const include = ["documents", "metadatas", "embeddings"] as const;
  const all = await Promise.all(collections.map((collection) => collection.get({ include })));
  await client.close();
  return all.flatMap((columns) => columns.rows());
}

/** Embeddings up to rounding, which depends on what a text is encoded with. */
function expectSame(found: Passages, expected: Passages): void {
  const texts = ({ embedding: _, ...rest }: Passages[number]) => rest;
  expect(found.map(texts)).toEqual(expected.map(texts));
  for (const [i, { embedding }] of found.entries()) {
    const wanted = expected[i]?.embedding as Float32Array;
    expect(embedding).toHaveLength(wanted.length);
    const off = wanted.map((x, j) => Math.abs(x - (embedding?.[j] as number)));
    expect(Math.max(...off)).toBeLessThan(1e-5);
  }
}
