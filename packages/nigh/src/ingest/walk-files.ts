import type { Dirent, Stats } from "node:fs";
import { constants } from "node:fs";
import { access, readdir, stat } from "node:fs/promises";
import { isAbsolute, join, relative, resolve, sep } from "node:path";
import { PersistentClient } from "../search/collections/local-clients.js";
import { throwIfAborted } from "../shared/abort.js";
import { messageOf, NighError } from "../shared/errors.js";
import { bad, type InputProblem, skipped } from "./document.js";
import type { SourceFile } from "./document-reader.js";

type Found = SourceFile | InputProblem;

/**
 * The files at and beneath `paths`: paths in the given order, a folder's entries by name (code
 * units, so alike on every machine), each file once. Hidden entries and node_modules inside a
 * folder are passed over; nigh's own databases, and what is neither file nor folder, are reported.
 *
 * @throws NighError `ERR_FILE`, before anything is yielded, when one of `paths` does not exist,
 * cannot be read, or is neither a file nor a folder; `ERR_ABORTED`.
 */
export async function* walkFiles(
  paths: readonly string[],
  signal: AbortSignal | undefined,
): AsyncGenerator<Found> {
  const roots: { path: string; folder: boolean }[] = [];
  for (const path of paths) roots.push(await checkRoot(path));
  const seen = new Set<string>();
  for (const { path, folder } of roots) {
    for await (const found of folder ? walkFolder(path, signal) : [sourceFile(path)]) {
      if (found.type === "file") {
        if (seen.has(found.path)) continue;
        seen.add(found.path);
      }
      yield found;
    }
  }
}

async function checkRoot(given: string): Promise<{ path: string; folder: boolean }> {
  const path = resolve(given);
  let stats: Stats;
  try {
    stats = await stat(path);
    await access(path, constants.R_OK);
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === "ENOENT";
    throw new NighError(
      "ERR_FILE",
      missing
        ? `There is no file or folder "${given}" (looked for ${path}).`
        : `"${given}" cannot be read: ${messageOf(cause)}.`,
      { cause },
    );
  }
  if (!stats.isFile() && !stats.isDirectory()) {
    throw new NighError("ERR_FILE", `"${given}" is ${kindOf(stats)}; expected a file or a folder.`);
  }
  return { path, folder: stats.isDirectory() };
}

async function* walkFolder(folder: string, signal: AbortSignal | undefined): AsyncGenerator<Found> {
  throwIfAborted(signal);
  if (PersistentClient.existsIn(folder)) {
    yield skipped(
      displayName(folder),
      "is a database of nigh, made from files and not one of them",
    );
    return;
  }
  let entries: Dirent[];
  try {
    entries = await readdir(folder, { withFileTypes: true });
  } catch (error) {
    yield bad(displayName(folder), `the folder cannot be read: ${messageOf(error)}`);
    return;
  }
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    if (entry.name.startsWith(".") || entry.name === "node_modules") continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* walkFolder(path, signal);
    else if (entry.isFile()) yield sourceFile(path);
    else if (entry.isSymbolicLink()) yield await followLink(path);
    else yield skipped(displayName(path), `is ${kindOf(entry)}; expected a file`);
  }
}

/** Links to files are followed; links to folders are not, since they can go in circles. */
async function followLink(path: string): Promise<Found> {
  try {
    const target = await stat(path);
    if (target.isFile()) return sourceFile(path);
    const kind = target.isDirectory() ? "a folder; name that folder to read it" : kindOf(target);
    return skipped(displayName(path), `is a link to ${kind}`);
  } catch (error) {
    return bad(displayName(path), `the link cannot be followed: ${messageOf(error)}`);
  }
}

function sourceFile(path: string): SourceFile {
  return { type: "file", path, name: displayName(path) };
}

function displayName(path: string): string {
  const inside = relative(process.cwd(), path);
  const outside = inside === "" || inside.split(sep)[0] === ".." || isAbsolute(inside);
  return (outside ? path : inside).split(sep).join("/");
}

function kindOf(entry: Stats | Dirent): string {
  if (entry.isSocket()) return "a socket";
  if (entry.isFIFO()) return "a named pipe";
  if (entry.isCharacterDevice() || entry.isBlockDevice()) return "a device";
  return "neither a file nor a folder";
}
