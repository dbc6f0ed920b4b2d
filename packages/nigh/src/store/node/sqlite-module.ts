import { createRequire } from "node:module";
import { NighError } from "../../shared/errors.js";
import type { Sqlite } from "../sqlite-types.js";

interface SqliteModule {
  DatabaseSync: new (path: string, options?: { readOnly?: boolean }) => Sqlite;
}

let loaded: SqliteModule | undefined;

/**
 * SQLite by the interface of node:sqlite: Node's own where there is one, else the package with the same interface.
 *
 * @throws NighError `ERR_RUNTIME` when neither is there.
 */
function sqliteModule(): SqliteModule {
  loaded ??= builtIn() ?? fromPackage();
  return loaded;
}

/** Opens a database file, or memory for ":memory:". The caller sets it up. */
export function openSqlite(path: string, options: { readOnly?: boolean } = {}): Sqlite {
  const { DatabaseSync } = sqliteModule();
  return new DatabaseSync(path, options);
}

function builtIn(): SqliteModule | undefined {
  // Node says once per process that the module is experimental: no news for nigh's users.
  const warn = process.emitWarning;
  process.emitWarning = ((warning: string | Error, ...rest: never[]) => {
    if (!String(warning).startsWith("SQLite is an experimental feature")) warn(warning, ...rest);
  }) as typeof process.emitWarning;
  try {
    return (process.getBuiltinModule as (id: string) => unknown)("node:sqlite") as
      | SqliteModule
      | undefined;
  } finally {
    process.emitWarning = warn;
  }
}

function fromPackage(): SqliteModule {
  try {
    return createRequire(import.meta.url)("@photostructure/sqlite") as SqliteModule;
  } catch (cause) {
    throw new NighError(
      "ERR_RUNTIME",
      `There is no SQLite here: Node ${process.versions.node} has no node:sqlite, and the package @photostructure/sqlite cannot be loaded on ${process.platform}-${process.arch}. Use Node 22.13 or later, or install the package.`,
      { cause },
    );
  }
}
