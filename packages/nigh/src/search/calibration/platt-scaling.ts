import type { LabelledScore } from "./labelled-scores.js";

/** The probability of a score is 1 / (1 + exp(-(slope * score + intercept))). */
export interface Sigmoid {
  readonly slope: number;
  readonly intercept: number;
}

const STEPS = 100;
const SMALLEST_STEP = 1e-10;
/** Keeps the Hessian invertible where all scores are the same. */
const RIDGE = 1e-12;

/**
 * Platt scaling (Platt 1999), by Newton's method with backtracking as Lin, Lin and Weng (2007) give it: the sigmoid that makes the labels
 * most likely. Labels are softened to (n1 + 1) / (n1 + 2) and 1 / (n0 + 2), so that pairs which scores separate
 * perfectly do not make it a step.
 *
 * @param pairs of both labels, with finite scores.
 */
export function plattScaling(pairs: readonly LabelledScore[]): Sigmoid {
  const positives = pairs.filter(({ label }) => label === 1).length;
  const high = (positives + 1) / (positives + 2);
  const low = 1 / (pairs.length - positives + 2);
  // Standardized scores: those of inner products and distances have scales of their own.
  const { mean, deviation } = spreadOf(pairs.map(({ score }) => score));
  const points = pairs.map(({ score, label }) => ({
    x: (score - mean) / deviation,
    target: label === 1 ? high : low,
  }));
  let slope = 0;
  let intercept = Math.log((positives + 1) / (pairs.length - positives + 1));
  let loss = lossOf(points, slope, intercept);
  for (let step = 0; step < STEPS; step++) {
    const { a, b, aa, ab, bb } = derivatives(points, slope, intercept);
    if (Math.abs(a) < 1e-10 && Math.abs(b) < 1e-10) break;
    const determinant = aa * bb - ab * ab;
    const toSlope = -(bb * a - ab * b) / determinant;
    const toIntercept = -(aa * b - ab * a) / determinant;
    const descent = a * toSlope + b * toIntercept;
    let size = 1;
    let next = lossOf(points, slope + toSlope, intercept + toIntercept);
    while (next > loss + 1e-4 * size * descent && size > SMALLEST_STEP) {
      size /= 2;
      next = lossOf(points, slope + size * toSlope, intercept + size * toIntercept);
    }
    if (size <= SMALLEST_STEP) break;
    slope += size * toSlope;
    intercept += size * toIntercept;
    loss = next;
  }
  return { slope: slope / deviation, intercept: intercept - (slope * mean) / deviation };
}

/** The probability, 0 to 1, that what has this score belongs together. */
export function probabilityOf({ slope, intercept }: Sigmoid, score: number): number {
  return sigmoid(slope * score + intercept);
}

interface Point {
  readonly x: number;
  readonly target: number;
}

/** Cross entropy, without overflow. */
function lossOf(points: readonly Point[], slope: number, intercept: number): number {
  return points.reduce((sum, { x, target }) => {
    const z = slope * x + intercept;
    return sum + Math.max(z, 0) - target * z + Math.log1p(Math.exp(-Math.abs(z)));
  }, 0);
}

function derivatives(points: readonly Point[], slope: number, intercept: number) {
  let [a, b, aa, ab, bb] = [0, 0, RIDGE, 0, RIDGE];
  for (const { x, target } of points) {
    const p = sigmoid(slope * x + intercept);
    const weight = p * (1 - p);
    a += (p - target) * x;
    b += p - target;
    aa += weight * x * x;
    ab += weight * x;
    bb += weight;
  }
  return { a, b, aa, ab, bb };
}

function sigmoid(z: number): number {
  if (z >= 0) return 1 / (1 + Math.exp(-z));
  const e = Math.exp(z);
  return e / (1 + e);
}

function spreadOf(scores: readonly number[]): { mean: number; deviation: number } {
  const mean = scores.reduce((a, b) => a + b, 0) / scores.length;
  const variance = scores.reduce((sum, score) => sum + (score - mean) ** 2, 0) / scores.length;
  return { mean, deviation: Math.sqrt(variance) || 1 };
}
