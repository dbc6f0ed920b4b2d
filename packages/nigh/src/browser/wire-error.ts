import { NighError } from "../shared/errors.js";
import type { WireError } from "./messages.js";

/** How engines say that there is no memory. */
const NO_MEMORY =
  /allocation failed|out of memory|could not allocate|bad_alloc|Invalid array length/iu;

export function writeError(error: unknown): WireError {
  if (error instanceof NighError) return { ...plain(error), code: error.code };
  const written = plain(error instanceof Error ? error : new Error(String(error)));
  const isMemory = error instanceof Error && NO_MEMORY.test(error.message);
  if (!isMemory) return { ...written, code: undefined };
  return {
    ...written,
    code: "ERR_OUT_OF_MEMORY",
    name: "NighError",
    message: `This tab has no memory left: ${written.message}. Do it in smaller parts, or close what is not needed.`,
    cause: written,
  };
}

export function readError({ code, name, message, stack, cause }: WireError): Error {
  const options = cause === undefined ? {} : { cause };
  const error =
    code === undefined
      ? Object.assign(new Error(message, options), { name })
      : new NighError(code, message, options);
  // Where it happened is on the other side.
  if (stack !== undefined) Object.defineProperty(error, "stack", { value: stack });
  return error;
}

function plain(error: Error): Omit<WireError, "code"> {
  const { name, message, stack } = error;
  return { name, message, stack, cause: cloneable(error.cause) };
}

/** The cause itself where it can cross, else what it says. */
function cloneable(cause: unknown): unknown {
  if (cause === undefined || cause === null) return undefined;
  try {
    return structuredClone(cause);
  } catch {
    return String(cause);
  }
}
