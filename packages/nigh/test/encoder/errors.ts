import { type ErrorCode, NighError } from "nigh";
import { expect } from "vitest";

/** The NighError that a promise rejects with; fails where it resolves, or rejects with anything else. */
export async function rejection(promise: Promise<unknown>): Promise<NighError> {
  const outcome: unknown = await promise.then(
    () => "it resolved",
    (error: unknown) => error,
  );
  expect(outcome).toBeInstanceOf(NighError);
  return outcome as NighError;
}

/** The promise rejects with a NighError of this code whose message holds each of `parts`. */
export async function expectRejection(
  promise: Promise<unknown>,
  code: ErrorCode,
  ...parts: string[]
): Promise<void> {
  const error = await rejection(promise);
  for (const part of parts) expect(error.message).toContain(part);
  expect(error.code, error.message).toBe(code);
}
