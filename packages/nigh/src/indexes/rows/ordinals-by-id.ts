const NONE = -1;
/** An array may have so many places for each id, and so many more. */
const PLACES = 8;
const FEW = 1024;

/** The ordinal of each id: in an array as long as ids lie close together, in a map where they do not. */
export class OrdinalsById {
  #places = new Int32Array(FEW).fill(NONE);
  #map: Map<number, number> | undefined;
  #size = 0;

  /** Ordinals in the places of their ids, -1 where there is none; undefined where ids lie too far apart. */
  get places(): Int32Array | undefined {
    return this.#map === undefined ? this.#places : undefined;
  }

  get(id: number): number | undefined {
    if (this.#map !== undefined) return this.#map.get(id);
    const ordinal = this.#places[id];
    return ordinal === NONE ? undefined : ordinal;
  }

  /** Of an id that has none. */
  set(id: number, ordinal: number): void {
    this.#size++;
    if (this.#map === undefined && id >= this.#places.length) this.#reach(id);
    if (this.#map !== undefined) this.#map.set(id, ordinal);
    else this.#places[id] = ordinal;
  }

  /** Of an id that has one. */
  delete(id: number): void {
    this.#size--;
    if (this.#map !== undefined) this.#map.delete(id);
    else this.#places[id] = NONE;
  }

  #reach(id: number): void {
    if (id < PLACES * this.#size + FEW) {
      const grown = new Int32Array(Math.max(id + 1, 2 * this.#places.length)).fill(NONE);
      grown.set(this.#places);
      this.#places = grown;
      return;
    }
    this.#map = new Map();
    for (const [other, ordinal] of this.#places.entries()) {
      if (ordinal !== NONE) this.#map.set(other, ordinal);
    }
    this.#places = new Int32Array(0);
  }
}
