/**
 * Merges that wait, the one of the lowest rank first and, among equals, the leftmost. A binary heap in
 * typed arrays: a text without spaces may have a million.
 */
export class MergeQueue {
  #capacity = 64;
  /** rank x 2^32 + place: one comparison orders both. */
  #keys = new Float64Array(this.#capacity);
  #tokens = new Int32Array(this.#capacity);
  #size = 0;
  /** Of the merge that {@link pop} took. */
  place = 0;
  /** The token that the merge that {@link pop} took makes. */
  token = 0;

  clear(): void {
    this.#size = 0;
  }

  /** @param rank below 2^21. */
  push(rank: number, place: number, token: number): void {
    if (this.#size === this.#capacity) this.#grow();
    const key = rank * 2 ** 32 + place;
    let at = this.#size++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if ((this.#keys[parent] as number) <= key) break;
      this.#move(parent, at);
      at = parent;
    }
    this.#keys[at] = key;
    this.#tokens[at] = token;
  }

  /** Takes the first merge; false when there is none. */
  pop(): boolean {
    if (this.#size === 0) return false;
    this.place = (this.#keys[0] as number) % 2 ** 32;
    this.token = this.#tokens[0] as number;
    const last = --this.#size;
    const key = this.#keys[last] as number;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= last) break;
      const right = child + 1;
      if (right < last && (this.#keys[right] as number) < (this.#keys[child] as number)) {
        child = right;
      }
      if ((this.#keys[child] as number) >= key) break;
      this.#move(child, at);
      at = child;
    }
    this.#keys[at] = key;
    this.#tokens[at] = this.#tokens[last] as number;
    return true;
  }

  #move(from: number, to: number): void {
    this.#keys[to] = this.#keys[from] as number;
    this.#tokens[to] = this.#tokens[from] as number;
  }

  #grow(): void {
    const [keys, tokens] = [this.#keys, this.#tokens];
    this.#capacity *= 2;
    this.#keys = new Float64Array(this.#capacity);
    this.#tokens = new Int32Array(this.#capacity);
    this.#keys.set(keys);
    this.#tokens.set(tokens);
  }
}
