import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { only } from "../encoder/platform.js";
import { type Ended, run } from "../encoder/run-program.js";

/** strace makes calls of the operating system fail: it is there, and allowed to trace. */
export const NEEDS_STRACE = only(
  spawnSync("strace", ["-f", "-o", "/dev/null", "-e", "trace=fsync", process.execPath, "-e", "0"])
    .status === 0,
  "strace is not installed, or may not trace here",
);

export interface Traced extends Ended {
  /** Whether there was such a call, and so a failure. */
  readonly injected: boolean;
}

/** Runs a program whose n-th call of a name, in a thread of its own, fails as said: "error=EIO", or "signal=SIGKILL". */
export async function runTraced(
  call: string,
  fault: string,
  n: number,
  program: string,
  args: readonly string[],
): Promise<Traced> {
  const folder = mkdtempSync(join(tmpdir(), "nigh-strace-"));
  const log = join(folder, "log");
  const trace = ["-f", "-q", "-o", log, "-e", `trace=${call}`];
  const inject = ["-e", `inject=${call}:${fault}:when=${n}`];
  const command = ["strace", ...trace, ...inject, process.execPath];
  const ended = await run(program, { command, args, patienceMs: 60_000 });
  const events = readFileSync(log, "utf8");
  rmSync(folder, { recursive: true });
  const killed = events.includes("killed by SIGKILL");
  const injected = killed || events.includes("INJECTED");
  return { ...ended, signal: killed ? "SIGKILL" : ended.signal, injected };
}
