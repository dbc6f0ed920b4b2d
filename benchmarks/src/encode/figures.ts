import { type Spread, spread, timesFaster } from "../statistics.js";
import type { Closeness } from "./compare-vectors.js";
import type { EncodeResults } from "./measure.js";
import type { TextSet } from "./text-sets.js";

/** What the rounds of one engine on one set come to. */
export interface SpeedFigures {
  readonly engine: string;
  readonly isReference: boolean;
  readonly set: TextSet;
  readonly threads: number;
  readonly textsPerSecond: Spread;
  readonly tokensPerSecond: number;
  readonly cpuSecondsPerThousand: number;
  /** Speed over the reference's; none without a reference. */
  readonly times: Spread | undefined;
  readonly closeness: Closeness | undefined;
}

export function speedFigures({ speeds }: EncodeResults): SpeedFigures[] {
  return speeds.map(({ engine, isReference, set, threads, rounds, beside, closeness }) => {
    const textsPerSecond = spread(rounds.map(({ seconds }) => set.texts / seconds));
    return {
      engine,
      isReference,
      set,
      threads,
      textsPerSecond,
      tokensPerSecond: textsPerSecond.median * set.meanTokens,
      cpuSecondsPerThousand: spread(rounds.map(({ cpuSeconds }) => (1000 * cpuSeconds) / set.texts))
        .median,
      times: isReference
        ? { median: 1, min: 1, max: 1 }
        : timesFaster(
            rounds.map(({ seconds }) => seconds),
            beside.map(({ seconds }) => seconds),
          ),
      closeness,
    };
  });
}
