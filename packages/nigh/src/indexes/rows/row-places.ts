/** Where each ordinal's row is: in which list, and at which place in it. */
export class RowPlaces {
  #lists = new Uint32Array(0);
  #slots = new Uint32Array(0);

  get bytes(): number {
    return this.#lists.byteLength + this.#slots.byteLength;
  }

  listOf(ordinal: number): number {
    return this.#lists[ordinal] as number;
  }

  slotOf(ordinal: number): number {
    return this.#slots[ordinal] as number;
  }

  /** Rows that come into a list one after the other, from place `slot` on. */
  set(ordinals: Uint32Array, list: number, slot: number): void {
    this.#grow(ordinals);
    for (let i = 0; i < ordinals.length; i++) {
      const ordinal = ordinals[i] as number;
      this.#lists[ordinal] = list;
      this.#slots[ordinal] = slot + i;
    }
  }

  /** A row that takes another place in its list. */
  move(ordinal: number, slot: number): void {
    this.#slots[ordinal] = slot;
  }

  #grow(ordinals: Uint32Array): void {
    let top = 0;
    for (let i = 0; i < ordinals.length; i++) {
      const ordinal = ordinals[i] as number;
      if (ordinal >= top) top = ordinal + 1;
    }
    if (top <= this.#lists.length) return;
    const length = Math.max(top, Math.ceil(1.5 * this.#lists.length));
    this.#lists = grown(this.#lists, length);
    this.#slots = grown(this.#slots, length);
  }
}

function grown(numbers: Uint32Array, length: number): Uint32Array<ArrayBuffer> {
  const longer = new Uint32Array(length);
  longer.set(numbers);
  return longer;
}
