import { describe } from "../../shared/describe.js";
import { NighError } from "../../shared/errors.js";
import { checkKeys, checkTypes } from "../../shared/options.js";
import { type Compacted, compact } from "../../store/compact.js";
import { Database } from "../../store/database.js";
import { databaseFile } from "../../store/repair/damaged-database.js";
import { examine } from "../../store/repair/examine.js";
import { recover } from "../../store/repair/recover.js";
import { repair } from "../../store/repair/repair.js";
import type { Examination, Problem, Recovery } from "../../store/repair/report.js";
import { interpretConfiguration } from "./configuration.js";

const WAIT_MS = 5000;

export interface DoctorOptions {
  /** The folder of the database. */
  readonly path: string;
  /** Makes anew what is derived from records and vectors where it is wrong, in place. Default false. */
  readonly repair?: boolean;
  /** Gives room of what was deleted back to the disk, where nothing is wrong. Default false. */
  readonly compact?: boolean;
  /** A new folder, into which every record that can be read is saved; the database itself is left as it is, whatever else is asked for. */
  readonly saveTo?: string;
}

/** What was found, and what was done. */
export interface DoctorReport extends Examination {
  /** Problems that `repair` mended: `problems` are those that are left. */
  readonly repaired: readonly Problem[];
  /** With `compact`, where nothing is wrong. */
  readonly compacted?: Compacted;
  /** With `saveTo`. */
  readonly saved?: Recovery;
}

/**
 * Examines a database that may be damaged; repairs it, or saves what can be read. Without `repair` and `compact` nothing in its folder is
 * changed.
 *
 * SQLite's pages have no checksums: a bit that flipped inside of a text or a number cannot be seen.
 *
 * ```ts
 * const { problems } = await doctor({ path: "notes.db" });
 * for (const { message, remedy } of problems) console.log(message, remedy);
 * ```
 *
 * @throws NighError `ERR_NOT_FOUND` for a folder without a database; `ERR_DATABASE` for one of another program or of a newer nigh, for one
 * that repairing does not help, and with `saveTo` for one that SQLite cannot read at all; `ERR_EXISTS` when `saveTo` holds a database;
 * `ERR_INVALID_ARGUMENT`, `ERR_UNKNOWN_OPTION`, `ERR_BUSY`.
 */
export async function doctor(options: DoctorOptions): Promise<DoctorReport> {
  const where = "doctor";
  checkKeys(where, options, ["path", "repair", "compact", "saveTo"]);
  checkTypes(where, options, { repair: "boolean", compact: "boolean", saveTo: "string" });
  const { path, saveTo } = options;
  if (typeof path !== "string" || path === "") {
    throw new NighError(
      "ERR_INVALID_ARGUMENT",
      `${where}: "path" must be the path of a folder, found ${describe(path)}.`,
    );
  }
  const configuration = JSON.stringify(interpretConfiguration(where));
  if (saveTo !== undefined) {
    const saved = await recover(path, saveTo, configuration);
    return { ...examineSaved(path), repaired: [], saved };
  }
  const repaired = options.repair ? await repair(path, WAIT_MS) : [];
  const found = examine(path);
  if (!options.compact || found.problems.length > 0) return { ...found, repaired };
  return { ...found, repaired, compacted: await compactFolder(path) };
}

/** What was saved from is nigh's, even where a bit of its header says otherwise. */
function examineSaved(path: string): Examination {
  try {
    return examine(path);
  } catch (error) {
    if (!(error instanceof NighError)) throw error;
    const problem: Problem = { part: "file", message: error.message, remedy: "saveTo" };
    return { path: databaseFile(path), collections: [], problems: [problem] };
  }
}

async function compactFolder(path: string): Promise<Compacted> {
  const database = Database.open(path, WAIT_MS);
  try {
    return await compact(database);
  } finally {
    await database.close();
  }
}
