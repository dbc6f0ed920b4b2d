import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, sep } from "node:path";
import { pathToFileURL } from "node:url";
import type { Backend, Ort, RuntimeName } from "../ort.js";

/** What to do where nothing can. */
export const ADVICE = "Run npm install again.";

/** What can run a model, the best first. */
export const BACKENDS: { readonly [K in RuntimeName]?: () => Promise<Backend> } = {
  native: async () => ({
    ort: unwrap(await import("onnxruntime-node")),
    canMapFiles: true,
    sessionOptions: (threads) => ({ intraOpNumThreads: threads }),
    open: (file) => file,
  }),
  wasm: async () => {
    const ort = unwrap(await import("onnxruntime-web/wasm"));
    // The runtime looks for its .wasm beside a bundle; in Node that has to be named, as a folder ending in "/".
    const entry = createRequire(import.meta.url).resolve("onnxruntime-web/wasm");
    ort.env.wasm.wasmPaths = pathToFileURL(dirname(entry) + sep).href;
    ort.env.wasm.numThreads = 1;
    return {
      ort,
      canMapFiles: false,
      sessionOptions: () => ({ executionProviders: ["wasm"] }),
      open: (file) => readFile(file),
    };
  },
};

/** onnxruntime-node is CommonJS, onnxruntime-web is not. */
function unwrap(module: object): Ort {
  return ("default" in module ? module.default : module) as Ort;
}
