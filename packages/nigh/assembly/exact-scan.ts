/**
 * Search of lists of blocks that returns what comparing every row in float32 would, by looking at most rows' codes only. The bound and
 * its proof: docs/exact-search.md.
 *
 * First every row's key is estimated from its codes: those of its leading components where there are some. The rows of the highest
 * estimates are compared in float32: the k-th of their keys is a threshold that the k nearest reach. Then each row whose
 * estimate plus bound reaches the threshold gets a second look (second-look.ts). A row is left out only when
 * `upper bound < threshold` is true: NaN is compared.
 */
import { codesOf, floatsOf, isAllowed, Layout, List, ordinalOf, Stage, tableAt } from "./blocks";
import { exactProducts, productsOf4 } from "./codes";
import { entryKey, offer, sortHeap } from "./nearest-heap";
import { Query, StageQuery } from "./query";
import { compareLists, thresholdOf } from "./second-look";

/** A product below all that there can be. */
const LEFT_OUT: i32 = -(1 << 30);

/**
 * Searches `listCount` lists, given by their addresses at `lists`, for `queryCount` prepared queries, given by theirs at `queries`;
 * results are in each query's `nearest`, the nearest first.
 */
export function searchLists(
  layout: Layout,
  lists: usize,
  listCount: u32,
  queries: usize,
  queryCount: u32,
): void {
  estimateLists(layout, lists, listCount, queries, queryCount);
  for (let q: u32 = 0; q < queryCount; q++) {
    const query = changetype<Query>(tableAt(queries, q));
    query.threshold = thresholdOf(layout, query);
    compareLists(layout, lists, listCount, query);
    sortHeap(query.nearest);
  }
}

/**
 * Finds every row with a key above `least` for one prepared query.
 *
 * @param found receives (key, ordinal) pairs, as long as there is room for them.
 * @returns how many there are.
 */
export function rangeLists(
  layout: Layout,
  lists: usize,
  listCount: u32,
  queries: usize,
  least: f32,
  found: usize,
  room: u32,
): u32 {
  const query = changetype<Query>(tableAt(queries, 0));
  query.leaders.capacity = 0;
  estimateLists(layout, lists, listCount, queries, 1);
  query.threshold = least;
  query.found = found;
  query.foundRoom = room;
  query.foundCount = 0;
  compareLists(layout, lists, listCount, query);
  query.found = 0;
  return query.foundCount;
}

/** Block by block for all queries, so that a block is read from memory once. */
function estimateLists(layout: Layout, lists: usize, listCount: u32, queries: usize, queryCount: u32): void {
  for (let q: u32 = 0; q < queryCount; q++) {
    const query = changetype<Query>(tableAt(queries, q));
    query.nearest.count = 0;
    query.leaders.count = 0;
    query.compared = 0;
  }
  const byLeads = layout.lead.size > 0;
  let place: usize = 0;
  for (let l: u32 = 0; l < listCount; l++) {
    const list = changetype<List>(tableAt(lists, l));
    for (let first: u32 = 0, b: u32 = 0; first < list.count; first += layout.rows, b++) {
      const block = tableAt(list.blocks, b);
      const base = byLeads ? tableAt(list.leads, b) : block;
      const rows = min(layout.rows, list.count - first);
      for (let q: u32 = 0; q < queryCount; q++) {
        const query = changetype<Query>(tableAt(queries, q));
        const stage = byLeads ? layout.lead : layout.full;
        const stageQuery = byLeads ? query.lead : query.full;
        estimateBlock(layout, stage, block, base, rows, query, stageQuery, query.uppers + place);
      }
      place += ((<usize>rows + 3) & ~3) << 2;
    }
  }
}

/**
 * Writes an upper bound of each row's key, and gathers leaders. Products first, what follows from them in a loop of its own: together
 * they are 5% slower.
 */
function estimateBlock(
  layout: Layout,
  stage: Stage,
  block: usize,
  base: usize,
  rows: u32,
  query: Query,
  by: StageQuery,
  out: usize,
): void {
  multiplyBlock(layout, stage, block, base, rows, by.codes, out);
  const factor = f32x4.splat(by.factor);
  const shift = f32x4.splat(query.shift);
  const restFactor = f32x4.splat(by.restFactor);
  const tailFactor = f32x4.splat(by.tailFactor);
  const normFactor = f32x4.splat(by.normFactor);
  const constant = f32x4.splat(query.slack);
  const facts = by.facts;
  const sums = base + stage.sums;
  const scales = base + stage.scales;
  const rests = base + stage.rests;
  const tails = base + stage.tails;
  const norms = block + layout.norms;
  const biases = block + layout.biases;
  let entries = f32x4.splat(entryKey(query.leaders));
  for (let r: u32 = 0; r < rows; r += 4) {
    const at = (<usize>r) << 2;
    const products = f32x4.convert_i32x4_s(exactProducts(v128.load(out + at), facts, sums + at));
    const estimates = f32x4.add(
      f32x4.mul(f32x4.mul(products, factor), v128.load(scales + at)),
      f32x4.add(v128.load(biases + at), shift),
    );
    const slack = f32x4.add(
      f32x4.add(f32x4.mul(v128.load(rests + at), restFactor), f32x4.mul(v128.load(tails + at), tailFactor)),
      f32x4.add(f32x4.mul(v128.load(norms + at), normFactor), constant),
    );
    v128.store(out + at, f32x4.add(estimates, slack));
    if (v128.any_true(f32x4.gt(estimates, entries))) {
      v128.store(query.room, estimates);
      gatherLeaders(layout, block, r, min(4, rows - r), query, query.room);
      entries = f32x4.splat(entryKey(query.leaders));
    }
  }
}

/**
 * Writes each row's raw product; one below all others for rows that a filter leaves out, unless they are few: reading on is faster than
 * reading here and there, and every row that counts is asked for again.
 */
function multiplyBlock(layout: Layout, stage: Stage, block: usize, base: usize, rows: u32, query: usize, out: usize): void {
  const codes = codesOf(stage, base, 0);
  if (layout.allowed == 0 || !mostLeftOut(layout, block, rows, out)) {
    multiplyRows(codes, <usize>stage.size, query, rows, out);
    return;
  }
  for (let r: u32 = 0; r < rows; r += 4, out += 16) {
    if (load<i32>(out) == LEFT_OUT) continue;
    multiplyRows(codes + <usize>r * stage.size, <usize>stage.size, query, 4, out);
  }
}

/** Writes `LEFT_OUT` for fours of rows that a filter leaves out, 0 for others; whether at least three quarters of them are left out. */
function mostLeftOut(layout: Layout, block: usize, rows: u32, out: usize): bool {
  let fours: u32 = 0;
  for (let r: u32 = 0; r < rows; r += 4, out += 16) {
    const some = anyAllowed(layout, block, r, min(r + 4, rows));
    v128.store(out, i32x4.splat(some ? 0 : LEFT_OUT));
    fours += u32(some);
  }
  return fours << 4 <= rows;
}

/** Writes the raw products of `rows` rows, in fours, with a query. @param codes as `codesOf` gives them, of a multiple of 4. */
export function multiplyRows(codes: usize, size: usize, query: usize, rows: u32, out: usize): void {
  for (let r: u32 = 0; r < rows; r += 4) {
    v128.store(out, productsOf4(codes, codes + 64, codes + 128, codes + 192, query, size));
    out += 16;
    codes += size << 2;
  }
}

function gatherLeaders(layout: Layout, block: usize, first: u32, rows: u32, query: Query, estimates: usize): void {
  const leaders = query.leaders;
  for (let i: u32 = 0; i < rows; i++) {
    const estimate = load<f32>(estimates + ((<usize>i) << 2));
    if (!(estimate > entryKey(leaders))) continue;
    if (layout.allowed != 0 && !isAllowed(layout, ordinalOf(layout, block, first + i))) continue;
    offer(leaders, estimate, <u32>floatsOf(layout, block, first + i));
  }
}

function anyAllowed(layout: Layout, block: usize, from: u32, to: u32): bool {
  for (let i = from; i < to; i++) {
    if (isAllowed(layout, ordinalOf(layout, block, i))) return true;
  }
  return false;
}
