import { readFile } from "#shared/files";
import type { Backend, Ort, RuntimeName } from "../ort.js";

/** What can run a model, the best first. Each is a file of its own, which is fetched when it is first used. */
export const BACKENDS: { readonly [K in RuntimeName]?: () => Promise<Backend> } = {
  webgpu: async () => {
    await needAdapter();
    return backend((await import("onnxruntime-web/webgpu")) as unknown as Ort, ["webgpu", "wasm"]);
  },
  wasm: async () => backend((await import("onnxruntime-web/wasm")) as unknown as Ort, ["wasm"]),
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
  requestAdapter(): Promise<{ readonly info?: { readonly isFallbackAdapter?: boolean } } | null>;
}

/** @throws where there is none: one that is emulated by the processor is slower than WebAssembly. */
async function needAdapter(): Promise<void> {
  const { gpu } = navigator as { gpu?: Gpu };
  const adapter = await gpu?.requestAdapter();
  if (!adapter) throw new TypeError("there is no graphics processor that this browser lends");
  if (adapter.info?.isFallbackAdapter) throw new TypeError("WebGPU is emulated here");
}
