import { expect, it } from "vitest";
import { GLIBC_ONLY } from "../encoder/platform.js";
import { program, run } from "../encoder/run-program.js";

it.skipIf(GLIBC_ONLY.skip)(
  GLIBC_ONLY.title("memory is flat over 50,000 encodes, within 32 MB"),
  { timeout: 900_000 },
  async () => {
    const ended = await run(program("memory.mjs"), {
      command: [process.execPath, "--expose-gc"],
      args: ["encode", "2000", "10000", "20000", "30000", "40000", "50000"],
      patienceMs: 900_000,
    });
    expect(ended.code, ended.stderr).toBe(0);
    const rss = (JSON.parse(ended.stdout) as number[]).slice(0, -1);
    const shown = `MB: ${rss.map(Math.round).join(", ")}`;
    expect(Math.max(...rss.slice(1)) - (rss[0] as number), shown).toBeLessThan(32);
  },
);
