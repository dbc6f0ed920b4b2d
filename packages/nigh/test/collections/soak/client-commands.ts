import { expectOutcome, expectSame } from "./expectations.js";
import { step, via } from "./steps.js";

export const look = step("look", { via }, async (model, real, { via }) => {
  await expectSame(model, real, via);
});

export const ghosts = step("ghosts", { via }, async (model) => {
  for (const ghost of model.ghosts.slice(-2)) {
    await expectOutcome(() => ghost.count(), { code: "ERR_NOT_FOUND" });
  }
});

export const compact = step("compact", { via }, async (_, real, { via }) => {
  await real.client(via).compact();
});

export const reopen = step("reopen", { via }, async (model, real, { via }) => {
  await real.reopen(via);
  // Handles of closed clients say something else.
  model.ghosts.length = 0;
  if (real.folder === undefined) model.collections = [];
});
