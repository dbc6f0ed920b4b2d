import { constants, cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { temporaryFolder } from "../shared/temporary-folder.js";
import { BUNDLED_MODEL, fixture, TINY_MODEL } from "./fixtures.js";

/** New content of files by name: text and bytes as they are, anything else as JSON, null for none. */
export type Changes = Readonly<Record<string, unknown>>;

/** A copy of the tiny model of the fixtures, changed. */
export function tinyFolder(changes: Changes = {}): string {
  const folder = temporaryFolder();
  cpSync(TINY_MODEL, folder, { recursive: true });
  change(folder, changes);
  return folder;
}

/** A copy of a model of the fixtures, changed. */
export function folderFrom(name: string, changes: Changes = {}): string {
  const folder = temporaryFolder();
  cpSync(fixture(`models/${name}`), folder, { recursive: true });
  change(folder, changes);
  return folder;
}

/** A copy of the bundled model, changed; where the file system can, it shares the bytes. */
export function bundledFolder(changes: Changes = {}): string {
  const folder = temporaryFolder();
  cpSync(BUNDLED_MODEL, folder, { recursive: true, mode: constants.COPYFILE_FICLONE });
  change(folder, changes);
  return folder;
}

function change(folder: string, changes: Changes): void {
  for (const [name, content] of Object.entries(changes)) {
    const path = join(folder, name);
    rmSync(path, { force: true, recursive: true });
    if (content === null) continue;
    mkdirSync(dirname(path), { recursive: true });
    const asIs = typeof content === "string" || content instanceof Uint8Array;
    writeFileSync(path, asIs ? content : JSON.stringify(content));
  }
}
