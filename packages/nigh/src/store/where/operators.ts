/** Operators of one value of metadata. */
export const VALUE_OPERATORS = [
  "$eq",
  "$ne",
  "$gt",
  "$gte",
  "$lt",
  "$lte",
  "$in",
  "$nin",
  "$contains",
  "$not_contains",
] as const;

/** Operators of the document. */
export const DOCUMENT_OPERATORS = ["$contains", "$not_contains", "$regex", "$not_regex"] as const;

/** Operators that join filters. */
export const JOINING_OPERATORS = ["$and", "$or"] as const;

export type ValueOperator = (typeof VALUE_OPERATORS)[number];
export type DocumentOperator = (typeof DOCUMENT_OPERATORS)[number];
export type JoiningOperator = (typeof JOINING_OPERATORS)[number];

/** The operator of that name, undefined where there is none in the list. */
export function operatorOf<T extends string>(name: string, operators: readonly T[]): T | undefined {
  return operators.find((operator) => operator === name);
}
