/**
 * Lets contestants run in turns, so that a machine that gets slower or faster does so for all: forwards in one round,
 * backwards in the next. Whoever calls this has let each of them warm up.
 *
 * @returns for each contestant what its rounds gave.
 */
export async function alternate<C, R>(
  contestants: readonly C[],
  rounds: number,
  run: (contestant: C) => Promise<R>,
): Promise<R[][]> {
  const results = contestants.map((): R[] => []);
  const turns = [...contestants.entries()];
  for (let round = 0; round < rounds; round++) {
    for (const [i, contestant] of round % 2 === 0 ? turns : turns.toReversed())
      results[i]?.push(await run(contestant));
  }
  return results;
}
