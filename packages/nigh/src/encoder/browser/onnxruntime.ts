import { readFile } from "#shared/files";
import type { Backend, Ort, RuntimeName } from "../ort.js";

/** What to do where nothing can. */
export const ADVICE = "Its files must be served beside the worker's script.";

/**
 * What can run a model, the best first. Each is a file of its own, which is fetched when it is first used. WebGPU only where it is asked
 * for: weights of float16 fail on graphics processors without "shader-f16", and nobody has compared its vectors yet.
 */
export const BACKENDS: { readonly [K in RuntimeName]?: () => Promise<Backend> } = {
  wasm: async () => backend((await import("onnxruntime-web/wasm")) as unknown as Ort, ["wasm"]),
  webgpu: async () => {
    await needAdapter();
    return backend((await import("onnxruntime-web/webgpu")) as unknown as Ort, ["webgpu", "wasm"]);
  },
};

function backend(ort: Ort, executionProviders: readonly string[]): Backend {
  return {
    ort,
    canMapFiles: false,
    sessionOptions(threads) {
      // Heard when the first session is made: all have the same threads. More than one need cross-origin isolation.
      ort.env.wasm.numThreads = crossOriginIsolated ? threads : 1;
      return { executionProviders };
    },
    open: (file) => readFile(file),
  };
}

/** The part of WebGPU that tells whether there is a graphics processor. */
interface Gpu {
  requestAdapter(): Promise<unknown>;
}

async function needAdapter(): Promise<void> {
  const { gpu } = navigator as { gpu?: Gpu };
  if (!(await gpu?.requestAdapter()))
    throw new TypeError("there is no graphics processor that this browser lends");
}
