import { NighError } from "../../shared/errors.js";
import { checkIds } from "../check-vectors.js";
import type { Ids } from "../vector-index.js";
import { OrdinalsById } from "./ordinals-by-id.js";

const FREE = -1;

/**
 * The ids of an index's rows. Inside, a row has an ordinal, a small number that it keeps; ordinals of removed rows
 * are used again. As long as ids are 0, 1, 2, …, nothing is stored.
 */
export class RowIds {
  #size = 0;
  /** Ordinals in use are below. */
  #top = 0;
  #nextId = 0;
  #free: number[] = [];
  /** Id of each ordinal; undefined while every id is its ordinal and none was removed. */
  #ids: Float64Array | undefined;
  #inOrder = true;
  /** Ordinal of each id where they are not in order, once one was looked for. */
  #ordinals: OrdinalsById | undefined;
  #version = 0;

  /** Rows in use. */
  get size(): number {
    return this.#size;
  }

  /** All ordinals are below. */
  get top(): number {
    return this.#top;
  }

  /** Whether ids grow with the ordinals, so that ties can go by ordinal. */
  get inOrder(): boolean {
    return this.#inOrder;
  }

  /** Whether every id is its ordinal and none was removed. */
  get areOrdinals(): boolean {
    return this.#ids === undefined;
  }

  /** Changes whenever `table` would. */
  get version(): number {
    return this.#version;
  }

  /** Ids by ordinal, -1 where there is none, `top` of them. */
  table(): Float64Array {
    if (this.#ids !== undefined) return this.#ids.subarray(0, this.#top);
    return new Float64Array(this.#top).map((_, ordinal) => ordinal);
  }

  /**
   * Checks ids for `count` new rows, or chooses them; changes nothing.
   *
   * @throws NighError `ERR_INVALID_ARGUMENT` for ids that are no ids, not `count`, twice in the list or in use.
   */
  plan(where: string, count: number, ids?: Ids): Float64Array {
    if (ids === undefined) {
      if (this.#nextId + count - 1 > Number.MAX_SAFE_INTEGER) {
        throw new NighError(
          "ERR_INVALID_ARGUMENT",
          `${where}: there is no id left behind ${this.#nextId - 1}, the highest so far: choose ids with addWithIds.`,
        );
      }
      const fresh = new Float64Array(count);
      for (let i = 0; i < count; i++) fresh[i] = this.#nextId + i;
      return fresh;
    }
    const checked = checkIds(where, ids, count);
    const twice = firstTwice(checked);
    if (twice !== undefined) {
      throw new NighError("ERR_INVALID_ARGUMENT", `${where}: the id ${twice} is given twice.`);
    }
    const taken = checked.find((id) => this.has(id));
    if (taken !== undefined) {
      throw new NighError(
        "ERR_INVALID_ARGUMENT",
        `${where}: the id ${taken} is in the index already: use update to replace its vector, or another id.`,
      );
    }
    return checked;
  }

  /** The ordinals that `assign` will give to `count` rows; changes nothing. */
  planOrdinals(count: number): Uint32Array {
    const reused = Math.min(count, this.#free.length);
    const ordinals = new Uint32Array(count);
    for (let i = 0; i < reused; i++) ordinals[i] = this.#free[this.#free.length - 1 - i] as number;
    for (let i = reused; i < count; i++) ordinals[i] = this.#top + i - reused;
    return ordinals;
  }

  /** Takes planned ids in; gives the ordinal of each. */
  assign(ids: Float64Array): Uint32Array {
    const ordinals = this.planOrdinals(ids.length);
    this.#free.length -= Math.min(ids.length, this.#free.length);
    let top = this.#top;
    for (let i = 0; i < ids.length; i++) {
      const id = ids[i] as number;
      const ordinal = ordinals[i] as number;
      if (ordinal >= top) top = ordinal + 1;
      if (id >= this.#nextId) this.#nextId = id + 1;
      this.#inOrder &&= id === ordinal;
    }
    if (!this.#inOrder || this.#ids !== undefined) {
      const all = this.#tableOf(top);
      for (let i = 0; i < ids.length; i++) {
        all[ordinals[i] as number] = ids[i] as number;
        this.#ordinals?.set(ids[i] as number, ordinals[i] as number);
      }
    }
    this.#top = top;
    this.#size += ids.length;
    this.#version++;
    return ordinals;
  }

  has(id: number): boolean {
    return this.#find(id) !== undefined;
  }

  /** @throws NighError `ERR_UNKNOWN_ID`. */
  ordinalOf(where: string, id: number): number {
    const ordinal = this.#find(id);
    if (ordinal !== undefined) return ordinal;
    throw new NighError(
      "ERR_UNKNOWN_ID",
      `${where}: the id ${id} is not in the index, which holds ${this.#size} vectors.`,
    );
  }

  /** The id of an ordinal in use. */
  idOf(ordinal: number): number {
    return this.#ids === undefined ? ordinal : (this.#ids[ordinal] as number);
  }

  /** Whether a row has this ordinal. */
  isUsed(ordinal: number): boolean {
    return ordinal < this.#top && (this.#ids === undefined || this.#ids[ordinal] !== FREE);
  }

  /** Forgets rows; their ordinals are given to others after {@link reuse} only. */
  release(ordinals: Iterable<number>): void {
    this.#ids ??= this.table();
    for (const ordinal of ordinals) {
      this.#ordinals?.delete(this.#ids[ordinal] as number);
      this.#ids[ordinal] = FREE;
      this.#size--;
    }
    this.#version++;
  }

  /** Gives the ids of some rows to new ordinals; the old ones are as released. */
  renew(ordinals: Uint32Array): Uint32Array {
    const ids = Float64Array.from(ordinals, (ordinal) => this.idOf(ordinal));
    this.release(ordinals);
    return this.assign(ids);
  }

  /** Gives the rows 0, 1, 2, … these ids; different ones. */
  rename(ids: Float64Array): void {
    this.release(Uint32Array.from(ids, (_, ordinal) => ordinal));
    this.reuse(Uint32Array.from(ids, (_, i) => ids.length - 1 - i));
    this.#nextId = 0;
    this.assign(ids);
  }

  /** Numbers the rows anew: row i is what was `ordinals[i]`, which are all that are in use. */
  compact(ordinals: Uint32Array): void {
    const ids = Float64Array.from(ordinals, (ordinal) => this.idOf(ordinal));
    this.#forget();
    this.assign(ids);
  }

  /** No rows, as at first. */
  reset(): void {
    this.#forget();
    this.#nextId = 0;
    this.#version++;
  }

  #forget(): void {
    this.#size = 0;
    this.#top = 0;
    this.#free = [];
    this.#ids = undefined;
    this.#inOrder = true;
    this.#ordinals = undefined;
  }

  /** Lets new rows have the ordinals of released ones. */
  reuse(ordinals: Iterable<number>): void {
    for (const ordinal of ordinals) this.#free.push(ordinal);
  }

  /** Ordinals in use, ascending. */
  used(): Uint32Array {
    const used = new Uint32Array(this.#size);
    for (let ordinal = 0, i = 0; ordinal < this.#top; ordinal++) {
      if (this.isUsed(ordinal)) used[i++] = ordinal;
    }
    return used;
  }

  /** The ordinal of each id. */
  ordinals(): OrdinalsById {
    if (this.#ordinals !== undefined) return this.#ordinals;
    const ordinals = new OrdinalsById();
    for (let ordinal = 0; ordinal < this.#top; ordinal++) {
      if (this.isUsed(ordinal)) ordinals.set(this.idOf(ordinal), ordinal);
    }
    this.#ordinals = ordinals;
    return ordinals;
  }

  /** All ids, ascending. */
  all(): Float64Array {
    const table = this.table();
    const ids = new Float64Array(this.#size);
    let ascending = true;
    let count = 0;
    for (let ordinal = 0; ordinal < table.length; ordinal++) {
      const id = table[ordinal] as number;
      if (id === FREE) continue;
      ascending &&= count === 0 || id > (ids[count - 1] as number);
      ids[count++] = id;
    }
    return ascending ? ids : ids.sort();
  }

  /** Stored ids, with room for ordinals below `top`. */
  #tableOf(top: number): Float64Array {
    this.#ids ??= this.table();
    if (top > this.#ids.length) {
      const grown = new Float64Array(Math.max(top, 2 * this.#ids.length)).fill(FREE);
      grown.set(this.#ids.subarray(0, this.#top));
      this.#ids = grown;
    }
    return this.#ids;
  }

  #find(id: number): number | undefined {
    if (!this.#inOrder) {
      return this.ordinals().get(id);
    }
    if (!(Number.isInteger(id) && id >= 0 && id < this.#top)) return undefined;
    return this.#ids === undefined || this.#ids[id] === id ? id : undefined;
  }
}

/** An id that comes twice, if there is one. */
export function firstTwice(ids: Float64Array): number | undefined {
  let ascending = true;
  for (let i = 1; i < ids.length && ascending; i++) {
    ascending = (ids[i] as number) > (ids[i - 1] as number);
  }
  if (ascending) return undefined;
  const sorted = ids.slice().sort();
  return sorted.find((id, i) => i > 0 && id === sorted[i - 1]);
}
