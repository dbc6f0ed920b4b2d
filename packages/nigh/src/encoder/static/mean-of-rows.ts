import type { TokenTable } from "./token-table.js";

/** Writes the mean of the vectors of `ids` into `target`; zeros where there are none. */
export type MeanOfRows = (ids: Int32Array, target: Float32Array) => void;

/** @param normalizes whether means are scaled to length 1. */
export function meanOfRows(table: TokenTable, normalizes: boolean): MeanOfRows {
  const { rowOf, weights } = table;
  const { data } = table.vectors;
  const [, d] = table.vectors.shape;
  const sums = new Float64Array(d);

  const addFour = (a: number, b: number, c: number, e: number): void => {
    for (let j = 0; j < d; j++) {
      sums[j] =
        (sums[j] as number) +
        ((data[a + j] as number) + (data[b + j] as number)) +
        ((data[c + j] as number) + (data[e + j] as number));
    }
  };
  const addOne = (a: number, weight: number): void => {
    for (let j = 0; j < d; j++) sums[j] = (sums[j] as number) + weight * (data[a + j] as number);
  };
  const start = (id: number): number => d * (rowOf === undefined ? id : (rowOf[id] as number));

  return (ids, target) => {
    sums.fill(0);
    let i = 0;
    // Four rows at a time: the sums are read and written once for them.
    if (weights === undefined) {
      for (; i + 3 < ids.length; i += 4) {
        addFour(
          start(ids[i] as number),
          start(ids[i + 1] as number),
          start(ids[i + 2] as number),
          start(ids[i + 3] as number),
        );
      }
    }
    for (; i < ids.length; i++) {
      const id = ids[i] as number;
      addOne(start(id), weights === undefined ? 1 : (weights[id] as number));
    }
    const scale = normalizes ? 1 / lengthOf(sums) : 1 / ids.length;
    if (Number.isFinite(scale)) for (let j = 0; j < d; j++) target[j] = (sums[j] as number) * scale;
    else target.fill(0);
  };
}

function lengthOf(values: Float64Array): number {
  let squares = 0;
  for (let j = 0; j < values.length; j++) squares += (values[j] as number) ** 2;
  return Math.sqrt(squares);
}
