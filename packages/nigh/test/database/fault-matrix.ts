import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { doctor, PersistentClient } from "nigh";
import { expect } from "vitest";
import { type Batch, makeBatches } from "./batches.js";
import { expectIntegrity } from "./integrity.js";
import { type Dump, expectAnswers, Model, sameDump, whichModel } from "./model.js";
import { runTraced, type Traced } from "./strace.js";

const PROGRAM = join(import.meta.dirname, "write-under-fault.mjs");
const SEED = 11;
const BATCHES = makeBatches(SEED, 0, 12);

/** A call of the operating system that fails. */
export interface Fault {
  readonly call: "pwrite64" | "fsync" | "ftruncate" | "unlink" | "pread64";
  /** As strace says it. */
  readonly fault: "error=EIO" | "error=ENOSPC" | "signal=SIGKILL";
}

export const ERRORS: readonly Fault[] = [
  { call: "pwrite64", fault: "error=EIO" },
  { call: "pwrite64", fault: "error=ENOSPC" },
  { call: "ftruncate", fault: "error=EIO" },
  { call: "ftruncate", fault: "error=ENOSPC" },
  { call: "fsync", fault: "error=EIO" },
];
export const KILLS: readonly Fault[] = [
  { call: "pwrite64", fault: "signal=SIGKILL" },
  { call: "fsync", fault: "signal=SIGKILL" },
  { call: "ftruncate", fault: "signal=SIGKILL" },
  { call: "unlink", fault: "signal=SIGKILL" },
];

interface Line {
  readonly step: number | "open" | "compact" | "close";
  readonly done?: number;
  readonly failed?: { isNigh: boolean; name: string; code: string; message: string };
  readonly shown?: Dump;
  readonly unreadable?: string;
}

/** What the runs of a fault showed. */
export interface Outcome {
  /** Runs in which a call failed, or at which the program was killed. */
  runs: number;
  /** Runs in which a promise was rejected or a constructor threw. */
  rejected: number;
  /** Of these, those in which the same client went on. */
  wentOn: number;
  /** Failures after which, or kills at which, all of the batch was there. */
  whole: number;
  codes: Record<string, number>;
}

/**
 * Runs the program with the n-th call failing, for each n of a list, or 1, 2, 3, … until the program runs through without a failure.
 */
export async function runFaults(fault: Fault, ns?: readonly number[]): Promise<Outcome> {
  const outcome: Outcome = { runs: 0, rejected: 0, wentOn: 0, whole: 0, codes: {} };
  const waiting = ns === undefined ? undefined : [...ns];
  let next = 1;
  let through = false;
  const worker = async () => {
    while (!through) {
      const n = waiting === undefined ? next++ : waiting.shift();
      if (n === undefined) return;
      if (!(await runOne(fault, n, outcome))) {
        if (waiting === undefined) through = true;
        else throw new Error(`${fault.call} is not called ${n} times: the sample is out of range`);
      } else outcome.runs++;
    }
  };
  await Promise.all([worker(), worker()]);
  return outcome;
}

async function runOne({ call, fault }: Fault, n: number, outcome: Outcome): Promise<boolean> {
  const folder = mkdtempSync(join(tmpdir(), "nigh-fault-"));
  const [path, file] = [join(folder, "db"), join(folder, "batches.jsonl")];
  const title = `${call} ${n}: ${fault}`;
  try {
    writeFileSync(file, BATCHES.map((batch) => JSON.stringify(batch)).join("\n"));
    const traced = await runTraced(call, fault, n, PROGRAM, [path, file]);
    const lines = traced.stdout
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Line);
    const model =
      fault === "signal=SIGKILL"
        ? await afterKill(title, path, traced, lines, outcome)
        : afterError(title, path, traced, lines, outcome);
    const client = new PersistentClient({ path });
    expect(await whichModel(client, [model]), title).toBe(0);
    await expectAnswers(client, model, n);
    expectIntegrity(path);
    expect((await doctor({ path })).problems, title).toEqual([]);
    await client.close();
    return traced.injected;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What was not stored was rejected, in nigh's words; everything was stored in the end. */
function afterError(
  title: string,
  path: string,
  traced: Traced,
  lines: readonly Line[],
  outcome: Outcome,
): Model {
  expect(traced.signal, title).toBeNull();
  expect(traced.code, `${title}: ${traced.stderr}`).toBe(0);
  const model = new Model();
  for (const { step, done, failed, shown, unreadable } of lines) {
    const batch = typeof step === "number" ? BATCHES[step] : undefined;
    if (failed) {
      expect(failed.isNigh, `${title}: ${failed.name} ${failed.message}`).toBe(true);
      expect(failed.code).toMatch(/^ERR_(?:DATABASE|DISK_FULL)$/u);
      expect(failed.message).toContain(path);
      expect(failed.message).toMatch(/try again|open it again/iu);
      outcome.codes[failed.code] = (outcome.codes[failed.code] ?? 0) + 1;
    }
    expect(unreadable, title).toBeUndefined();
    if (shown) {
      const isOld = sameDump(shown, model.dump());
      if (!isOld && batch) expect(sameDump(shown, model.after(batch).dump()), title).toBe(true);
      else expect(isOld, title).toBe(true);
      if (!isOld) outcome.whole++;
    }
    if (done && batch) model.apply(batch);
  }
  const done = lines.flatMap((line) => (line.done ? [line.step] : []));
  const failedAt = lines.findIndex(({ failed }) => failed);
  const steps = ["open", ...BATCHES.keys(), "close"];
  steps.splice(-4, 0, "compact");
  const closed =
    lines.at(-1)?.step === "close" && lines.at(-1)?.failed ? steps.slice(0, -1) : steps;
  expect(done, title).toEqual(closed);
  if (failedAt >= 0) outcome.rejected++;
  if (failedAt >= 0 && lines.every(({ done: tries = 1 }) => tries <= 2)) outcome.wentOn++;
  return model;
}

/** All that was acknowledged is there, and at most the one batch that was being written besides. */
async function afterKill(
  title: string,
  path: string,
  traced: Traced,
  lines: readonly Line[],
  outcome: Outcome,
): Promise<Model> {
  if (traced.injected) expect(traced.signal, title).toBe("SIGKILL");
  const done = lines.filter(({ step }) => typeof step === "number").length;
  const model = Model.of(BATCHES.slice(0, done));
  const after = done < BATCHES.length ? model.after(BATCHES[done] as Batch) : model;
  const client = new PersistentClient({ path });
  const which = await whichModel(client, [model, after]);
  await client.close();
  outcome.whole += which;
  return which === 0 ? model : after;
}
