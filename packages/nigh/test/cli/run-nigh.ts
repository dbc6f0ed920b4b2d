import { spawn } from "node:child_process";
import { resolve } from "node:path";

export const BIN = resolve(import.meta.dirname, "../../bin/nigh.js");

export interface Run {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Runs the real command as a child process. */
export function nigh(
  args: readonly string[],
  input = "",
  environment: Record<string, string> = { NO_COLOR: "1" },
): Promise<Run> {
  return new Promise((done, fail) => {
    const { NO_COLOR: _, ...inherited } = process.env;
    const child = spawn(process.execPath, [BIN, ...args], {
      env: { ...inherited, ...environment },
    });
    const run: Run = { code: null, stdout: "", stderr: "" };
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      run.stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      run.stderr += text;
    });
    child.on("error", fail);
    child.on("close", (code) => done({ ...run, code }));
    child.stdin.end(input);
  });
}

/** What a command prints with --json. */
export async function nighJson(args: readonly string[]) {
  return JSON.parse((await nigh([...args, "--json"])).stdout);
}
