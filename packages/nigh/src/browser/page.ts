import { describe } from "../shared/describe.js";
import { NighError } from "../shared/errors.js";
import { checkKeys, checkTypes } from "../shared/options.js";
import { Peer, type Remote, type Side } from "./peer.js";

export interface WorkerOptions {
  /** The folder that the folders of models are served from, relative to the page. Default "models/". */
  readonly baseURL?: string;
  /** A worker of your own, which imports "nigh/browser/worker". Default: one that is started from nigh's file beside this one. */
  readonly worker?: Worker;
}

type StandIn = (remote: Remote) => object;

const standIns = new Map<string, StandIn>();
let options: WorkerOptions = {};
let running: { readonly peer: Peer; readonly worker: Worker } | undefined;

/** Teaches this side what stands in for what the worker keeps. */
export function registerStandIn(type: string, standIn: StandIn): void {
  standIns.set(type, standIn);
}

/**
 * Says how the worker is started, which happens when it is first needed.
 *
 * @throws NighError `ERR_INVALID_ARGUMENT` when it has been started; `ERR_UNKNOWN_OPTION`.
 */
export function configure(given: WorkerOptions): void {
  checkKeys("configure", given, ["baseURL", "worker"]);
  checkTypes("configure", given, { baseURL: "string" });
  if (running !== undefined) {
    throw new NighError(
      "ERR_INVALID_ARGUMENT",
      "configure: the worker runs already: call configure before anything else, or closeWorker first.",
    );
  }
  options = given;
}

/** Ends the worker with all that it has: models and clients cannot be used after it. Close clients before. */
export function closeWorker(): void {
  running?.worker.terminate();
  running?.peer.fail(new NighError("ERR_CLOSED", "The worker was closed: load and open anew."));
  running = undefined;
}

/** What the worker offers; it is started where it is not. */
export function worker(): Remote {
  running ??= start();
  return running.peer.root();
}

/** Who sends a stand-in back. */
export function bind(standIn: object, remote: Remote): void {
  running?.peer.bind(standIn, remote);
}

/** The folder of models by their names; ends in "/". */
export function modelsURL(baseURL = options.baseURL ?? "models/"): string {
  const url = new URL(baseURL, document.baseURI).href;
  return url.endsWith("/") ? url : `${url}/`;
}

function start(): { readonly peer: Peer; readonly worker: Worker } {
  const worker =
    options.worker ??
    new Worker(new URL("./worker.js", import.meta.url), { type: "module", name: "nigh" });
  const peer = new Peer(worker, page);
  worker.addEventListener("error", ({ message }) => {
    running = undefined;
    const what = message || "its script cannot be loaded";
    peer.fail(new NighError("ERR_RUNTIME", `nigh's worker stopped: ${what}. Load the page again.`));
  });
  const root = peer.root();
  void root.call("start", { modelsURL: modelsURL() }).catch(() => {});
  return { peer, worker };
}

const EMBEDDER_METHODS = [
  "encode",
  "encodeDocument",
  "encodeQuery",
  "generate",
  "generateForQueries",
  "ready",
];

/** The page: its functions, embedders and rerankers stay here. */
const page: Side = {
  root: {},
  transfers: false,
  typeOf(value) {
    if (has(value, "encodeDocument") || has(value, "generate")) return "embedder";
    return has(value, "rank") ? "reranker" : undefined;
  },
  factsOf(value) {
    if (this.typeOf(value) !== "embedder") return undefined;
    const embedder = value as Record<string, unknown>;
    const name = embedder["name"] ?? value.constructor?.name;
    const { dimension, fingerprint, dtype } = embedder;
    const methods = EMBEDDER_METHODS.filter((method) => has(value, method));
    const config = has(value, "getConfig")
      ? (embedder as { getConfig(): unknown }).getConfig()
      : undefined;
    return { name, dimension, fingerprint, dtype, config, methods };
  },
  standIn(type, remote) {
    const standIn = standIns.get(type);
    if (standIn === undefined) throw new TypeError(`nothing stands in for ${describe(type)}`);
    return standIn(remote);
  },
};

function has(value: object, method: string): boolean {
  return typeof (value as Record<string, unknown>)[method] === "function";
}
