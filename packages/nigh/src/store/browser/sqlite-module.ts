import sqlite3InitModule, {
  type Database,
  type SAHPoolUtil,
  type Sqlite3Static,
} from "@sqlite.org/sqlite-wasm";
import { wait } from "#shared/turns";
import { messageOf, NighError } from "../../shared/errors.js";
import type { Sqlite } from "../sqlite-types.js";
import { watchRoom } from "./room.js";
import { WasmDatabase } from "./wasm-database.js";

/** How long one who waits for another tab leaves between two looks. */
const LOOK_MS = 50;
/** A database, its journal, and what VACUUM writes. */
const FILES = 6;

let sqlite: Sqlite3Static | undefined;
let loading: Promise<Sqlite3Static> | undefined;
/** By the names of databases; those that are closed are paused. */
const pools = new Map<string, SAHPoolUtil>();

/** Loads SQLite, before {@link openSqlite} is called. @throws NighError `ERR_RUNTIME`. */
export async function loadSqlite(): Promise<Sqlite3Static> {
  loading ??= sqlite3InitModule();
  try {
    sqlite = await loading;
    return sqlite;
  } catch (cause) {
    loading = undefined;
    throw new NighError(
      "ERR_RUNTIME",
      `SQLite cannot be loaded: ${messageOf(cause)}. Its file sqlite3.wasm must be served beside the worker's script.`,
      { cause },
    );
  }
}

/** Opens a file of a database that was acquired, or memory for ":memory:". The caller sets it up. */
export function openSqlite(path: string): Sqlite {
  if (sqlite === undefined) throw new TypeError("SQLite is not loaded yet");
  return new WasmDatabase(sqlite, open(sqlite, path));
}

function open(loaded: Sqlite3Static, path: string): Database {
  if (path === ":memory:") return new loaded.oo1.DB(":memory:");
  const [name = "", file = ""] = path.split(/\/(?=[^/]*$)/u);
  const pool = pools.get(name);
  if (pool === undefined) throw new TypeError(`the database ${name} is not acquired`);
  return new pool.OpfsSAHPoolDb(`/${file}`);
}

/**
 * Takes the files of a database, of which one tab has all for itself.
 *
 * @param waitMs how long to wait for another tab, or for this page as it was before it was loaded again.
 * @returns gives them back, once the database is closed.
 * @throws NighError `ERR_BUSY` when another tab has them, `ERR_RUNTIME` where the browser has no such files.
 */
export async function acquireFiles(name: string, waitMs: number): Promise<() => void> {
  if (navigator.locks === undefined || navigator.storage?.getDirectory === undefined) {
    throw new NighError(
      "ERR_RUNTIME",
      "A database that lasts needs the origin's private file system, which this browser has not, or not here: serve the page by https or from localhost, or use EphemeralClient.",
    );
  }
  const deadline = performance.now() + waitMs;
  const unlock = await lock(name, waitMs);
  try {
    const loaded = await loadSqlite();
    for (;;) {
      try {
        await takeHandles(loaded, name);
        break;
      } catch (error) {
        // Handles of a page that is gone are closed a moment after its locks.
        const isHeld = (error as Error).name === "NoModificationAllowedError";
        if (!isHeld) throw unusable(name, error);
        if (performance.now() > deadline) throw busy(name, waitMs);
        await wait(LOOK_MS);
      }
    }
  } catch (error) {
    unlock();
    throw error;
  }
  return () => {
    pools.get(name)?.pauseVfs();
    unlock();
  };
}

async function takeHandles(loaded: Sqlite3Static, name: string): Promise<void> {
  if (pools.size === 0) watchRoom();
  const known = pools.get(name);
  if (known !== undefined) {
    await known.unpauseVfs();
    return;
  }
  // The types lack what the documentation has.
  const options = {
    name: `nigh ${name}`,
    directory: `/nigh/${encodeURIComponent(name)}`,
    initialCapacity: FILES,
    forceReinitIfPreviouslyFailed: true,
    // Else a failure would delete the database.
    preserveOnInitFailure: true,
    verbosity: 0,
  };
  pools.set(name, await loaded.installOpfsSAHPoolVfs(options));
}

/** Waits for the lock of a database. @returns releases it. */
async function lock(name: string, waitMs: number): Promise<() => void> {
  return new Promise((resolve, reject) => {
    navigator.locks
      .request(`nigh database ${name}`, { signal: AbortSignal.timeout(waitMs) }, () => {
        return new Promise<void>((release) => resolve(release));
      })
      .catch(() => reject(busy(name, waitMs)));
  });
}

function busy(name: string, waitMs: number): NighError {
  return new NighError(
    "ERR_BUSY",
    `The database "${name}" is open in another tab or worker, which did not close it within ${waitMs / 1000} s: close that one, or wait longer with the client's option "waitMs". Nothing was changed.`,
  );
}

function unusable(name: string, cause: unknown): NighError {
  const { name: kind } = cause as Error;
  return new NighError(
    kind === "QuotaExceededError" ? "ERR_DISK_FULL" : "ERR_DATABASE",
    `The files of the database "${name}" cannot be opened: ${messageOf(cause)}.`,
    { cause },
  );
}
