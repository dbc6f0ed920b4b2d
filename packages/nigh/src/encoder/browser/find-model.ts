import { throwIfAborted } from "../../shared/abort.js";
import { mount } from "../../shared/browser/files.js";
import { sha256Of } from "../../shared/browser/hash.js";
import { messageOf, NighError } from "../../shared/errors.js";
import { checkSignal, checkTypes } from "../../shared/options.js";
import { utf8Bytes, utf8Text } from "../../shared/utf8.js";
import { DownloadMeter, type OnDownload } from "../hub/download-meter.js";
import { chooseFiles } from "../hub/model-files.js";
import type { ModelKind } from "../hub/repo-id.js";
import { models } from "../known-models.js";
import { type ArrivingFile, fetchFile, forgetFiles, hasFile, keepFile } from "./fetch-file.js";
import { modelsURL } from "./models-url.js";
import { probeFiles } from "./probe-files.js";

/** Where a model comes from. */
export interface SourceOptions {
  /** Of the model's folder. Default: the folder of the model's name where models are. */
  readonly url?: string;
  /** Told how a download goes, in bytes. */
  readonly onProgress?: OnDownload;
  /** Stops the download. */
  readonly signal?: AbortSignal;
}

/** The names of {@link SourceOptions}. */
export const SOURCE_OPTIONS: readonly string[] = ["url", "onProgress", "signal"];

export interface FoundModel {
  readonly name: string;
  readonly folder: string;
  /** To be called when the model is loaded: its files are not read any more. */
  release(): void;
}

/** The list of checksums that a model folder may carry, in the format of sha256sum(1). */
const CHECKSUMS_FILE = "SHA256SUMS";
/** Of nigh's own: what int8 is made by. */
const CALIBRATION_FILE = "nigh_calibration.safetensors";

/**
 * Brings the files of a model, which are served as they are: of those that SHA256SUMS lists, or else of those that are there. Each is
 * checked as it arrives, and kept for the next visit, which asks the network for nothing.
 *
 * @param where for messages: who asks.
 * @throws NighError `ERR_MODEL_NOT_FOUND`, `ERR_CHECKSUM`, `ERR_CONNECTION`, `ERR_SERVER`, `ERR_ABORTED`.
 */
export async function findModel(
  where: string,
  name: string,
  options: SourceOptions,
  _kind?: ModelKind,
): Promise<FoundModel> {
  const { onProgress, signal } = options;
  checkTypes(where, options, { url: "string", onProgress: "function" });
  checkSignal(where, signal);
  throwIfAborted(signal);
  const url = options.url ?? folderOf(where, name);
  const sums = await checksums(url, signal);
  const folder = pathOf(url);
  const small = new Map<string, Uint8Array<ArrayBuffer>>();
  const read = async (file: string): Promise<Uint8Array<ArrayBuffer> | undefined> => {
    const known = small.get(file);
    if (known !== undefined) return known;
    const bytes = await bring(url, file, sums, signal);
    if (bytes !== undefined) small.set(file, bytes);
    return bytes;
  };
  const exists = (file: string): Promise<boolean> => hasFile(url + file, signal);
  const files = sums === undefined ? await probeFiles(read, exists) : new Set(sums.keys());
  if (files.size === 0) throw noModel(where, name, url);
  const chosen = await chooseFiles({
    name: url,
    files,
    readJson: async (file) => {
      const bytes = await read(file);
      if (bytes === undefined) throw lacking(url, file);
      return parse(url, file, bytes);
    },
  });
  if (files.has(CALIBRATION_FILE)) chosen.push(CALIBRATION_FILE);
  const all = await bringAll(url, chosen, small, sums, onProgress, signal);
  if (sums === undefined) await keepChecksums(url, all);
  return {
    name,
    folder,
    release: mount(new Map([...all].map(([file, bytes]) => [`${folder}/${file}`, bytes]))),
  };
}

/** Forgets what is kept of a model's files. @returns how many there were. */
export function forgetModel(url: string): Promise<number> {
  return forgetFiles(url);
}

/** All files at a time, with what has arrived of them. */
async function bringAll(
  url: string,
  files: readonly string[],
  known: ReadonlyMap<string, Uint8Array<ArrayBuffer>>,
  sums: ReadonlyMap<string, string> | undefined,
  onProgress: OnDownload | undefined,
  signal: AbortSignal | undefined,
): Promise<Map<string, Uint8Array<ArrayBuffer>>> {
  const opened = await Promise.all(
    files.map(async (file): Promise<readonly [string, ArrivingFile | undefined]> => {
      if (known.has(file)) return [file, undefined];
      const found = await fetchFile(url + file, signal);
      if (found === undefined && sums !== undefined) throw lacking(url, file);
      return [file, found];
    }),
  );
  const arriving = opened.filter(([, file]) => file !== undefined && !file.isKept);
  const sizes = arriving.map(([, file]) => ({ size: file?.size ?? 0 }));
  // Of what a server sends packed, the size is not known before it is there.
  const tell: OnDownload = (progress) =>
    onProgress?.({
      ...progress,
      total: Math.max(progress.total, progress.done),
      etaSeconds: Math.max(progress.etaSeconds, 0),
    });
  const meter = new DownloadMeter(tell, sizes);
  const all = new Map(known);
  await Promise.all(
    opened.map(async ([file, found]) => {
      if (found === undefined) return;
      const bytes = await found.read((count) => found.isKept || meter.arrived(file, count));
      await check(url, file, bytes, sums);
      if (!found.isKept) {
        await keepFile(url + file, bytes);
        meter.finished(file);
      }
      all.set(file, bytes);
    }),
  );
  return all;
}

/** A small file. @returns undefined where there is none. */
async function bring(
  url: string,
  file: string,
  sums: ReadonlyMap<string, string> | undefined,
  signal: AbortSignal | undefined,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const found = await fetchFile(url + file, signal);
  if (found === undefined) return undefined;
  const bytes = await found.read(() => {});
  await check(url, file, bytes, sums);
  if (!found.isKept) await keepFile(url + file, bytes);
  return bytes;
}

/** By the names of files; undefined where the folder has no list. */
async function checksums(
  url: string,
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<string, string> | undefined> {
  const bytes = await bring(url, CHECKSUMS_FILE, undefined, signal);
  if (bytes === undefined) return undefined;
  const sums = new Map<string, string>();
  for (const line of utf8Text(bytes).split(/\r?\n/u).filter(Boolean)) {
    const [, sum = "", file = ""] = /^([0-9a-f]{64}) [ *](?:\.\/)?(.+)$/u.exec(line) ?? [];
    if (sum === "") {
      await forgetFiles(url + CHECKSUMS_FILE);
      throw new NighError(
        "ERR_CHECKSUM",
        `${url}${CHECKSUMS_FILE}: the line ${JSON.stringify(line.slice(0, 100))} is not "sha256  file". Bring the model again from its source.`,
      );
    }
    sums.set(file, sum);
  }
  return sums;
}

async function check(
  url: string,
  file: string,
  bytes: Uint8Array<ArrayBuffer>,
  sums: ReadonlyMap<string, string> | undefined,
): Promise<void> {
  const expected = sums?.get(file);
  if (expected === undefined) return;
  const found = await sha256Of(bytes);
  if (found === expected) return;
  // What an earlier visit kept may be what is damaged.
  await forgetFiles(url);
  throw new NighError(
    "ERR_CHECKSUM",
    `${url}${file} is damaged: its sha256 is ${found}, expected ${expected} (listed in ${CHECKSUMS_FILE}). Load it again; if that does not help, bring it again to the server.`,
  );
}

/** So that the next visit need not ask for what there may be. */
async function keepChecksums(
  url: string,
  files: ReadonlyMap<string, Uint8Array<ArrayBuffer>>,
): Promise<void> {
  let list = "";
  for (const [file, bytes] of files) list += `${await sha256Of(bytes)}  ${file}\n`;
  await keepFile(url + CHECKSUMS_FILE, utf8Bytes(list));
}

function parse(url: string, file: string, bytes: Uint8Array): unknown {
  try {
    return JSON.parse(utf8Text(bytes));
  } catch (cause) {
    throw new NighError("ERR_MODEL_FORMAT", `${url}${file} is no JSON: ${messageOf(cause)}.`, {
      cause,
    });
  }
}

function folderOf(where: string, name: string): string {
  const base = modelsURL();
  if (base === undefined) throw new TypeError(`${where}: the worker was not told where models are`);
  return new URL(`${name.split("/").map(encodeURIComponent).join("/")}/`, base).href;
}

/** What the model's folder is called in messages: a URL would not survive being joined with names. */
function pathOf(url: string): string {
  const { host, pathname } = new URL(url);
  return `/${host}${decodeURIComponent(pathname).replace(/\/+$/u, "")}`;
}

function lacking(url: string, file: string): NighError {
  return new NighError(
    "ERR_MODEL_NOT_FOUND",
    `${url}${file} is missing, though ${CHECKSUMS_FILE} or another file names it: serve the whole folder of the model.`,
  );
}

function noModel(where: string, name: string, url: string): NighError {
  const source = models().find((model) => model.name === name && model.bundled)?.source;
  const advice = source
    ? `Copy node_modules/${source}/model there`
    : "Put the model's folder there, as sentence-transformers saves it";
  return new NighError(
    "ERR_MODEL_NOT_FOUND",
    `${where}: there is no model at ${url}, found neither ${CHECKSUMS_FILE} nor modules.json nor config.json. ${advice}, or give baseURL or url.`,
  );
}
