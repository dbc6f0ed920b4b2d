import type { Kind } from "../metadata.js";

/**
 * A value to compare with, in one form: integers and floats are a number where a number has exactly their value, else a
 * bigint; booleans are 0 and 1.
 */
export type Operand = string | number | bigint;

/** The value is one of `values`, which are distinct and in order; with `not` it is none of them, or not there. */
export interface IsOneOf {
  readonly type: "is";
  readonly name: string;
  readonly kind: Kind;
  readonly values: readonly Operand[];
  readonly not: boolean;
}

/** The value is a number on one side of `value`. */
export interface IsBeyond {
  readonly type: "beyond";
  readonly name: string;
  readonly comparison: "<" | "<=" | ">" | ">=";
  readonly value: number | bigint;
}

/** The value is a list with `value` in it; with `not` it is another one or none. */
export interface HasElement {
  readonly type: "element";
  readonly name: string;
  readonly kind: Kind;
  readonly value: Operand;
  readonly not: boolean;
}

/** The document has `text` in it, or a match of the regular expression; with `not` it has not, or is not there. */
export interface InDocument {
  readonly type: "text" | "regex";
  readonly text: string;
  readonly not: boolean;
}

/** At least two conditions, none of this same type, distinct and in order. */
export interface Combination {
  readonly type: "all" | "any";
  readonly conditions: readonly Condition[];
}

/** A filter that was checked, in canonical form: made by parseWhere. */
export type Condition = IsOneOf | IsBeyond | HasElement | InDocument | Combination;
