import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { doctor, NighError, PersistentClient } from "nigh";
import { describe, expect, it } from "vitest";
import { openSqlite } from "../src/store/sqlite.js";
import { bytesOfFolder } from "./database/bytes-of-folder.js";
import { OtherProcess } from "./database/other-process.js";
import { only } from "./encoder/platform.js";
import { temporaryFolder } from "./shared/temporary-folder.js";

const FILE = "nigh.sqlite3";

async function filled(): Promise<string> {
  const path = temporaryFolder();
  const client = new PersistentClient({ path });
  const notes = await client.createCollection({ name: "notes", embeddingFunction: null });
  await notes.add({
    ids: ["a", "b"],
    embeddings: [
      [1, 2],
      [3, 4],
    ],
  });
  await client.close();
  // Empty, and there as long as Node 20 keeps the closed database.
  for (const end of ["wal", "shm"]) rmSync(join(path, `${FILE}-${end}`), { force: true });
  return path;
}

function alter(path: string, sql: string): void {
  const db = openSqlite(join(path, FILE));
  db.exec(`${sql}; PRAGMA wal_checkpoint(TRUNCATE)`);
  db.close();
}

/** The database, and its log where there is something in it: SQLite makes and removes empty ones as it likes. */
function databaseBytes(path: string) {
  const bytes = bytesOfFolder(path);
  const log = join(path, `${FILE}-wal`);
  return [bytes[FILE], existsSync(log) && statSync(log).size > 0];
}

function refusal(path: string): NighError {
  try {
    new PersistentClient({ path });
  } catch (error) {
    expect(error).toBeInstanceOf(NighError);
    return error as NighError;
  }
  throw new Error("it was opened");
}

describe("what is refused stays as it is", () => {
  it("a database of a newer version", async () => {
    const path = await filled();
    alter(path, "PRAGMA user_version = 99");
    const before = databaseBytes(path);
    expect(refusal(path)).toMatchObject({
      code: "ERR_DATABASE",
      message: expect.stringMatching(
        /newer version.*version 99.*Update nigh.*Nothing was changed/u,
      ),
    });
    await expect(doctor({ path, repair: true })).rejects.toMatchObject({ code: "ERR_DATABASE" });
    expect(databaseBytes(path)).toEqual(before);
  });

  it.each([
    ["with tables of its own", "CREATE TABLE t (x); INSERT INTO t VALUES (1)"],
    ["with an id of its own", "PRAGMA application_id = 252006675"],
    ["in WAL mode", "PRAGMA journal_mode = WAL; CREATE TABLE records_1 (x)"],
  ])("another program's SQLite database %s", async (_, sql) => {
    const path = temporaryFolder();
    alter(path, sql);
    const before = databaseBytes(path);
    expect(refusal(path)).toMatchObject({
      code: "ERR_DATABASE",
      message: expect.stringMatching(/none of nigh's.*Nothing was changed/u),
    });
    await expect(doctor({ path, repair: true })).rejects.toMatchObject({ code: "ERR_DATABASE" });
    expect(databaseBytes(path)).toEqual(before);
  });

  it("a file of another kind in the database's place", () => {
    const path = temporaryFolder();
    writeFileSync(join(path, FILE), "This is a text, and no database. ".repeat(100));
    const before = databaseBytes(path);
    expect(refusal(path)).toMatchObject({
      code: "ERR_DATABASE",
      message: expect.stringMatching(/nigh\.sqlite3.*nigh doctor/u),
    });
    expect(databaseBytes(path)).toEqual(before);
  });

  it("a path that is a file, or below one", () => {
    const folder = temporaryFolder();
    const file = join(folder, "notes.txt");
    writeFileSync(file, "a text");
    for (const path of [file, join(file, "db")]) {
      const { code, message } = refusal(path);
      expect(code).toBe("ERR_DATABASE");
      expect(message).toContain(path);
      expect(message).toMatch(/Choose another/u);
    }
    expect(readFileSync(file, "utf8")).toBe("a text");
  });

  it("a database's file that is a folder", () => {
    const path = temporaryFolder();
    mkdirSync(join(path, FILE));
    expect(refusal(path).code).toBe("ERR_DATABASE");
  });
});

/** Rights do not bind root: another process then runs as nobody, where nobody may read nigh. */
const NOBODY = 65534;
const isRoot = process.getuid?.() === 0;
const OTHER_USER = only(
  isRoot &&
    spawnSync(
      process.execPath,
      ["--input-type=module", "-e", `await import(${JSON.stringify(import.meta.resolve("nigh"))})`],
      { uid: NOBODY, gid: NOBODY },
    ).status === 0,
  "only root can run a program as another user, and that user has to be able to read nigh",
);

describe.skipIf(OTHER_USER.skip)(OTHER_USER.title("without the right to write"), () => {
  it("a folder with a database is refused with ERR_READ_ONLY, and stays as it is", async () => {
    const path = await filled();
    chmodSync(join(path, FILE), 0o444);
    chmodSync(path, 0o555);
    const before = databaseBytes(path);
    const other = new OtherProcess(path, { uid: NOBODY });
    expect(await other.ask("open")).toMatchObject({
      code: "ERR_READ_ONLY",
      message: expect.stringMatching(/right to write/u),
    });
    await other.end();
    expect(databaseBytes(path)).toEqual(before);
  });

  it("a file in a folder that may be written is read; writing is refused with ERR_READ_ONLY", async () => {
    const path = await filled();
    chmodSync(join(path, FILE), 0o444);
    chmodSync(path, 0o777);
    const other = new OtherProcess(path, { uid: NOBODY });
    await other.do("open");
    expect(await other.do("collection", "notes", "count")).toBe(2);
    const added = await other.ask("collection", "notes", "add", {
      ids: ["c"],
      embeddings: [[1, 1]],
    });
    expect(added).toMatchObject({
      code: "ERR_READ_ONLY",
      message: expect.stringMatching(/right to write.*Nothing was changed/u),
    });
    expect(await other.do("collection", "notes", "count")).toBe(2);
    await other.end();
  });

  it("no folder is made in one that may not be written: ERR_READ_ONLY", async () => {
    const parent = temporaryFolder();
    chmodSync(parent, 0o555);
    for (const path of [parent, join(parent, "db")]) {
      const other = new OtherProcess(path, { uid: NOBODY });
      expect(await other.ask("open")).toMatchObject({
        code: "ERR_READ_ONLY",
        message: expect.stringMatching(/right to write/u),
      });
      await other.end();
    }
  });
});
