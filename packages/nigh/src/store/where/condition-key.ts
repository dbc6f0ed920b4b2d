import type { Condition } from "./condition.js";

const keys = new WeakMap<Condition, string>();

/** A string that two conditions share only where they are the same filter: a key for what was found with it. */
export function conditionKey(condition: Condition): string {
  let key = keys.get(condition);
  if (key === undefined) {
    key =
      "conditions" in condition
        ? `${condition.type}(${condition.conditions.map(conditionKey).join()})`
        : JSON.stringify(condition, (_, value) =>
            typeof value === "bigint" ? { integer: value.toString() } : value,
          );
    keys.set(condition, key);
  }
  return key;
}
