import { Client } from "../search/collections/client.js";
import { type LocalClientOptions, WAIT_MS } from "../search/collections/client-options.js";
import { describe } from "../shared/describe.js";
import { NighError } from "../shared/errors.js";
import { checkInteger, checkKeys } from "../shared/options.js";
import { DATABASE_FILE } from "../store/browser/database-file.js";
import { acquireFiles } from "../store/browser/sqlite-module.js";
import { Database } from "../store/database.js";

export interface PersistentClientOptions extends LocalClientOptions {
  /** The name of the database among those of this origin; made where there is none. */
  readonly path: string;
  /** How long to wait where another tab has the database, in milliseconds. Default 5000. */
  readonly waitMs?: number;
}

/** Collections in the origin's private file system: what a write's promise acknowledged is there at the next visit. */
export class OpfsClient extends Client {
  readonly path: string;
  readonly #release: () => void;

  private constructor(path: string, options: LocalClientOptions, release: () => void) {
    super("PersistentClient", options, () => Database.ofFile(`${path}/${DATABASE_FILE}`));
    this.path = path;
    this.#release = release;
  }

  /** @throws NighError `ERR_BUSY` when another tab has it, `ERR_DATABASE`, `ERR_RUNTIME`, `ERR_INVALID_ARGUMENT`, `ERR_UNKNOWN_OPTION`. */
  static async open(options: PersistentClientOptions): Promise<OpfsClient> {
    const where = "PersistentClient";
    checkKeys(where, options, ["path", "tenant", "database", "waitMs", "indexMemoryBytes"]);
    const { path, waitMs = WAIT_MS } = options;
    if (typeof path !== "string" || path === "") {
      throw new NighError(
        "ERR_INVALID_ARGUMENT",
        `${where}: "path" must be the name of a database, found ${describe(path)}.`,
      );
    }
    const release = await acquireFiles(path, checkInteger(where, "waitMs", waitMs, 0));
    try {
      return new OpfsClient(path, options, release);
    } catch (error) {
      release();
      throw error;
    }
  }

  override async close(): Promise<void> {
    await super.close();
    this.#release();
  }
}
