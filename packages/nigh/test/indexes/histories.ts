import type { VectorIndex } from "nigh";
import { DATA } from "./factories.js";
import { rowsOf, vectors } from "./vectors.js";

/** 300 ids in no order, with gaps, the highest there can be among them. */
export const ODD_IDS: readonly number[] = Array.from({ length: 300 }, (_, i) =>
  i === 17 ? Number.MAX_SAFE_INTEGER : ((i * 7919) % 300) * 11 + 4,
);

/** Ways in which an index has come to hold what it holds. */
export interface History {
  /** Reads on after "the same" and "as before". */
  readonly name: string;
  readonly fill: (empty: VectorIndex) => VectorIndex;
}

export const HISTORIES: readonly History[] = [
  { name: "when it is empty", fill: (index) => index },
  {
    name: "with ids from 0",
    fill: (index) => {
      index.add(dataFor(index, 300));
      return index;
    },
  },
  {
    name: "with ids of all sizes in no order",
    fill: (index) => {
      index.addWithIds(dataFor(index, 300), ODD_IDS);
      return index;
    },
  },
  {
    name: "after removals, additions and updates",
    fill: (index) => {
      const data = dataFor(index, 400);
      index.add(rowsOf(data, 0, 300));
      index.removeIds(Array.from({ length: 130 }, (_, i) => 2 * i));
      index.add(rowsOf(data, 300, 370));
      index.update([1, 3, 299, 310], rowsOf(data, 370, 374));
      index.removeIds([301, 5]);
      return index;
    },
  },
  {
    name: "after removals from its end",
    fill: (index) => {
      index.add(dataFor(index, 300));
      index.removeIds(Array.from({ length: 60 }, (_, i) => 240 + i));
      return index;
    },
  },
  {
    name: "after all was removed",
    fill: (index) => {
      index.add(dataFor(index, 300));
      index.removeIds(index.ids());
      return index;
    },
  },
];

const dataFor = ({ d }: VectorIndex, rows: number) => vectors(DATA, rows, d, 21);
