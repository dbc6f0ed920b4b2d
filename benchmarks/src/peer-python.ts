/** Python and its libraries, which peers/setup.sh installs. */
import { access } from "node:fs/promises";
import { fileURLToPath } from "node:url";

/** The venv's own program; NIGH_PEERS_PYTHON names another Python that has the same libraries. */
export function peerPython(): Promise<string> {
  return pythonOf("venv", "NIGH_PEERS_PYTHON", "setup.sh");
}

/** As {@link peerPython}, of Chroma's venv: NIGH_CHROMA_PYTHON. */
export function chromaPython(): Promise<string> {
  return pythonOf("venv-chroma", "NIGH_CHROMA_PYTHON", "setup.sh chroma");
}

async function pythonOf(venv: string, variable: string, setup: string): Promise<string> {
  const program = process.platform === "win32" ? "Scripts/python.exe" : "bin/python";
  const path =
    process.env[variable] ?? fileURLToPath(new URL(`../peers/${venv}/${program}`, import.meta.url));
  try {
    await access(path);
  } catch (error) {
    throw new Error(
      `There is no ${path}: run benchmarks/peers/${setup}, which installs Python's libraries.`,
      { cause: error },
    );
  }
  return path;
}
