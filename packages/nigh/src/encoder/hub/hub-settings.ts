import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { describe } from "../../shared/describe.js";
import { NighError } from "../../shared/errors.js";
import { checkSignal, checkTypes } from "../../shared/options.js";
import type { OnDownload } from "./download-meter.js";

/** Where models come from that are neither bundled nor a folder. */
export interface HubOptions {
  /** Branch, tag or commit. Default "main", or what a lockfile says. */
  revision?: string;
  /** Cache of downloaded models. Default $HF_HUB_CACHE, $HF_HOME/hub, else ~/.cache/huggingface/hub: that of Python's huggingface_hub. */
  cacheFolder?: string;
  /** Take what is on disk and open no socket. Default: whether $HF_HUB_OFFLINE is set. */
  localFilesOnly?: boolean;
  /** Access token of the Hub. Default $HF_TOKEN, else the file that `hf auth login` writes. */
  token?: string;
  /** Lockfile that the model must agree with. Default ./nigh-models.lock where there is one. */
  lockfile?: string;
  /** Told how a download goes. */
  onProgress?: OnDownload;
  /** Stops a download; what it has is kept for the next one. */
  signal?: AbortSignal;
}

export const HUB_OPTIONS = [
  "revision",
  "cacheFolder",
  "localFilesOnly",
  "token",
  "lockfile",
  "onProgress",
  "signal",
];

export const DEFAULT_REVISION = "main";

/** {@link HubOptions} with the environment's variables and defaults. */
export interface HubSettings {
  /** Without a slash at its end. */
  readonly endpoint: string;
  readonly cacheFolder: string;
  readonly revision: string | undefined;
  readonly token: string | undefined;
  /** Why no socket may be opened, undefined where one may. */
  readonly offline: string | undefined;
  /** Milliseconds without a byte after which a connection counts as broken. */
  readonly idleMs: number;
  readonly onProgress: OnDownload | undefined;
  readonly signal: AbortSignal | undefined;
}

/** Also a path below the cache's folder "refs". */
const REVISION = /^(?!.*\.\.)[\w][\w.@+-]*(?:\/[\w][\w.@+-]*)*$/u;
const IDLE_SECONDS = 30;

/**
 * Options of the Hub, checked, with the variables of huggingface_hub: HF_ENDPOINT, HF_HOME, HF_HUB_CACHE, XDG_CACHE_HOME,
 * HF_TOKEN, HF_TOKEN_PATH, HF_HUB_DISABLE_IMPLICIT_TOKEN, HF_HUB_OFFLINE, TRANSFORMERS_OFFLINE, HF_HUB_DOWNLOAD_TIMEOUT.
 *
 * @throws NighError `ERR_INVALID_ARGUMENT`.
 */
export async function hubSettings(where: string, options: HubOptions): Promise<HubSettings> {
  checkTypes(where, options, {
    revision: "string",
    cacheFolder: "string",
    localFilesOnly: "boolean",
    token: "string",
    lockfile: "string",
    onProgress: "function",
  });
  checkSignal(where, options.signal);
  for (const name of ["revision", "cacheFolder", "token", "lockfile"] as const) {
    if (options[name]?.trim() === "")
      throw new NighError("ERR_INVALID_ARGUMENT", `${where}: "${name}" is an empty string.`);
  }
  if (options.revision !== undefined && !REVISION.test(options.revision)) {
    throw new NighError(
      "ERR_INVALID_ARGUMENT",
      `${where}: "revision" is ${describe(options.revision)}, expected a branch, a tag or a commit.`,
    );
  }
  const home = huggingFaceHome();
  return {
    endpoint: endpointOf(variable("HF_ENDPOINT") ?? "https://huggingface.co"),
    cacheFolder: resolve(
      options.cacheFolder ??
        expand(variable("HF_HUB_CACHE") ?? variable("HUGGINGFACE_HUB_CACHE") ?? join(home, "hub")),
    ),
    revision: options.revision,
    token: checkToken(options.token ?? (await tokenOfEnvironment(home))),
    offline: offlineBy(options.localFilesOnly),
    idleMs: 1000 * (Number(variable("HF_HUB_DOWNLOAD_TIMEOUT")) || IDLE_SECONDS),
    onProgress: options.onProgress,
    signal: options.signal,
  };
}

function offlineBy(localFilesOnly: boolean | undefined): string | undefined {
  if (localFilesOnly === true) return "localFilesOnly is set";
  const name = ["HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"].find((one) => isTrue(variable(one)));
  return name === undefined ? undefined : `${name} is set`;
}

function huggingFaceHome(): string {
  const cache = variable("XDG_CACHE_HOME") ?? join(homedir(), ".cache");
  return expand(variable("HF_HOME") ?? join(cache, "huggingface"));
}

async function tokenOfEnvironment(home: string): Promise<string | undefined> {
  if (isTrue(variable("HF_HUB_DISABLE_IMPLICIT_TOKEN"))) return undefined;
  const given = variable("HF_TOKEN") ?? variable("HUGGING_FACE_HUB_TOKEN");
  if (given !== undefined) return given;
  const path = expand(variable("HF_TOKEN_PATH") ?? join(home, "token"));
  return await readFile(path, "utf8").catch(() => undefined);
}

/** A token's value never stands in a message. */
function checkToken(given: string | undefined): string | undefined {
  const token = given?.trim();
  if (token === undefined || token === "") return undefined;
  if (/^[\x21-\x7e]+$/u.test(token)) return token;
  throw new NighError(
    "ERR_INVALID_ARGUMENT",
    "The access token of the Hub has characters that no token has: copy it again from https://huggingface.co/settings/tokens.",
  );
}

function endpointOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === "http:" || url?.protocol === "https:") return text.replace(/\/+$/u, "");
  throw new NighError(
    "ERR_INVALID_ARGUMENT",
    `HF_ENDPOINT is "${text}", expected an address such as https://huggingface.co.`,
  );
}

/** Empty counts as not set. */
function variable(name: string): string | undefined {
  return process.env[name] || undefined;
}

function isTrue(value: string | undefined): boolean {
  return ["1", "ON", "YES", "TRUE"].includes(value?.toUpperCase() ?? "");
}

/** "~" and "$NAME", as Python's huggingface_hub takes them. */
function expand(path: string): string {
  const fromHome = path === "~" || /^~[/\\]/u.test(path) ? join(homedir(), path.slice(1)) : path;
  return fromHome.replace(/\$(?:\{(\w+)\}|(\w+))/gu, (as, braced, plain) => {
    return variable(braced ?? plain) ?? as;
  });
}
