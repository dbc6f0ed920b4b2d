import { describe } from "../shared/describe.js";
import { NighError } from "../shared/errors.js";
import type { StoredPassage } from "../store/passage-file.js";

/**
 * Refuses passages that could not be stored as they are.
 *
 * @throws NighError `ERR_INVALID_ARGUMENT` naming the passage and its field.
 */
export function checkPassages(where: string, passages: readonly StoredPassage[]): void {
  if (!Array.isArray(passages)) {
    throw new NighError(
      "ERR_INVALID_ARGUMENT",
      `${where}: the passages must be an array, found ${describe(passages)}.`,
    );
  }
  for (const [i, passage] of passages.entries()) {
    const problem = problemOf(passage);
    if (problem === undefined) continue;
    const id = typeof passage?.id === "string" ? ` ("${passage.id}")` : "";
    throw new NighError("ERR_INVALID_ARGUMENT", `${where}: passage ${i}${id}: ${problem}.`);
  }
}

function problemOf(passage: Partial<StoredPassage> | null): string | undefined {
  if (passage === null || typeof passage !== "object") {
    return `expected an object, found ${describe(passage)}`;
  }
  for (const name of ["id", "documentId"] as const) {
    const value = passage[name];
    if (typeof value === "string" && value !== "") continue;
    return `"${name}" must be a non-empty string, found ${describe(value)}`;
  }
  const { text, metadata } = passage;
  if (typeof text !== "string") return `"text" must be a string, found ${describe(text)}`;
  if (metadata === null || typeof metadata !== "object" || Array.isArray(metadata)) {
    return `"metadata" must be an object, found ${describe(metadata)}`;
  }
  for (const [key, value] of Object.entries(metadata)) {
    if (typeof value === "string" || typeof value === "boolean" || Number.isFinite(value)) continue;
    return `"metadata.${key}" must be a string, a finite number or a boolean, found ${describe(value)}`;
  }
  return undefined;
}
