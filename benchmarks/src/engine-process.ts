/** Programs beside each other: each a process that answers JSON lines, until its stdin ends. */
import { type ChildProcessByStdio, execFile, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { promisify } from "node:util";
import { z } from "zod";

/** Of what a process writes to stderr, so much is kept to be shown when it fails. */
const KEPT_STDERR = 4000;

/** A process's first line, when it can take requests. */
export const ready = z.object({
  versions: z.record(z.string(), z.string()),
  /** What else decides its speed. */
  notes: z.array(z.string()).default([]),
});

export interface EngineCommand {
  readonly file: string;
  readonly args: readonly string[];
  /** Added to the environment; undefined takes a variable out of it. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** A running engine that answers one request at a time. */
export class EngineProcess<E extends { readonly name: string }> {
  readonly engine: E;
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #lines: AsyncIterator<string>;
  #stderr = "";
  #loadSeconds = 0;
  #ready: z.infer<typeof ready> = { versions: {}, notes: [] };

  private constructor(engine: E, { file, args, env }: EngineCommand) {
    this.engine = engine;
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

  /** Starts the program and waits until it is ready. */
  static async start<E extends { readonly name: string }>(
    engine: E,
    command: EngineCommand,
  ): Promise<EngineProcess<E>> {
    const start = performance.now();
    const started = new EngineProcess(engine, command);
    started.#ready = ready.parse(await started.#answer());
    started.#loadSeconds = (performance.now() - start) / 1000;
    return started;
  }

  /** From the start of the program until it was ready. */
  get loadSeconds(): number {
    return this.#loadSeconds;
  }

  get versions(): Readonly<Record<string, string>> {
    return this.#ready.versions;
  }

  get notes(): readonly string[] {
    return this.#ready.notes;
  }

  /** Sends a request, and checks the answer. */
  async ask<T>(request: object, answer: z.ZodType<T>): Promise<T> {
    this.#child.stdin.write(`${JSON.stringify(request)}\n`);
    return answer.parse(await this.#answer());
  }

  /** Memory that the process has in use, or undefined where `ps` cannot tell. */
  async residentMiB(): Promise<number | undefined> {
    try {
      return (await residentBytes(this.#child.pid ?? 0)) / 2 ** 20;
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

/** Memory that a process has in use, as `ps` tells it. */
export async function residentBytes(pid: number): Promise<number> {
  const { stdout } = await promisify(execFile)("ps", ["-o", "rss=", "-p", String(pid)]);
  return Number(stdout) * 1024;
}
