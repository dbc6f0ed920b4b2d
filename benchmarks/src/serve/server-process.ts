/** Servers with Chroma's API beside each other, each a process on the loopback. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { chromaPython } from "../peer-python.js";

export interface ServerEngine {
  readonly name: string;
  /** The program, and its arguments for a folder and a port. */
  command(folder: string, port: number): Promise<{ file: string; args: string[] }>;
}

export const nighServer: ServerEngine = {
  name: "nigh",
  command: async (folder, port) => {
    const bin = fileURLToPath(new URL("../../../packages/nigh/bin/nigh.js", import.meta.url));
    const flags = ["--db", folder, "--port", String(port), "--log-level", "error"];
    return { file: process.execPath, args: [bin, "serve", ...flags] };
  },
};

export const chromaServer: ServerEngine = {
  name: "Chroma",
  command: async (folder, port) => ({
    file: join(dirname(await chromaPython()), "chroma"),
    args: ["run", "--path", folder, "--host", "127.0.0.1", "--port", String(port)],
  }),
};

const LONGEST_START_MS = 60_000;

/** A server that runs. */
export class ServerProcess {
  readonly port: number;
  readonly #child: ChildProcess;

  private constructor(port: number, child: ChildProcess) {
    this.port = port;
    this.#child = child;
  }

  static async start(engine: ServerEngine, folder: string): Promise<ServerProcess> {
    const port = await freePort();
    const { file, args } = await engine.command(folder, port);
    const env = { ...process.env, ANONYMIZED_TELEMETRY: "FALSE" };
    const child = spawn(file, args, { env, stdio: "ignore" });
    const start = Date.now();
    for (;;) {
      const isUp = await fetch(`http://127.0.0.1:${port}/api/v2/heartbeat`).then(
        ({ ok }) => ok,
        () => false,
      );
      if (isUp) return new ServerProcess(port, child);
      if (child.exitCode !== null || Date.now() - start > LONGEST_START_MS) {
        throw new Error(`${engine.name} did not start: ${file} ${args.join(" ")}`);
      }
      await setTimeout(50);
    }
  }

  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, "close");
    this.#child.kill(signal);
    await ended;
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
