import { RowLists } from "../../src/indexes/rows/row-lists.js";
import type { Metric } from "../../src/indexes/vector-index.js";
import type { Directions } from "../../src/kernels/principal-directions.js";
import type { Matrix } from "../../src/shared/matrix.js";
import { type Variant, VariantArena } from "./variants.js";

/** Codes of a row or of a query, as the kernel has written them: `Facts` of codes.ts, and `Stage` of blocks.ts. */
export interface KernelCodes {
  readonly scale: number;
  readonly rest: number;
  /** Length of the numbers. */
  readonly norm: number;
  readonly sum: number;
  /** Length of what the numbers leave out of the row; 0 for whole rows. */
  readonly tail: number;
}

/** What a search by one stage knows of a query, and of each row with it. */
export interface Asked {
  readonly facts: Omit<KernelCodes, "tail">;
  /** Products of the rows' codes with the query's. */
  readonly products: readonly number[];
  /** Each row's key is at most product * factor * scale + bias + shift + slack. */
  readonly estimates: readonly number[];
  readonly slacks: readonly number[];
}

/** Places of 32-bit numbers in the kernels' classes: Layout and Stage of blocks.ts, Query and StageQuery of query.ts. */
const LAYOUT = { epsilon: 3, leadEpsilon: 4, norms: 6, biases: 7, full: 9, lead: 10 } as const;
const STAGE = { size: 0, codes: 1, scales: 2, rests: 3, tails: 4, sums: 5 } as const;
const QUERY = { full: 1, lead: 2, uppers: 7, shift: 10, slack: 11 } as const;
const STAGE_QUERY = {
  codes: 0,
  facts: 1,
  factor: 2,
  restFactor: 3,
  tailFactor: 4,
  normFactor: 5,
} as const;

export type StageName = "full" | "lead";

/** Rows in one block, encoded by the kernels, and what these know of them. */
export class EncodedRows {
  readonly #variant: Variant;
  readonly #arena: VariantArena;
  readonly #rows: RowLists;
  readonly #count: number;
  readonly #query: number;

  constructor(variant: Variant, rows: Matrix, metric: Metric, directions?: Directions) {
    const [count, d] = rows.shape;
    this.#variant = variant;
    this.#count = count;
    this.#arena = new VariantArena(variant);
    const blockRows = 2 ** Math.ceil(Math.log2(Math.max(4, count)));
    this.#rows = new RowLists(d, metric, 1, blockRows, this.#arena);
    this.#rows.add(Uint32Array.from(rows, (_, i) => i) as Uint32Array, rows);
    this.#rows.setDirections(directions);
    const { kernels } = this.#arena;
    this.#query = this.#arena.alloc(kernels.queryBytes(this.#rows.layout, 1, blockRows));
    kernels.layOutQuery(this.#rows.layout, this.#query, 1, blockRows);
  }

  /** By which share of |q||x| float32 may be off, and projections. */
  get epsilon(): number {
    return this.#float(this.#rows.layout, LAYOUT.epsilon);
  }
  get leadEpsilon(): number {
    return this.#float(this.#rows.layout, LAYOUT.leadEpsilon);
  }

  codesOf(name: StageName, row: number): KernelCodes {
    const stage = this.#stage(name);
    const base = this.#base(name);
    const at = (property: number) => this.#float(base + this.#word(stage, property), row);
    return {
      scale: at(STAGE.scales),
      rest: at(STAGE.rests),
      norm: this.#norm(row),
      sum: this.#arena.i32[(base + this.#word(stage, STAGE.sums)) / 4 + row] as number,
      tail: at(STAGE.tails),
    };
  }

  /** Prepares a query. */
  ask(query: Float32Array): void {
    const { kernels } = this.#arena;
    const { size, layout, d } = this.#rows;
    const floats = kernels.floatsOfQuery(this.#query) / 4;
    this.#arena.f32.set(query, floats);
    this.#arena.f32.fill(0, floats + d, floats + size);
    kernels.prepareQuery(layout, this.#query);
  }

  /** Searches by the query that was asked last. @returns the upper bound of each row's key. */
  uppers(): Float32Array {
    const tables = this.#arena.alloc(8);
    this.#arena.u32.set([this.#query, this.#rows.addressOf(0)], tables / 4);
    this.#arena.kernels.searchLists(this.#rows.layout, tables + 4, 1, tables, 1);
    this.#arena.free(tables, 8);
    const start = this.#word(this.#query, QUERY.uppers) / 4;
    return this.#arena.f32.slice(start, start + this.#count);
  }

  /** What a stage says of each row and the query that was asked last. */
  asked(name: StageName): Asked {
    const by = this.#word(this.#query, QUERY[name]);
    const at = (place: number) => this.#float(by, place);
    const shift = this.#float(this.#query, QUERY.shift);
    const slack = this.#float(this.#query, QUERY.slack);
    const facts = this.#factsAt(this.#word(by, STAGE_QUERY.facts));
    const products = this.#products(name, this.#word(by, STAGE_QUERY.codes), facts.sum);
    const rows = products.map((_, i) => this.codesOf(name, i));
    return {
      facts,
      products,
      estimates: rows.map(
        ({ scale }, i) =>
          (products[i] as number) * at(STAGE_QUERY.factor) * scale + this.#bias(i) + shift,
      ),
      slacks: rows.map(
        ({ rest, tail, norm }) =>
          rest * at(STAGE_QUERY.restFactor) +
          tail * at(STAGE_QUERY.tailFactor) +
          norm * at(STAGE_QUERY.normFactor) +
          slack,
      ),
    };
  }

  /** Exact products from the kernel's raw ones, as codes.ts says. */
  #products(name: StageName, query: number, sum: number): number[] {
    const stage = this.#stage(name);
    const bytes = 4 * Math.ceil(this.#count / 4) * 4;
    const out = this.#arena.alloc(bytes);
    const codes = this.#base(name) + this.#word(stage, STAGE.codes);
    const size = this.#word(stage, STAGE.size);
    this.#arena.kernels.multiplyRows(codes, size, query, this.#count, out);
    this.#arena.free(out, bytes);
    return Array.from({ length: this.#count }, (_, i) => {
      const raw = this.#arena.i32[out / 4 + i] as number;
      const excess = this.#variant.name === "relaxed" ? 64 * this.codesOf(name, i).sum : sum;
      return (raw - excess) | 0;
    });
  }

  #factsAt(address: number): Omit<KernelCodes, "tail"> {
    return {
      scale: this.#float(address, 0),
      rest: this.#float(address, 1),
      norm: this.#float(address, 2),
      sum: this.#arena.i32[address / 4 + 3] as number,
    };
  }

  #norm(row: number): number {
    const norms = this.#word(this.#rows.layout, LAYOUT.norms);
    return this.#float(this.#base("full") + norms, row);
  }

  #bias(row: number): number {
    const biases = this.#word(this.#rows.layout, LAYOUT.biases);
    return this.#float(this.#base("full") + biases, row);
  }

  #stage(name: StageName): number {
    return this.#word(this.#rows.layout, LAYOUT[name]);
  }

  /** The block that a stage's codes are in; a List has the table of blocks and then that of leads. */
  #base(name: StageName): number {
    const table = this.#word(this.#rows.addressOf(0), name === "full" ? 0 : 1);
    return this.#word(table, 0);
  }

  #word(address: number, place: number): number {
    return this.#arena.u32[address / 4 + place] as number;
  }

  #float(address: number, place: number): number {
    return this.#arena.f32[address / 4 + place] as number;
  }
}
