/** Python and its libraries, which peers/setup.sh installs. */
import { access } from "node:fs/promises";
import { fileURLToPath } from "node:url";

/** The venv's own program; NIGH_PEERS_PYTHON names another Python that has the same libraries. */
export async function peerPython(): Promise<string> {
  const program = process.platform === "win32" ? "Scripts/python.exe" : "bin/python";
  const path =
    process.env["NIGH_PEERS_PYTHON"] ??
    fileURLToPath(new URL(`../peers/venv/${program}`, import.meta.url));
  try {
    await access(path);
  } catch (error) {
    throw new Error(
      `There is no ${path}: run benchmarks/peers/setup.sh, which installs Python's libraries.`,
      { cause: error },
    );
  }
  return path;
}
