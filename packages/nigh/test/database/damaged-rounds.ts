import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PersistentClient } from "nigh";
import { expect } from "vitest";
import { makeBatches } from "./batches.js";
import { copyOf, type Differences, damage, Inspector, type Kind } from "./damage.js";
import { Model } from "./model.js";
import { seededRandom } from "./seeded-random.js";

// A plain program as the child runs it: the tests' types do not reach into it.
const { carryOut } = (await import(new URL("./carry-out.mjs", import.meta.url).href)) as {
  carryOut: (client: PersistentClient, batch: unknown) => Promise<void>;
};

const SEED = 5;
const CLOSED = 60;
const IN_LOG = 12;

/** Makes a database of three collections, and the same with more batches in its log. */
export async function makeDatabase(folder: string): Promise<{ closed: string; open: string }> {
  const [closed, open] = [join(folder, "closed"), join(folder, "open")];
  const client = new PersistentClient({ path: closed });
  for (const batch of makeBatches(SEED, 0, CLOSED)) await carryOut(client, batch);
  await client.close();
  rmSync(`${join(closed, "nigh.sqlite3")}-shm`, { force: true });
  rmSync(`${join(closed, "nigh.sqlite3")}-wal`, { force: true });
  const again = new PersistentClient({ path: copyOf(closed, join(folder, "again")) });
  for (const batch of makeBatches(SEED, CLOSED, IN_LOG)) await carryOut(again, batch);
  copyOf(join(folder, "again"), open);
  await again.close();
  return { closed, open };
}

/** The states that the database with a log was in, the last one first. */
export function statesOfLog(): Model[] {
  let model = Model.of(makeBatches(SEED, 0, CLOSED));
  const states = [model];
  for (const batch of makeBatches(SEED, CLOSED, IN_LOG)) {
    model = model.after(batch);
    states.unshift(model);
  }
  return states;
}

/** What a database shows, in a file, as the inspector compares it. */
export function expectationOf(path: string, file: string): string {
  const copy = copyOf(path, `${file}-copy`);
  const program = join(import.meta.dirname, "inspect-damaged.mjs");
  writeFileSync(file, "[]");
  const { stdout, stderr } = spawnSync(process.execPath, [program, file, "dump", copy], {
    encoding: "utf8",
    maxBuffer: 2 ** 28,
  });
  expect(stderr).toBe("");
  writeFileSync(file, stdout);
  return file;
}

/** What came of damages of one kind. */
export interface Tally {
  rounds: number;
  /** Everything was shown as it was. */
  right: number;
  /** An error said that the file is damaged. */
  refused: number;
  /** Something else was shown, and nothing said so. */
  silent: number;
  /** The most records that were affected in one of these. */
  most: number;
  /** Of these, those that doctor sees. */
  seen: number;
  /** Records in all rounds in which the database was refused and something saved, and how many were saved as they were. */
  records: number;
  saved: number;
  /** Rounds in which nothing could be saved. */
  hopeless: number;
}

export async function damageRounds(
  source: string,
  expected: string,
  fileName: (name: string) => boolean,
  kind: Kind,
  rounds: number,
  seed: number,
): Promise<Tally> {
  const random = seededRandom(seed);
  const tally: Tally = {
    rounds,
    right: 0,
    refused: 0,
    silent: 0,
    most: 0,
    seen: 0,
    records: 0,
    saved: 0,
    hopeless: 0,
  };
  const name = readdirSync(source).find(fileName);
  expect(name, "the file to damage").toBeDefined();
  const dump = JSON.parse(readFileSync(expected, "utf8")) as { records: unknown[] }[];
  const total = dump.reduce((sum, { records }) => sum + records.length, 0);
  const inspector = new Inspector(expected);
  for (let round = 0; round < rounds; round++) {
    const path = copyOf(source, `${source}-${kind.replace(" ", "-")}`);
    const place = damage(join(path, name as string), kind, random);
    const title = `${kind} of ${name} (seed ${seed}, round ${round}): ${place}`;
    const { shown, failed, problems, doctorFailed, saved, savedProblems, saveFailed } =
      await inspector.inspect(path);
    for (const failure of [failed, doctorFailed, saveFailed]) {
      if (failure) expect(failure.isNigh, `${title}: ${failure.stack}`).toBe(true);
    }
    if (savedProblems) expect(savedProblems, title).toEqual([]);
    if (failed) {
      tally.refused++;
      expect(failed.code, title).toBe("ERR_DATABASE");
      expect(failed.message, title).toContain("nigh.sqlite3");
      // A bit that flipped in one of two numbers of the header makes it another program's file, or a newer nigh's.
      expect(failed.message, title).toMatch(/nigh doctor|none of nigh's|newer version/u);
      // Doctor sees at least what stops a program.
      expect(problems?.length !== 0 || doctorFailed !== undefined, title).toBe(true);
      if (saved) tally.records += total;
      if (saved) tally.saved += total - saved.differences.missing - saved.differences.changed;
      else tally.hopeless++;
    } else if (isRight(shown as Differences)) tally.right++;
    else {
      tally.silent++;
      const { missing, extra, changed } = shown as Differences;
      tally.most = Math.max(tally.most, missing + extra + changed);
      if (problems?.length !== 0) tally.seen++;
    }
    rmSync(path, { recursive: true });
    expect(existsSync(source)).toBe(true);
  }
  inspector.end();
  return tally;
}

function isRight({ missing, extra, changed, answers }: Differences): boolean {
  return missing + extra + changed + answers === 0;
}
