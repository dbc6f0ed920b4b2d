import { NighError } from "../../shared/errors.js";

/** What is done to a model's output to make a score of it, each number by itself. */
const ACTIVATIONS = {
  identity: (x: number) => x,
  sigmoid: (x: number) => 1 / (1 + Math.exp(-x)),
  tanh: Math.tanh,
  relu: (x: number) => Math.max(x, 0),
} as const;

/** "identity" leaves the numbers as they are, "sigmoid" makes scores from 0 to 1 of them. */
export type ScoreActivation = keyof typeof ACTIVATIONS;
export const SCORE_ACTIVATIONS = Object.keys(ACTIVATIONS) as readonly ScoreActivation[];

/** Classes of torch.nn by the activation that each is. */
const TORCH_CLASSES: Readonly<Record<string, ScoreActivation>> = {
  Identity: "identity",
  Sigmoid: "sigmoid",
  Tanh: "tanh",
  ReLU: "relu",
};

/**
 * @param torchName as models keep it, e.g. "torch.nn.modules.activation.Sigmoid".
 * @param path file that it is from, for messages.
 * @throws NighError `ERR_UNSUPPORTED_MODEL` for one that nigh does not know.
 */
export function activationNamed(torchName: string, path: string): ScoreActivation {
  const name = /^torch\.nn\.(?:.*\.)?(\w+)$/.exec(torchName)?.[1] ?? "";
  const known = Object.hasOwn(TORCH_CLASSES, name) ? TORCH_CLASSES[name] : undefined;
  if (known !== undefined) return known;
  throw new NighError(
    "ERR_UNSUPPORTED_MODEL",
    `${path}: the activation function of the scores is "${torchName}"; nigh knows torch.nn's ${Object.keys(TORCH_CLASSES).join(", ")}. Say what to use instead: CrossEncoder.load(name, { activation: "sigmoid" }).`,
  );
}

/** Changes the numbers in place. */
export function applyActivation(numbers: Float32Array, activation: ScoreActivation): void {
  const apply = ACTIVATIONS[activation];
  for (const [i, x] of numbers.entries()) numbers[i] = apply(x);
}

/** Makes numbers that sum to 1 of each row, in place. */
export function applySoftmax(rows: Iterable<Float32Array>): void {
  for (const row of rows) {
    const largest = Math.max(...row);
    const powers = Array.from(row, (x) => Math.exp(x - largest));
    const sum = powers.reduce((a, b) => a + b, 0);
    row.set(powers.map((power) => power / sum));
  }
}
