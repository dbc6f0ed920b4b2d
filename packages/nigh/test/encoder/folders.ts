import {
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll } from "vitest";
import { BUNDLED_MODEL, TINY_MODEL } from "./fixtures.js";

/** New content of files by name: text and bytes as they are, anything else as JSON, null for none. */
export type Changes = Readonly<Record<string, unknown>>;

const folders: string[] = [];

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A folder that is removed after the tests of the importing file. */
export function temporaryFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "nigh-encoder-")));
  folders.push(folder);
  return folder;
}

/** A copy of the tiny model of the fixtures, changed. */
export function tinyFolder(changes: Changes = {}): string {
  const folder = temporaryFolder();
  cpSync(TINY_MODEL, folder, { recursive: true });
  change(folder, changes);
  return folder;
}

/** The bundled model with some files changed; the others are links to the originals. */
export function bundledFolder(changes: Changes = {}): string {
  const folder = temporaryFolder();
  for (const entry of readdirSync(BUNDLED_MODEL, { withFileTypes: true })) {
    const [from, to] = [join(BUNDLED_MODEL, entry.name), join(folder, entry.name)];
    if (entry.isDirectory()) cpSync(from, to, { recursive: true });
    else if (entry.name in changes) copyFileSync(from, to);
    else symlinkSync(from, to);
  }
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
