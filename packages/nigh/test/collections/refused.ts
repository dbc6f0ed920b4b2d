import { type ErrorCode, NighError } from "nigh";
import { expect } from "vitest";

/** Fails unless a call is refused with this code and a message that says all of `says`; gives the error. */
export async function refused(
  call: () => Promise<unknown>,
  code: ErrorCode,
  ...says: readonly (string | RegExp)[]
): Promise<NighError> {
  const thrown = await call().then(
    (value) => value,
    (error: unknown) => error,
  );
  expect(thrown).toBeInstanceOf(NighError);
  const error = thrown as NighError;
  expect(error.code, error.message).toBe(code);
  for (const part of says) expect(error.message).toMatch(part);
  return error;
}

/** Fails unless a constructor refuses. */
export function refusedAtOnce(
  call: () => unknown,
  code: ErrorCode,
  ...says: readonly (string | RegExp)[]
): Promise<NighError> {
  return refused(async () => call(), code, ...says);
}
