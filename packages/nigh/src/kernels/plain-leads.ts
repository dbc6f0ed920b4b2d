/** Leading components in plain TypeScript, in float64: the reference for the first stage of assembly/query.ts. */

import type { Matrix } from "../shared/matrix.js";
import { dot } from "./plain.js";

export interface PlainLead {
  /** Inner product of the row with each direction. */
  readonly components: Float64Array;
  /** Length of what the components leave out: |x - Pᵀ P x|. */
  readonly tail: number;
}

/** @param directions P, [components x d], nearly orthonormal. */
export function leadOf(row: Float32Array, directions: Matrix): PlainLead {
  const components = Float64Array.from(directions, (direction) => dot(row, direction));
  const left = Float64Array.from(row);
  for (let i = 0; i < components.length; i++) {
    const direction = directions.row(i);
    for (let t = 0; t < left.length; t++) {
      left[t] = (left[t] as number) - (components[i] as number) * (direction[t] as number);
    }
  }
  return { components, tail: Math.sqrt(left.reduce((sum, x) => sum + x * x, 0)) };
}
