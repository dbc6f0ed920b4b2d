/** Vectors made by a seed. */
import { fillNormal, type Random, randomInteger, seededRandom } from "../seeded-random.js";
import { COLUMNS, makeRows, type VectorFile } from "./vector-file.js";

/** Directions of no structure: the hardest case for every index that approximates. */
export function makeRandomVectors(target: VectorFile, seed: number): void {
  const random = seededRandom(seed);
  makeRows(target, (row) => {
    fillNormal(random, row);
    normalize(row);
  });
}

/** What every synthetic file is made by, so that queries come from where the vectors come from. */
const MIXTURE_SEED = 4;
/** A multiple of four. */
const LATENT = 64;
const CENTRES = 1024;
/** Standard deviations: around a centre (the centres' own is 1), and of what is added to each of the columns. */
const SPREAD = 0.8;
const NOISE = 0.5;
/** Noise is read from a table, at a place that chance decides: making it anew would take most of the time. */
const NOISE_TABLE = 2 ** 20;

/**
 * Vectors of low intrinsic dimension, as embeddings are: a mixture of 1,024 normal distributions in 64 dimensions, of which
 * the i-th counts with 1 / sqrt(i); mapped to 384 by a random matrix; noise added; normalised. The numbers were chosen so
 * that of 50,000 the nearest are as near, and found as easily by IVF, as those of the sentences.
 */
export function makeSyntheticVectors(target: VectorFile, seed: number): void {
  const { centres, map, noise } = mixture();
  const random = seededRandom(seed);
  const latent = new Float32Array(LATENT);
  makeRows(target, (row) => {
    const centre = randomInteger(random, CENTRES) * LATENT;
    fillNormal(random, latent);
    for (let i = 0; i < LATENT; i++)
      latent[i] = (centres[centre + i] as number) + SPREAD * (latent[i] as number);
    const start = randomInteger(random, NOISE_TABLE - COLUMNS);
    for (let j = 0; j < COLUMNS; j++) row[j] = NOISE * (noise[start + j] as number);
    for (let i = 0; i < LATENT; i += 4) addFour(row, latent, map, i);
    normalize(row);
  });
}

/** Adds four rows of the map, weighted, from the i-th on. */
function addFour(row: Float32Array, latent: Float32Array, map: Float32Array, i: number): void {
  const a = latent[i] as number;
  const b = latent[i + 1] as number;
  const c = latent[i + 2] as number;
  const d = latent[i + 3] as number;
  const from = i * COLUMNS;
  for (let j = 0; j < COLUMNS; j++)
    row[j] =
      (row[j] as number) +
      a * (map[from + j] as number) +
      b * (map[from + COLUMNS + j] as number) +
      c * (map[from + 2 * COLUMNS + j] as number) +
      d * (map[from + 3 * COLUMNS + j] as number);
}

function mixture(): { centres: Float32Array; map: Float32Array; noise: Float32Array } {
  const random = seededRandom(MIXTURE_SEED);
  const centres = normalTable(random, CENTRES * LATENT);
  const map = normalTable(random, LATENT * COLUMNS);
  let squares = 0;
  for (let i = 1; i <= LATENT; i++) squares += 1 / i;
  // Together they give each column a variance of 1, times that of the mixture.
  for (let at = 0; at < map.length; at++)
    map[at] = (map[at] as number) / Math.sqrt((Math.floor(at / COLUMNS) + 1) * squares);
  return { centres, map, noise: normalTable(random, NOISE_TABLE) };
}

function normalTable(random: Random, length: number): Float32Array {
  const values = new Float32Array(length);
  fillNormal(random, values);
  return values;
}

function normalize(row: Float32Array): void {
  let square = 0;
  for (let j = 0; j < row.length; j++) square += (row[j] as number) ** 2;
  const length = Math.sqrt(square);
  for (let j = 0; j < row.length; j++) row[j] = (row[j] as number) / length;
}
