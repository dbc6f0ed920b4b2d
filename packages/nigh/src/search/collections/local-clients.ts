import { describe } from "../../shared/describe.js";
import { NighError } from "../../shared/errors.js";
import { checkInteger, checkKeys } from "../../shared/options.js";
import { Database } from "../../store/database.js";
import { Client } from "./client.js";
import {
  type LocalClientOptions,
  type PersistentClientOptions,
  WAIT_MS,
} from "./client-options.js";

/** Collections in a folder: what a write's promise acknowledged survives a crash. */
export class PersistentClient extends Client {
  readonly path: string;

  /**
   * @throws NighError `ERR_DATABASE` for a folder whose database is damaged, or of a newer version; `ERR_READ_ONLY`;
   * `ERR_INVALID_ARGUMENT`, `ERR_UNKNOWN_OPTION`.
   */
  constructor(options: PersistentClientOptions) {
    const where = "PersistentClient";
    checkKeys(where, options, ["path", "tenant", "database", "waitMs", "indexMemoryBytes"]);
    const { path, waitMs = WAIT_MS } = options;
    if (typeof path !== "string" || path === "") {
      throw new NighError(
        "ERR_INVALID_ARGUMENT",
        `${where}: "path" must be the path of a folder, found ${describe(path)}.`,
      );
    }
    checkInteger(where, "waitMs", waitMs, 0);
    super(where, options, () => Database.open(path, waitMs));
    this.path = path;
  }

  /** Whether a folder holds a database. */
  static existsIn(path: string): boolean {
    return Database.existsIn(path);
  }
}

/** Collections in memory: gone when the client is closed. */
export class EphemeralClient extends Client {
  constructor(options: LocalClientOptions = {}) {
    checkKeys("EphemeralClient", options, ["tenant", "database", "indexMemoryBytes"]);
    super("EphemeralClient", options, () => Database.inMemory());
  }
}
