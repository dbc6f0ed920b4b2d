import { fork } from "node:child_process";
import { join } from "node:path";
import fc from "fast-check";
import { Float } from "nigh";
import type { Write } from "../oracle.js";
import { expectSame, isSame } from "./expectations.js";
import { type ManyPlan, manyOf, manyPlan, type WritePlan, writeOf, writePlan } from "./plans.js";
import { onCollection } from "./steps.js";

const PROGRAM = join(import.meta.dirname, "write-until-killed.mjs");

const parameters = {
  few: fc.array(writePlan, { maxLength: 3 }),
  many: fc.array(manyPlan, { minLength: 2, maxLength: 3 }),
  during: fc.nat(2),
  delay: fc.nat(30),
};

/** Another process writes, and is killed. */
export const kill = onCollection<{
  few: WritePlan[];
  many: ManyPlan[];
  during: number;
  delay: number;
}>("kill", parameters, async (plain, _, { few, many, during, delay, via }, model, real) => {
  if (real.kills === 0) return;
  real.kills--;
  // The other process has no embedder.
  const made = plain.embeds ? [] : few.map((plan) => plainWrite(writeOf(plain, plan)));
  const after = made.length + (during % many.length);
  made.push(...many.map((plan) => manyOf(plain, plan)));
  const stored = await killed(real.folder as string, plain.name, made, after, delay);
  for (const one of made.slice(0, stored)) plain.apply(one);
  // The write that was on its way when the process ended is stored whole, or not at all.
  const next = made[stored];
  const collection = await real.collection(via, plain);
  if (next !== undefined && !(await isSame(plain, collection))) plain.apply(next);
  await expectSame(model, real, via);
});

/** Without instances of Float, which do not come through to another process. */
function plainWrite(write: Write): Write {
  if (write.verb === "delete") return { verb: "delete", filter: { ids: write.filter.ids ?? [] } };
  const rows = write.rows.map((row) => ({
    ...row,
    metadata: row.metadata && withoutFloats(row.metadata),
  }));
  return { verb: write.verb, rows };
}

function withoutFloats(metadata: object): Record<string, unknown> {
  const hasFloat = (value: unknown) => [value].flat().some((one) => one instanceof Float);
  return Object.fromEntries(Object.entries(metadata).filter(([, value]) => !hasFloat(value)));
}

/**
 * A process that writes, and is killed.
 *
 * @param after so many writes were acknowledged, and `delay` milliseconds have passed.
 * @returns how many writes it acknowledged.
 */
function killed(
  folder: string,
  name: string,
  writes: readonly Write[],
  after: number,
  delay: number,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = fork(PROGRAM, {
      serialization: "advanced",
      execArgv: [],
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    let stored = -1;
    let problems = "";
    child.stderr?.on("data", (text) => {
      problems += text;
    });
    child.on("message", () => {
      stored++;
      if (stored === after) setTimeout(() => child.kill("SIGKILL"), delay);
    });
    child.on("close", (code) => {
      if (code === null || code === 0) resolve(stored);
      else reject(new Error(`The writer ended by itself (${code}): ${problems}`));
    });
    child.send({ folder, name, writes });
  });
}
