import { expect, it } from "vitest";
import { soak } from "./collections/soak/soak.js";

it("in memory, random calls do what the plain model does", async () => {
  expect(await soak("in memory", { seconds: 8, kills: 0 })).toBeGreaterThan(5);
});

it("in a folder, so they do with two clients at once, closing, reopening and writers that are killed", async () => {
  expect(await soak("in a folder", { seconds: 34, kills: 12 })).toBeGreaterThan(5);
}, 120_000);
