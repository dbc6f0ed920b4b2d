import { existsSync, readdirSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { NighError } from "../../shared/errors.js";
import { Damage } from "../damage.js";
import { GRAPH_EXTENSION } from "./graph-file.js";

/**
 * An empty file is a database to be: SQLite makes it one, and throws its log away. Not where the log or a graph beside it tell that it
 * was one already.
 *
 * @throws NighError `ERR_DATABASE`.
 */
export function refuseEmptied(path: string): void {
  if (!existsSync(path) || statSync(path).size > 0) return;
  const log = `${path}-wal`;
  const hasLog = existsSync(log) && statSync(log).size > 0;
  const hasGraphs = readdirSync(dirname(path)).some((name) => name.endsWith(GRAPH_EXTENSION));
  if (!hasLog && !hasGraphs) return;
  throw new NighError(
    "ERR_DATABASE",
    `The database ${path} is empty, though ${hasLog ? "its log" : "a graph beside it"} is not: the file is damaged. Run nigh doctor, which saves what can be read.`,
    { cause: new Damage("The file is empty") },
  );
}
