import { type ErrorCode, NighError } from "nigh";
import { expect } from "vitest";

/** What an error must be: its code, and what its message must say was found, and was expected. */
export interface Refusal {
  readonly code: ErrorCode;
  readonly says: readonly RegExp[];
}

export function refusal(code: ErrorCode, ...says: readonly RegExp[]): Refusal {
  return { code, says };
}

/** Matches a text as it is. */
export function literally(text: unknown): RegExp {
  return new RegExp(String(text).replace(/[\^$.*+?()[\]{}|]/gu, "\\$&"), "u");
}

/** Fails unless `work` throws a NighError as described. */
export function expectRefusal(work: () => unknown, { code, says }: Refusal): void {
  let thrown: unknown;
  try {
    work();
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(NighError);
  expect(thrown).toMatchObject({ code });
  for (const part of says) expect((thrown as NighError).message).toMatch(part);
}
