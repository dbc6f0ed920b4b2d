import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";

const PROGRAM = join(import.meta.dirname, "other-process.mjs");

export interface OtherOptions {
  readonly waitMs?: number;
  /** The user that it runs as; default this one. */
  readonly uid?: number;
}

interface Answer {
  readonly value?: unknown;
  readonly code?: string;
  readonly message?: string;
}

/** Another process on the same database, which does what it is told. */
export class OtherProcess {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  #errors = "";

  constructor(path: string, { waitMs = 5000, uid }: OtherOptions = {}) {
    this.#child = spawn(process.execPath, [PROGRAM, path, `${waitMs}`], {
      stdio: ["pipe", "pipe", "pipe"],
      ...(uid === undefined ? {} : { uid, gid: uid }),
    });
    this.#child.stderr?.on("data", (part: Buffer) => {
      this.#errors += part;
    });
    const { stdout } = this.#child;
    if (stdout === null) throw new Error("no output of the other process");
    this.#lines = createInterface({ input: stdout })[Symbol.asyncIterator]();
  }

  /** What it answers; an error that it was given is part of it. */
  async ask(command: string, ...given: unknown[]): Promise<Answer> {
    this.#child.stdin?.write(`${JSON.stringify([command, ...given])}\n`);
    const { value, done } = await this.#lines.next();
    if (done) throw new Error(`the other process ended: ${this.#errors}`);
    return JSON.parse(value) as Answer;
  }

  /** The value of an answer. */
  async do(command: string, ...given: unknown[]): Promise<unknown> {
    const { value, code, message } = await this.ask(command, ...given);
    if (code !== undefined) throw new Error(`${command}: ${code}: ${message}`);
    return value;
  }

  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = new Promise((resolve) => this.#child.once("close", resolve));
    this.#child.kill("SIGKILL");
    await ended;
  }
}
