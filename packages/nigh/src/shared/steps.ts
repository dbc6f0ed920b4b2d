/** Work that yields where others may have a turn. */
export type Steps<T> = Generator<void, T, void>;

/** Does all of it at once. */
export function finish<T>(steps: Steps<T>): T {
  let step = steps.next();
  while (!step.done) step = steps.next();
  return step.value;
}

/** Works for so many milliseconds, or to the end. */
export function workFor<T>(steps: Steps<T>, ms: number): IteratorResult<void, T> {
  const until = performance.now() + ms;
  let step = steps.next();
  while (!step.done && performance.now() < until) step = steps.next();
  return step;
}
