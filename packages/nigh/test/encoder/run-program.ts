import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

export interface Ended {
  readonly code: number | null;
  /** The signal that ended it: a crash, or this runner's patience. */
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** What runs it; default this Node. */
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** The folder that it runs in; default this one. */
  readonly folder?: string;
  /** Milliseconds after which it is killed. */
  readonly patienceMs?: number;
}

/** A program of `encoder/programs`, by the name that it has there. */
export function program(name: string): string {
  return fileURLToPath(new URL(`./programs/${name}`, import.meta.url));
}

/** Runs a program in a process of its own, without the options of the test runner's. */
export function run(path: string, options: RunOptions = {}): Promise<Ended> {
  const [command = "", ...before] = options.command ?? [process.execPath];
  const { NODE_OPTIONS: _, ...inherited } = process.env;
  return new Promise((resolve, reject) => {
    const child = spawn(command, [...before, path, ...(options.args ?? [])], {
      env: { ...inherited, ...options.environment },
      ...(options.folder === undefined ? {} : { cwd: options.folder }),
      stdio: ["ignore", "pipe", "pipe"],
      timeout: options.patienceMs ?? 90_000,
      killSignal: "SIGKILL",
    });
    let [stdout, stderr] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    child.on("error", reject);
    child.on("close", (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
}
