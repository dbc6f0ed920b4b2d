import { Matrix } from "nigh";

/** Numbers from 0 to 1 (exclusive) that depend on the seed alone: mulberry32. */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Draw {
  readonly next: () => number;
  readonly d: number;
  /** Which row. */
  readonly i: number;
}

const BASIS_SEED = 99;

/** How each kind of vector is drawn. What rows of a kind share (centres, a basis) does not depend on the seed. */
const DRAW = {
  normalised: (draw: Draw) => toUnit(uniform(draw)),
  /** Lengths from 0.01 to 100. */
  unnormalised: (draw: Draw) => scaled(uniform(draw), 10 ** (4 * draw.next() - 2)),
  /** Around 8 centres, of length 1. */
  clustered: (draw: Draw) => {
    const centre = shared(8, Math.floor(8 * draw.next()), draw.d);
    const noise = scaled(toUnit(uniform(draw)), 0.2 + 0.4 * draw.next());
    return toUnit(centre.map((x, j) => x + (noise[j] as number)));
  },
  /** In a space of 16 dimensions, but for a little noise, as text embeddings are nearly. */
  lowRank: (draw: Draw) => {
    const row = scaled(uniform(draw), 0.02);
    for (let direction = 0; direction < 16; direction++) {
      const basis = shared(BASIS_SEED, direction, draw.d);
      const weight = (2 * draw.next() - 1) / (1 + direction);
      for (let j = 0; j < draw.d; j++) row[j] = (row[j] as number) + weight * (basis[j] as number);
    }
    return toUnit(row);
  },
  /** 1e-7 apart: one or a few float32 steps. */
  nearDuplicates: (draw: Draw) =>
    shared(1, 0, draw.d).map((x) => x * (1 + 1e-7 * Math.round(3 * draw.next()))),
  /** Five different ones. */
  duplicates: (draw: Draw) => shared(2, Math.floor(5 * draw.next()), draw.d),
  allEqual: (draw: Draw) => shared(3, 0, draw.d),
  /** Every twentieth is 10,000 times longer. */
  outliers: (draw: Draw) => scaled(toUnit(uniform(draw)), draw.i % 20 === 7 ? 1e4 : 1),
  /** Whole numbers from -2 to 2: different vectors with equal distances. */
  integers: (draw: Draw) => filled(draw.d, () => Math.round(4 * draw.next() - 2)),
  /** One number is 1, the rest are 0. */
  axes: (draw: Draw) => {
    const axis = Math.floor(draw.d * draw.next());
    return filled(draw.d, (j) => (j === axis ? 1 : 0));
  },
  /** Every other vector is 0, some of it -0. */
  zeros: (draw: Draw) =>
    draw.i % 2 === 0 ? filled(draw.d, (j) => (j % 3 === 0 ? -0 : 0)) : toUnit(uniform(draw)),
  /** Below the smallest normal float32. */
  denormals: (draw: Draw) => scaled(uniform(draw), 1e-39),
  /** Products vanish in float32. */
  tiny: (draw: Draw) => scaled(uniform(draw), 1e-25),
  vanishing: (draw: Draw) => scaled(uniform(draw), 1e-30),
  /** Products fit, sums of some hundred do not. */
  large: (draw: Draw) => scaled(uniform(draw), 2e18),
  /** From 1e18 to 1e30: most products overflow, sums of both signs are NaN. */
  huge: (draw: Draw) => scaled(uniform(draw), 10 ** (18 + 12 * draw.next())),
} satisfies Readonly<Record<string, (draw: Draw) => number[]>>;

export type Kind = keyof typeof DRAW | "mixed";

/** "mixed": each row is of another kind. */
export const KINDS = [...(Object.keys(DRAW) as (keyof typeof DRAW)[]), "mixed"] as readonly Kind[];

/** `rows` vectors of a kind, the same for the same seed. */
export function vectors(kind: Kind, rows: number, d: number, seed: number): Matrix {
  const next = random(seed);
  const all = Object.values(DRAW);
  const matrix = Matrix.zeros(rows, d);
  for (let i = 0; i < rows; i++) {
    const draw = kind === "mixed" ? (all[i % all.length] as typeof DRAW.normalised) : DRAW[kind];
    matrix.data.set(draw({ next, d, i }), i * d);
  }
  return matrix;
}

/** Rows `from` to `to` (exclusive), as a view. */
export function rowsOf(matrix: Matrix, from: number, to: number): Matrix {
  const d = matrix.shape[1];
  return new Matrix(matrix.data.subarray(from * d, to * d), to - from, d);
}

/** The bits of float32 numbers, so that 0 and -0 differ and NaN equals itself. */
export function bitsOf(numbers: Float32Array): Uint32Array {
  return new Uint32Array(numbers.slice().buffer);
}

const sharedRows = new Map<string, readonly number[]>();

/** A vector of length 1 that depends on nothing but its name. */
function shared(seed: number, i: number, d: number): number[] {
  const key = `${seed} ${i} ${d}`;
  let row = sharedRows.get(key);
  if (row === undefined) {
    row = toUnit(uniform({ next: random(7919 * seed + i), d, i }));
    sharedRows.set(key, row);
  }
  return [...row];
}

function uniform({ next, d }: Draw): number[] {
  return filled(d, () => 2 * next() - 1);
}

function filled(d: number, value: (j: number) => number): number[] {
  return Array.from({ length: d }, (_, j) => value(j));
}

function scaled(row: number[], factor: number): number[] {
  return row.map((x) => x * factor);
}

function toUnit(row: number[]): number[] {
  const length = Math.sqrt(row.reduce((sum, x) => sum + x * x, 0));
  return length === 0 ? row : scaled(row, 1 / length);
}
