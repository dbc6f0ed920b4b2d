import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { finish } from "../../shared/steps.js";
import { abandonedGraphFiles, GRAPH_EXTENSION, readGraphFile } from "../node/graph-file.js";
import type { Report } from "./examine.js";

/** Graphs are caches: those that are damaged, not complete, or belong to no collection are not used, and may go. */
export function checkGraphFiles(folder: string, ids: ReadonlySet<string>, report: Report): void {
  for (const { message } of badGraphFiles(folder, ids)) {
    report({ part: "graph", message, remedy: "repair" });
  }
}

export function removeBadGraphFiles(folder: string, ids: ReadonlySet<string>): void {
  for (const { path } of badGraphFiles(folder, ids)) rmSync(path, { force: true });
}

function badGraphFiles(
  folder: string,
  ids: ReadonlySet<string>,
): { path: string; message: string }[] {
  const abandoned = abandonedGraphFiles(folder).map((path) => ({
    path,
    message: `${path} was left by a process that ended while it wrote it.`,
  }));
  const bad = readdirSync(folder)
    .filter((name) => name.endsWith(GRAPH_EXTENSION))
    .flatMap((name) => {
      const path = join(folder, name);
      const id = name.slice(0, -GRAPH_EXTENSION.length);
      if (!ids.has(id)) return [{ path, message: `${path} is of a collection that is not there.` }];
      const graph = finish(readGraphFile(folder, id));
      return typeof graph === "string" ? [{ path, message: `${graph}.` }] : [];
    });
  return [...bad, ...abandoned];
}
