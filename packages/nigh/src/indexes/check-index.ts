import { describe } from "../shared/describe.js";
import { NighError } from "../shared/errors.js";
import type { VectorIndex } from "./vector-index.js";

/** @throws NighError `ERR_INVALID_ARGUMENT` when a value has not what a VectorIndex has. */
export function checkIndex(where: string, name: string, index: unknown): VectorIndex {
  const isIndex =
    index !== null &&
    typeof index === "object" &&
    ["search", "addWithIds", "reconstruct"].every(
      (method) => typeof (index as Record<string, unknown>)[method] === "function",
    );
  if (isIndex) return index as VectorIndex;
  throw new NighError(
    "ERR_INVALID_ARGUMENT",
    `${where}: the ${name} must be an index, such as new IndexFlatL2(d), found ${describe(index)}.`,
  );
}
