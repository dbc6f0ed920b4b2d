/** A pair of rows, i < j, and their cosine similarity: as sentence-transformers returns it. */
export type ScoredPair = readonly [score: number, i: number, j: number];

const FIRST_ROOM = 2 ** 16;

/** The pairs with the highest scores, ties by the lower rows, of pairs that come in any order and only once. */
export class BestPairs {
  readonly #most: number;
  #scores = new Float32Array(FIRST_ROOM);
  #lefts = new Uint32Array(FIRST_ROOM);
  #rights = new Uint32Array(FIRST_ROOM);
  #count = 0;
  /** What scores less is not among the best. */
  #floor = -Infinity;

  /** @param most how many are kept. */
  constructor(most: number) {
    this.#most = most;
  }

  offer(score: number, i: number, j: number): void {
    if (score < this.#floor) return;
    if (this.#count === this.#scores.length) this.#makeRoom();
    this.#scores[this.#count] = score;
    this.#lefts[this.#count] = Math.min(i, j);
    this.#rights[this.#count] = Math.max(i, j);
    this.#count += 1;
  }

  /** Best first. */
  sorted(): ScoredPair[] {
    this.#prune();
    const order = new Uint32Array(this.#count).map((_, at) => at);
    return Array.from(
      order.sort((a, b) => this.#compare(a, b)),
      (at) => [this.#scores[at] as number, this.#lefts[at] as number, this.#rights[at] as number],
    );
  }

  #compare(a: number, b: number): number {
    return (
      (this.#scores[b] as number) - (this.#scores[a] as number) ||
      (this.#lefts[a] as number) - (this.#lefts[b] as number) ||
      (this.#rights[a] as number) - (this.#rights[b] as number)
    );
  }

  #makeRoom(): void {
    this.#prune();
    // Room for as many again, so that pruning pays.
    const room = 2 * Math.max(this.#count, FIRST_ROOM);
    if (room <= this.#scores.length) return;
    this.#scores = grown(this.#scores, room);
    this.#lefts = grown(this.#lefts, room);
    this.#rights = grown(this.#rights, room);
  }

  /** Drops what is not among the best so far. */
  #prune(): void {
    if (this.#count <= this.#most) return;
    const ascending = this.#scores.slice(0, this.#count).sort();
    this.#floor = ascending[this.#count - this.#most] as number;
    const tied: number[] = [];
    let kept = 0;
    for (let at = 0; at < this.#count; at++) {
      const score = this.#scores[at] as number;
      if (score > this.#floor) kept += 1;
      else if (score === this.#floor) tied.push(at);
    }
    const chosen = new Set(tied.sort((a, b) => this.#compare(a, b)).slice(0, this.#most - kept));
    let to = 0;
    for (let at = 0; at < this.#count; at++) {
      if (!((this.#scores[at] as number) > this.#floor || chosen.has(at))) continue;
      this.#scores[to] = this.#scores[at] as number;
      this.#lefts[to] = this.#lefts[at] as number;
      this.#rights[to] = this.#rights[at] as number;
      to += 1;
    }
    this.#count = to;
  }
}

function grown<T extends Float32Array | Uint32Array>(from: T, room: number): T {
  const larger = new (from.constructor as new (length: number) => T)(room);
  larger.set(from);
  return larger;
}
