import type { Condition } from "./condition.js";

/** A string that two conditions share only where they are the same filter: a key for what was found with it. */
export function conditionKey(condition: Condition): string {
  return JSON.stringify(condition, (_, value) =>
    typeof value === "bigint" ? { integer: value.toString() } : value,
  );
}
