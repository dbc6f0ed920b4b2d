import { bindingOf, type MetadataScalar } from "../metadata.js";
import type { Operand } from "./condition.js";

/** The one form of a value to compare with: 1, 1n, new Float(1) and true give 1; 2n ** 53n + 1n stays what it is. */
export function operandOf(value: MetadataScalar): Operand {
  const binding = bindingOf(value);
  if (typeof binding !== "bigint") return binding;
  const number = Number(binding);
  return BigInt(number) === binding ? number : binding;
}

/** Operands of one kind in ascending order: integers and floats among each other, exactly. */
export function compareOperands(a: Operand, b: Operand): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
