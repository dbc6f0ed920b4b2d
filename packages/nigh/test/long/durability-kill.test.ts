import { expect, it } from "vitest";
import { killRounds } from "../database/kill-rounds.js";

const ROUNDS = 120;
const SEED = Number(process.env["NIGH_TEST_SEED"] ?? Date.now() % 1_000_000);

it(`everything acknowledged is there, and every batch whole, after each of ${ROUNDS} SIGKILLs at random instants (NIGH_TEST_SEED=${SEED})`, async () => {
  const killed = await killRounds(ROUNDS, SEED);
  console.log(killed);
  expect(killed.acknowledged).toBeGreaterThan(ROUNDS);
  // Batches that were on disk when the program was killed, before it could say so.
  expect(killed.unacknowledged).toBeGreaterThan(0);
  expect(killed.early).toBeGreaterThan(0);
});
