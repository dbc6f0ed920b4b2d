import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { only } from "../encoder/platform.js";

/** strace makes calls of the operating system fail: it is there, and allowed to trace. */
export const NEEDS_STRACE = only(
  spawnSync("strace", ["-f", "-o", "/dev/null", "-e", "trace=fsync", process.execPath, "-e", "0"])
    .status === 0,
  "strace is not installed, or may not trace here",
);

export interface Traced {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Whether there was such a call, and so a failure. */
  readonly injected: boolean;
}

/** Runs a program whose n-th call of a name, in a thread of its own, fails as said: "error=EIO", or "signal=SIGKILL". */
export function runTraced(
  call: string,
  fault: string,
  n: number,
  program: string,
  args: readonly string[],
): Promise<Traced> {
  const folder = mkdtempSync(join(tmpdir(), "nigh-strace-"));
  const log = join(folder, "log");
  const options = ["-f", "-q", "-o", log, "-e", `trace=${call}`];
  const inject = ["-e", `inject=${call}:${fault}:when=${n}`];
  return new Promise((resolve, reject) => {
    const child = spawn("strace", [...options, ...inject, process.execPath, program, ...args], {
      stdio: ["ignore", "pipe", "pipe"],
      timeout: 60_000,
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
    child.on("close", (code, signal) => {
      const events = readFileSync(log, "utf8");
      rmSync(folder, { recursive: true });
      const killed = events.includes("killed by SIGKILL");
      const injected = killed || events.includes("INJECTED");
      resolve({ code, signal: killed ? "SIGKILL" : signal, stdout, stderr, injected });
    });
  });
}
