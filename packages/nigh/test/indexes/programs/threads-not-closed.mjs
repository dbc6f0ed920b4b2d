/** Searches with two threads and never closes the index: prints the labels of two batches. */
import { IndexFlatIP } from "nigh";

const index = new IndexFlatIP(8, { threads: 2 });
const rows = Array.from({ length: 50 }, (_, i) =>
  Array.from({ length: 8 }, (_, j) => (j === i % 8 ? 1 + i : 0)),
);
index.add(rows);
const ask = () => [...index.search(rows.slice(0, 4), 1).labels];
console.log(JSON.stringify([ask(), ask()]));
