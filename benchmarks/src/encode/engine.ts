/** What can encode: nigh at each precision, and Python beside it. */
import { execPath } from "node:process";
import { fileURLToPath } from "node:url";
import type { EngineCommand } from "../engine-process.js";
import { peerPython } from "../peer-python.js";

export interface Engine {
  readonly name: string;
  /** The one that the others are compared with. */
  readonly isReference: boolean;
  /** Mean cosine with the reference below which the engine did not do the same work. */
  readonly leastMeanCosine: number;
  command(threads: number): EngineCommand;
}

const NIGH_PROCESS = fileURLToPath(new URL("nigh-process.js", import.meta.url));
const PYTHON_PEER = fileURLToPath(new URL("../../peers/encode_peer.py", import.meta.url));

/** Python's sentence-transformers with the model of a folder, in float32. */
export async function pythonEngine(modelFolder: string): Promise<Engine> {
  const python = await peerPython();
  return {
    name: "sentence-transformers",
    isReference: true,
    leastMeanCosine: 1,
    command: (threads) => ({
      file: python,
      args: [PYTHON_PEER, modelFolder, String(threads)],
      // Its tokenizer has threads of its own, as many as there are cores unless told.
      env: { RAYON_NUM_THREADS: String(threads), HF_HUB_OFFLINE: "1" },
    }),
  };
}

/** nigh with the bundled model. */
export function nighEngine(dtype: "fp32" | "int8", runtime: "native" | "wasm"): Engine {
  return {
    name: runtime === "native" ? `nigh ${dtype}` : `nigh ${dtype}, WebAssembly`,
    isReference: false,
    leastMeanCosine: dtype === "fp32" ? 0.9999 : 0.99,
    command: (threads) => ({
      file: execPath,
      args: [NIGH_PROCESS, "--dtype", dtype, "--runtime", runtime, "--threads", String(threads)],
      env: {},
    }),
  };
}
