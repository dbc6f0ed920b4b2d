/** What has indexes: nigh, and FAISS beside it with each of the chosen BLAS kernels. */
import { execPath } from "node:process";
import { fileURLToPath } from "node:url";
import { type EngineCommand, EngineProcess } from "../engine-process.js";
import { peerPython } from "../peer-python.js";

export interface IndexEngine {
  readonly name: string;
  readonly kind: "nigh" | "faiss";
  readonly command: EngineCommand;
}

export type IndexProcess = EngineProcess<IndexEngine>;

/** OpenBLAS's word for "whichever fits this processor", which is what it does without a variable. */
const AUTO = "auto";

const NIGH_PROCESS = fileURLToPath(new URL("nigh-process.js", import.meta.url));
const PYTHON_PEER = fileURLToPath(new URL("../../peers/index_peer.py", import.meta.url));

export const nighEngine: IndexEngine = {
  name: "nigh",
  kind: "nigh",
  command: { file: execPath, args: ["--expose-gc", NIGH_PROCESS], env: {} },
};

/**
 * @param blas kernels of OpenBLAS, such as Haswell or SkylakeX, or "auto"; none: what the environment says.
 */
export async function faissEngines(blas: readonly string[]): Promise<IndexEngine[]> {
  const python = await peerPython();
  const kernels = blas.length === 0 ? [undefined] : blas;
  return kernels.map((kernel) => ({
    name: kernels.length === 1 ? "FAISS" : `FAISS, ${kernel} BLAS`,
    kind: "faiss",
    command: {
      file: python,
      args: [PYTHON_PEER],
      env: { ...ONE_THREAD, ...blasVariables(kernel) },
    },
  }));
}

const ONE_THREAD = { OMP_NUM_THREADS: "1", OPENBLAS_NUM_THREADS: "1", MKL_NUM_THREADS: "1" };

function blasVariables(kernel: string | undefined): EngineCommand["env"] {
  if (kernel === undefined) return {};
  // The size of the cache is told for a kernel that guesses it wrongly: here the kernel decides.
  if (kernel === AUTO) return { OPENBLAS_CORETYPE: undefined, OPENBLAS_L2_SIZE: undefined };
  return { OPENBLAS_CORETYPE: kernel };
}

/** Starts the engines, and lets them end when the work is done or has failed. */
export async function withProcesses<T>(
  engines: readonly IndexEngine[],
  work: (processes: readonly IndexProcess[]) => Promise<T>,
): Promise<T> {
  const processes: IndexProcess[] = [];
  try {
    for (const engine of engines) processes.push(await EngineProcess.start(engine, engine.command));
    return await work(processes);
  } finally {
    await Promise.all(processes.map((process) => process.close()));
  }
}
