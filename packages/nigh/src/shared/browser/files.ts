/**
 * The part of node:fs that nigh reads files with, over files that were fetched before: the files of models, in memory, as long as
 * they are mounted.
 */

/** What node:fs says of a file. */
export interface Stats {
  readonly size: number;
  readonly mtimeMs: number;
  isFile(): boolean;
  isDirectory(): boolean;
}

const files = new Map<string, Uint8Array<ArrayBuffer>>();
/** How many times each file is mounted. */
const mounts = new Map<string, number>();
const opened = new Map<number, Uint8Array<ArrayBuffer>>();
let nextDescriptor = 1;

/** Makes files readable under their absolute paths. @returns takes them away again. */
export function mount(mounted: ReadonlyMap<string, Uint8Array<ArrayBuffer>>): () => void {
  for (const [path, bytes] of mounted) {
    files.set(path, bytes);
    mounts.set(path, (mounts.get(path) ?? 0) + 1);
  }
  return () => {
    for (const path of mounted.keys()) {
      const left = (mounts.get(path) ?? 1) - 1;
      mounts.set(path, left);
      if (left > 0) continue;
      files.delete(path);
      mounts.delete(path);
    }
  };
}

export async function readFile(path: string): Promise<Uint8Array<ArrayBuffer>> {
  return bytesOf(path);
}

export async function stat(path: string): Promise<Stats> {
  return statSync(path);
}

/** The names of a folder's files; those of folders within it are left out. */
export async function readdir(folder: string): Promise<string[]> {
  if (!isFolder(folder)) throw missing(folder);
  const start = withSlash(folder);
  const names = [...files.keys()].filter((path) => path.startsWith(start));
  return names.map((path) => path.slice(start.length)).filter((name) => !name.includes("/"));
}

export function existsSync(path: string): boolean {
  return files.has(path) || isFolder(path);
}

export function statSync(path: string): Stats {
  return isFolder(path) ? statsOf(undefined) : statsOf(bytesOf(path));
}

export function realpathSync(path: string): string {
  return path;
}

export function openSync(path: string, _flags: "r"): number {
  opened.set(nextDescriptor, bytesOf(path));
  return nextDescriptor++;
}

export function closeSync(descriptor: number): void {
  opened.delete(descriptor);
}

export function fstatSync(descriptor: number): Stats {
  return statsOf(opened.get(descriptor));
}

/** @returns how many bytes were read. */
export function readSync(
  descriptor: number,
  target: Uint8Array,
  offset: number,
  length: number,
  position: number,
): number {
  const part = opened.get(descriptor)?.subarray(position, position + length);
  if (part === undefined) throw new TypeError("the file is closed");
  target.set(part, offset);
  return part.length;
}

function bytesOf(path: string): Uint8Array<ArrayBuffer> {
  const bytes = files.get(path);
  if (bytes === undefined) throw missing(path);
  return bytes;
}

function isFolder(path: string): boolean {
  const start = withSlash(path);
  return [...files.keys()].some((file) => file.startsWith(start));
}

function withSlash(path: string): string {
  return path.endsWith("/") ? path : `${path}/`;
}

function statsOf(bytes: Uint8Array | undefined): Stats {
  return {
    size: bytes?.length ?? 0,
    mtimeMs: 0,
    isFile: () => bytes !== undefined,
    isDirectory: () => bytes === undefined,
  };
}

function missing(path: string): Error {
  return Object.assign(new Error(`there is no file ${path}`), { code: "ENOENT" });
}
