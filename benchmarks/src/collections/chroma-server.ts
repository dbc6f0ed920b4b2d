/** `chroma run` on the loopback, which ends with the process that started it. */
import { type ChildProcess, spawn } from "node:child_process";
import { createServer } from "node:net";
import { setTimeout } from "node:timers/promises";

const PATIENCE_MILLISECONDS = 60_000;
const POLL_MILLISECONDS = 5;
const KEPT_OUTPUT = 4000;

export class ChromaServer {
  readonly host = "127.0.0.1";
  readonly port: number;
  readonly #program: string;
  readonly #folder: string;
  #child: ChildProcess | undefined;
  #output = "";

  private constructor(program: string, folder: string, port: number) {
    this.#program = program;
    this.#folder = folder;
    this.port = port;
  }

  /** Finds a free port. */
  static async prepare(program: string, folder: string): Promise<ChromaServer> {
    return new ChromaServer(program, folder, await freePort());
  }

  /** Starts the server, and waits for its heartbeat. */
  async start(): Promise<void> {
    const args = ["run", "--path", this.#folder, "--host", this.host, "--port", String(this.port)];
    const child = spawn(this.#program, args, {
      env: { ...process.env, ANONYMIZED_TELEMETRY: "FALSE" },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#child = child;
    const keep = (text: Buffer) => {
      this.#output = (this.#output + text).slice(-KEPT_OUTPUT);
    };
    child.stdout.on("data", keep);
    child.stderr.on("data", keep);
    child.on("error", (error) => keep(Buffer.from(error.message)));
    process.once("exit", () => child.kill("SIGKILL"));
    const start = performance.now();
    while (!(await this.#beats())) {
      if (child.exitCode !== null || performance.now() - start > PATIENCE_MILLISECONDS)
        throw new Error(`Chroma's server did not start:\n${this.#output}`);
      await setTimeout(POLL_MILLISECONDS);
    }
  }

  get pid(): number {
    const pid = this.#child?.pid;
    if (pid === undefined) throw new Error("Chroma's server has not been started.");
    return pid;
  }

  async stop(): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((done) => child.once("close", done));
    child.kill("SIGTERM");
    await ended;
  }

  async #beats(): Promise<boolean> {
    try {
      return (await fetch(`http://${this.host}:${this.port}/api/v2/heartbeat`)).ok;
    } catch {
      return false;
    }
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}
