import { InvalidArgumentError } from "commander";
import { NighError } from "../index.js";
import { nearestName } from "../shared/options.js";

/** A figure that must be reached, as --min names it. */
export interface Minimum {
  /** As it was given, e.g. "ndcg@10". */
  readonly metric: string;
  readonly atLeast: number;
}

/** What came of a minimum. */
export interface MinimumReached extends Minimum {
  readonly value: number;
  readonly reached: boolean;
}

/** Parses one more `--min METRIC=NUMBER`. */
export function collectMinimum(text: string, before: readonly Minimum[]): Minimum[] {
  const [, metric, number = ""] = /^([^=\s]+)=(.+)$/u.exec(text.trim()) ?? [];
  const atLeast = Number(number);
  if (metric === undefined || number.trim() === "" || !Number.isFinite(atLeast)) {
    throw new InvalidArgumentError(`Found "${text}", expected METRIC=NUMBER, such as ndcg@10=0.6.`);
  }
  return [...before, { metric: metric.toLowerCase(), atLeast }];
}

const SIMILARITY = "(?:cosine|dot|euclidean|manhattan)";

/** The figure's name without the similarity that stands before or behind it: "cosine_ndcg@10" is "ndcg@10". */
export function plainMetric(key: string): string {
  return key.replace(new RegExp(`^${SIMILARITY}_|_${SIMILARITY}$`, "u"), "");
}

/**
 * Refuses minimums of figures that the evaluation does not give, before it takes its minutes.
 *
 * @param known names without similarity; those of rankings end in "@".
 * @throws NighError `ERR_INVALID_ARGUMENT`.
 */
export function checkMinimums(minimums: readonly Minimum[], known: readonly string[]): void {
  for (const { metric } of minimums) {
    const plain = plainMetric(metric);
    const isKnown = known.some((name) =>
      name.endsWith("@")
        ? plain.startsWith(name) && /^[1-9]\d*$/u.test(plain.slice(name.length))
        : plain === name,
    );
    if (isKnown) continue;
    const names = known.map((name) => (name.endsWith("@") ? `${name}10` : name));
    const nearest = nearestName(plain, names);
    throw new NighError(
      "ERR_INVALID_ARGUMENT",
      `--min: there is no figure "${metric}" here.${nearest ? ` Did you mean "${nearest}"?` : ""} There are: ${names.join(", ")}${known[0]?.endsWith("@") ? ", at any k" : ""}.`,
    );
  }
}

/** @throws NighError `ERR_INVALID_ARGUMENT` for a figure that is not there after all. */
export function reachMinimums(
  minimums: readonly Minimum[],
  metrics: Readonly<Record<string, number>>,
): MinimumReached[] {
  const plain = Object.fromEntries(
    Object.entries(metrics)
      .reverse()
      .map(([key, value]) => [plainMetric(key), value]),
  );
  return minimums.map((minimum) => {
    const value = metrics[minimum.metric] ?? plain[minimum.metric];
    if (value !== undefined) return { ...minimum, value, reached: value >= minimum.atLeast };
    throw new NighError(
      "ERR_INVALID_ARGUMENT",
      `--min: there is no figure "${minimum.metric}" here; there are: ${Object.keys(metrics).join(", ")}.`,
    );
  });
}

/** @throws NighError `ERR_BELOW_MINIMUM`, by which the command fails. */
export function requireMinimums(reached: readonly MinimumReached[]): void {
  const missed = reached.filter((minimum) => !minimum.reached);
  if (missed.length === 0) return;
  const listed = missed.map(
    ({ metric, value, atLeast }) => `${metric} is ${value.toFixed(4)}, required is ${atLeast}`,
  );
  throw new NighError("ERR_BELOW_MINIMUM", `${listed.join("; ")}.`);
}
