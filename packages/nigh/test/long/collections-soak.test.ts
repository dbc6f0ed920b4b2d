import { expect, it } from "vitest";
import { soak } from "../collections/soak/soak.js";

/** Minutes; `NIGH_SOAK_MINUTES=120 npm run test:long -- collections-soak` goes on for hours. */
const MINUTES = Number(process.env["NIGH_SOAK_MINUTES"] ?? 4);

it(
  "in memory, random calls do what the plain model does, for a quarter of the time",
  async () => {
    expect(await soak("in memory", { seconds: 15 * MINUTES, kills: 0 })).toBeGreaterThan(10);
  },
  MINUTES * 60_000 + 60_000,
);

it(
  "in a folder, so they do with two clients at once, closing, reopening and writers that are killed",
  async () => {
    const kills = Number.MAX_SAFE_INTEGER;
    expect(await soak("in a folder", { seconds: 45 * MINUTES, kills })).toBeGreaterThan(10);
  },
  MINUTES * 60_000 + 120_000,
);
