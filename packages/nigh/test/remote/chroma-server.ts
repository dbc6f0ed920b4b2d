import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { connect } from "nigh";

const VENV = resolve(import.meta.dirname, "../../../../benchmarks/peers/venv-chroma");
const isWindows = process.platform === "win32";

/** The program `chroma` beside the Python that NIGH_CHROMA_PYTHON names, or in the venv of the benchmarks. */
const PROGRAM = join(
  process.env.NIGH_CHROMA_PYTHON
    ? dirname(process.env.NIGH_CHROMA_PYTHON)
    : join(VENV, isWindows ? "Scripts" : "bin"),
  isWindows ? "chroma.exe" : "chroma",
);

/** The Python that has Chroma's client, where {@link WITHOUT_CHROMA} is undefined. */
export const CHROMA_PYTHON = join(dirname(PROGRAM), isWindows ? "python.exe" : "python");

/** Why there is no server of Chroma's; undefined where there is, and in CI, where it must be. */
export const WITHOUT_CHROMA =
  existsSync(PROGRAM) || process.env.CI
    ? undefined
    : "there is no chroma: benchmarks/peers/setup.sh chroma installs it";

/** Chroma's own server on the loopback, with a new database. */
export class ChromaServer {
  readonly url: string;
  readonly #folder: string;
  readonly #child: ChildProcess;

  private constructor(url: string, folder: string, child: ChildProcess) {
    this.url = url;
    this.#folder = folder;
    this.#child = child;
  }

  static async start(): Promise<ChromaServer> {
    const folder = await mkdtemp(join(tmpdir(), "nigh-chroma-"));
    const port = await freePort();
    const args = ["run", "--path", folder, "--host", "127.0.0.1", "--port", String(port)];
    const env = { ...process.env, ANONYMIZED_TELEMETRY: "FALSE" };
    const child = spawn(PROGRAM, args, { env, stdio: "ignore" });
    const server = new ChromaServer(`http://127.0.0.1:${port}`, folder, child);
    const start = Date.now();
    // connect() waits a little and tries again itself.
    for (;;) {
      try {
        await (await connect(server.url)).close();
        return server;
      } catch (error) {
        if (child.exitCode !== null || Date.now() - start > 50_000) throw error;
      }
    }
  }

  async close(): Promise<void> {
    const ended = once(this.#child, "close");
    this.#child.kill("SIGTERM");
    await ended;
    await rm(this.#folder, { recursive: true, force: true });
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address ? address.port : 0;
}
