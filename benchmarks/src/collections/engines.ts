/** What has collections: nigh in its process, and Chroma's server with a process that asks it. */
import { execFile } from "node:child_process";
import { dirname, join } from "node:path";
import { execPath } from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { EngineProcess } from "../engine-process.js";
import { chromaPython } from "../peer-python.js";

export interface CollectionEngine {
  readonly name: string;
  readonly kind: "nigh" | "chroma";
  /** Arguments of the process after the folder. */
  readonly args: readonly string[];
  readonly versions: Readonly<Record<string, string>>;
}

export type CollectionProcess = EngineProcess<CollectionEngine>;

const PROCESS = fileURLToPath(new URL("collection-process.js", import.meta.url));
const VERSIONS =
  "import platform; from importlib.metadata import version; print(platform.python_version(), version('chromadb'))";

export const nighEngine: CollectionEngine = { name: "nigh", kind: "nigh", args: [], versions: {} };

export async function chromaEngine(): Promise<CollectionEngine> {
  const python = await chromaPython();
  const { stdout } = await promisify(execFile)(python, ["-c", VERSIONS]);
  const [pythonVersion = "", chromaVersion = ""] = stdout.trim().split(" ");
  const program = join(dirname(python), process.platform === "win32" ? "chroma.exe" : "chroma");
  return {
    name: "Chroma",
    kind: "chroma",
    args: [program],
    versions: { chromadb: chromaVersion, Python: pythonVersion },
  };
}

/** Starts a process for the collection in a folder, and lets it end when the work is done or has failed. */
export async function withProcess<T>(
  engine: CollectionEngine,
  folder: string,
  work: (process: CollectionProcess) => Promise<T>,
): Promise<T> {
  const process = await EngineProcess.start(engine, {
    file: execPath,
    args: [PROCESS, engine.kind, folder, ...engine.args],
    env: {},
  });
  try {
    return await work(process);
  } finally {
    await process.close();
  }
}
