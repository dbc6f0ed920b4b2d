import type { Combination, Condition, IsOneOf } from "./condition.js";
import { conditionKey } from "./condition-key.js";
import { compareOperands } from "./operand.js";

/**
 * Conditions joined, in canonical form: nested ones of the same type become one, what is the same is there once, and
 * `a = 1 or a = 2` is `a in (1, 2)`.
 *
 * @param conditions at least one.
 */
export function combine(type: Combination["type"], conditions: readonly Condition[]): Condition {
  const flat = conditions.flatMap((condition) =>
    condition.type === type ? (condition as Combination).conditions : [condition],
  );
  const distinct = new Map<string, Condition>();
  for (const condition of mergeLists(type, flat)) distinct.set(conditionKey(condition), condition);
  const [first, ...others] = [...distinct].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, c]) => c);
  if (first === undefined) throw new RangeError("no conditions to combine");
  return others.length === 0 ? first : { type, conditions: [first, ...others] };
}

/** Any of several lists is one list; none of several lists is none of one list. */
function mergeLists(type: Combination["type"], conditions: readonly Condition[]): Condition[] {
  const groups = new Map<string, IsOneOf[]>();
  const merged: Condition[] = [];
  for (const condition of conditions) {
    if (condition.type !== "is" || condition.not !== (type === "all")) {
      merged.push(condition);
      continue;
    }
    const group = `${condition.kind} ${condition.name}`;
    const lists = groups.get(group);
    if (lists === undefined) groups.set(group, [condition]);
    else lists.push(condition);
  }
  for (const [first, ...others] of groups.values()) {
    if (first === undefined) continue;
    const lists = [first, ...others];
    const values = new Set(lists.flatMap((list) => list.values));
    merged.push(
      others.length === 0 ? first : { ...first, values: [...values].sort(compareOperands) },
    );
  }
  return merged;
}
