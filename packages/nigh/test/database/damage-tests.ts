import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { doctor, NighError, PersistentClient } from "nigh";
import { beforeAll, describe, expect, it } from "vitest";
import { temporaryFolder } from "../shared/temporary-folder.js";
import { copyOf, damage, type Kind } from "./damage.js";
import {
  damageRounds,
  expectationOf,
  makeDatabase,
  statesOfLog,
  type Tally,
} from "./damaged-rounds.js";
import { whichModel } from "./model.js";
import { seededRandom } from "./seeded-random.js";

const FILE = "nigh.sqlite3";
const REPORT = process.env["NIGH_TEST_REPORT"] !== undefined;

/** Tests of what becomes of a damaged database, in so many rounds of each kind of damage. */
export function damageTests(rounds: number, seed: number): void {
  const folder = temporaryFolder();
  let made: { closed: string; open: string };
  let expected: string;
  beforeAll(async () => {
    made = await makeDatabase(folder);
    expected = expectationOf(made.closed, join(folder, "closed.json"));
  });

  describe(`a database's file of which, ${rounds} times (seed ${seed}),`, () => {
    async function tallyOf(kind: Kind): Promise<Tally> {
      const isMain = (name: string) => name === FILE;
      const tally = await damageRounds(made.closed, expected, isMain, kind, rounds, seed);
      if (REPORT) console.log(kind, tally);
      // Where it is the page with the list of tables, nothing can be saved.
      expect(tally.hopeless).toBeLessThanOrEqual(Math.max(4, rounds / 5));
      return tally;
    }

    it("a bit flips is shown as it was, or but for that bit, or refused in a NighError; what can be read is saved", async () => {
      const { refused, right, most, records, saved } = await tallyOf("flip");
      expect(right).toBeGreaterThan(0);
      expect(most).toBeLessThanOrEqual(2);
      if (refused > 0) expect(saved / records).toBeGreaterThan(0.9);
    });

    it("512 bytes are garbage is shown as it was, or refused in a NighError; what can be read is saved", async () => {
      const { refused, most, records, saved } = await tallyOf("garbage");
      expect(refused).toBeGreaterThan(0);
      // As many as there are in 512 bytes.
      expect(most).toBeLessThanOrEqual(8);
      expect(saved / records).toBeGreaterThan(0.7);
    });

    it("a page is zeros is shown as it was, or refused in a NighError; what can be read is saved", async () => {
      const { refused, silent, records, saved } = await tallyOf("zero page");
      expect(silent).toBe(0);
      expect(refused).toBeGreaterThan(0);
      expect(saved / records).toBeGreaterThan(0.5);
    });

    it("the end is missing is refused in a NighError; whole collections before it are saved", async () => {
      const { refused, silent, saved } = await tallyOf("truncate");
      expect(silent).toBe(0);
      expect(refused).toBeGreaterThan(0);
      expect(saved).toBeGreaterThan(0);
    });

    it("a bit of the header flips is shown as it was, or refused in a NighError, and all of it is saved", async () => {
      const { silent, records, saved } = await tallyOf("header");
      expect(silent).toBe(0);
      expect(saved).toBe(records);
    });
  });

  it("a database's file that is empty is a new database to SQLite; doctor says that it may be a loss", async () => {
    const path = copyOf(made.closed, join(folder, "emptied"));
    writeFileSync(join(path, FILE), "");
    const { problems } = await doctor({ path });
    expect(problems).toMatchObject([{ part: "file", message: expect.stringMatching(/is empty/u) }]);
  });

  it("a database's file that is empty, though its log is not, is refused, and what the log has is saved", async () => {
    const path = copyOf(made.open, join(folder, "emptied-log"));
    writeFileSync(join(path, FILE), "");
    const log = readFileSync(join(path, `${FILE}-wal`));
    expect(() => new PersistentClient({ path })).toThrow(
      /is empty, though its log is not.*nigh doctor/u,
    );
    expect((await doctor({ path })).problems).toHaveLength(1);
    expect(readFileSync(join(path, `${FILE}-wal`)).equals(log)).toBe(true);
  });

  it(`a damaged log: the state before some of its last transactions, whole ones, or a NighError (${4 * rounds} times, seed ${seed})`, async () => {
    const states = statesOfLog();
    const random = seededRandom(seed);
    const found = new Map<number, number>();
    for (let round = 0; round < 4 * rounds; round++) {
      const path = copyOf(made.open, join(folder, "log"));
      const kind = (["flip", "garbage", "zero page", "truncate"] as const)[round % 4] as Kind;
      const place = damage(join(path, `${FILE}-wal`), kind, random);
      try {
        const client = new PersistentClient({ path });
        const state = await whichModel(client, states);
        found.set(state, (found.get(state) ?? 0) + 1);
        await client.close();
        expect((await doctor({ path })).problems, `${kind}: ${place}`).toEqual([]);
      } catch (error) {
        if (!(error instanceof NighError)) throw error;
        expect(error.message).toMatch(/nigh\.sqlite3.*nigh doctor/u);
      }
    }
    if (REPORT) console.log("log", found);
    expect(found.size).toBeGreaterThan(1);
  });

  it("graphs that are damaged or of no collection: answers are right, doctor names them, repair takes them away", async () => {
    const path = copyOf(made.closed, join(folder, "graphs"));
    const client = new PersistentClient({ path });
    const [first] = await client.listCollections();
    const [own, stray] = [`${first?.id}.graph`, "00000000-0000-4000-8000-000000000000.graph"];
    for (const name of [own, stray])
      writeFileSync(join(path, name), "nighGRF1 and garbage".repeat(50));
    expect(await whichModel(client, statesOfLog().slice(-1))).toBe(0);
    const query = { queryEmbeddings: [new Float32Array(12).fill(1)], nResults: 5 };
    const answer = await first?.query(query);
    await client.close();
    writeFileSync(join(path, own), "nighGRF1 and garbage".repeat(50));
    const again = new PersistentClient({ path });
    const same = await again.getCollection({
      name: first?.name as string,
      embeddingFunction: null,
    });
    expect(await same.query(query)).toEqual(answer);
    await again.close();
    writeFileSync(join(path, own), "nighGRF1 and garbage".repeat(50));
    writeFileSync(join(path, stray), "nighGRF1 and garbage".repeat(50));
    const { problems } = await doctor({ path });
    expect(problems.map(({ part, remedy }) => `${part} ${remedy}`)).toEqual([
      "graph repair",
      "graph repair",
    ]);
    for (const name of [own, stray]) {
      expect(problems.some(({ message }) => message.includes(join(path, name)))).toBe(true);
    }
    const mended = await doctor({ path, repair: true });
    expect(mended.repaired).toHaveLength(2);
    expect(mended.problems).toEqual([]);
  });
}
