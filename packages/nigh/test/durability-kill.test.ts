import { expect, it } from "vitest";
import { killRounds } from "./database/kill-rounds.js";

const ROUNDS = 25;
const SEED = Number(process.env["NIGH_TEST_SEED"] ?? Date.now() % 1_000_000);

it(`everything acknowledged is there, and every batch whole, after each of ${ROUNDS} SIGKILLs at random instants (NIGH_TEST_SEED=${SEED})`, async () => {
  const { acknowledged, early } = await killRounds(ROUNDS, SEED);
  expect(acknowledged).toBeGreaterThan(ROUNDS);
  expect(early).toBeGreaterThan(0);
});
