import { type ChildProcessByStdio, execFile, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { promisify } from "node:util";
import type { Engine } from "./engine.js";
import { type Encoded, type EncodeRequest, encoded, ready } from "./protocol.js";

/** Of what a process writes to stderr, so much is kept to be shown when it fails. */
const KEPT_STDERR = 4000;

/** A running engine that answers one request at a time. */
export class EngineProcess {
  readonly engine: Engine;
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #lines: AsyncIterator<string>;
  #stderr = "";
  #loadSeconds = 0;
  #versions: Readonly<Record<string, string>> = {};

  private constructor(engine: Engine, threads: number) {
    this.engine = engine;
    const { file, args, env } = engine.command(threads);
    this.#child = spawn(file, args, {
      env: { ...process.env, ...env },
      stdio: ["pipe", "pipe", "pipe"],
    });
    this.#child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-KEPT_STDERR);
    });
    // Both show as an end of the answers.
    this.#child.on("error", (error) => {
      this.#stderr += error.message;
    });
    this.#child.stdin.on("error", () => undefined);
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  /** Starts the program, which loads its model and encodes a first text. */
  static async start(engine: Engine, threads: number): Promise<EngineProcess> {
    const start = performance.now();
    const started = new EngineProcess(engine, threads);
    started.#versions = ready.parse(await started.#answer()).versions;
    started.#loadSeconds = (performance.now() - start) / 1000;
    return started;
  }

  /** From the start of the program to its first vector. */
  get loadSeconds(): number {
    return this.#loadSeconds;
  }

  get versions(): Readonly<Record<string, string>> {
    return this.#versions;
  }

  async encode(request: EncodeRequest): Promise<Encoded> {
    this.#child.stdin.write(`${JSON.stringify(request)}\n`);
    return encoded.parse(await this.#answer());
  }

  /** Memory that the process has in use, or undefined where `ps` cannot tell. */
  async residentMiB(): Promise<number | undefined> {
    try {
      const { stdout } = await promisify(execFile)("ps", [
        "-o",
        "rss=",
        "-p",
        String(this.#child.pid),
      ]);
      return Number(stdout) / 1024;
    } catch {
      return undefined;
    }
  }

  /** Lets the program end by itself. */
  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = new Promise((done) => this.#child.once("close", done));
    this.#child.stdin.end();
    await ended;
  }

  async #answer(): Promise<unknown> {
    const line = await this.#lines.next();
    if (line.done)
      throw new Error(`${this.engine.name} ended without an answer:\n${this.#stderr.trim()}`);
    return JSON.parse(line.value);
  }
}
