import type { Metadata } from "../metadata.js";
import type { Condition } from "./condition.js";

/** Whether a record matches. */
export function matches(
  _condition: Condition,
  _metadata: Metadata | null,
  _document: string | null,
): boolean {
  return true;
}
