/**
 * Search of lists of blocks that returns what comparing every row in float32 would, by looking at most rows' codes only. The bound and
 * its proof: docs/exact-search.md.
 *
 * First every row's key is estimated from its codes: those of its leading components where there are some. The rows of the highest estimates are compared in float32: the k-th of their keys is a threshold that the
 * k nearest reach. Then each row whose estimate plus bound reaches the threshold is looked at again, by the codes of the
 * whole row if it was by leads, and compared in float32 if it still reaches. A row is left out only when `upper bound < threshold` is
 * true: NaN is compared.
 */
import {
  codesOf,
  floatsOf,
  isAllowed,
  Layout,
  List,
  METRIC_L2,
  numberAt,
  ordinalOf,
  Stage,
  tableAt,
} from "./blocks";
import { exactProduct, exactProducts, productsOf4 } from "./codes";
import { dotFloats, squaredDistanceFloats } from "./float-distance";
import { entryKey, keyAt, offer, ordinalAt, sortHeap } from "./nearest-heap";
import { KEPT, Query, StageQuery } from "./query";

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
    query.examined = 0;
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

/** Writes each row's raw product; one below all others for rows that a filter leaves out. */
function multiplyBlock(layout: Layout, stage: Stage, block: usize, base: usize, rows: u32, query: usize, out: usize): void {
  const codes = codesOf(stage, base, 0);
  if (layout.allowed == 0) {
    multiplyRows(codes, <usize>stage.size, query, rows, out);
    return;
  }
  for (let r: u32 = 0; r < rows; r += 4, out += 16) {
    if (anyAllowed(layout, block, r, min(r + 4, rows))) {
      multiplyRows(codes + <usize>r * stage.size, <usize>stage.size, query, 4, out);
    } else {
      v128.store(out, i32x4.splat(-(1 << 30)));
    }
  }
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

/** A key that the k nearest reach: the k-th highest of the leaders', compared in float32. */
function thresholdOf(layout: Layout, query: Query): f32 {
  const leaders = query.leaders;
  const nearest = query.nearest;
  for (let i: u32 = 0; i < leaders.count; i++) touchFloats(layout, <usize>ordinalAt(leaders, i));
  for (let i: u32 = 0; i < leaders.count; i++) {
    offer(nearest, keyOf(layout, query, <usize>ordinalAt(leaders, i)), i);
  }
  const threshold: f32 = nearest.count == nearest.capacity ? keyAt(nearest, 0) : -Infinity;
  nearest.count = 0;
  return threshold;
}

function compareLists(layout: Layout, lists: usize, listCount: u32, query: Query): void {
  let uppers = query.uppers;
  query.keptCount = 0;
  for (let l: u32 = 0; l < listCount; l++) {
    const list = changetype<List>(tableAt(lists, l));
    for (let first: u32 = 0, b: u32 = 0; first < list.count; first += layout.rows, b++) {
      const rows = min(layout.rows, list.count - first);
      keepRows(layout, tableAt(list.blocks, b), rows, query, uppers);
      if (query.keptCount >= KEPT) compareKept(layout, query);
      uppers += ((<usize>rows + 3) & ~3) << 2;
    }
  }
  compareKept(layout, query);
}

/** Notes the rows of a block whose upper bound reaches the threshold. */
function keepRows(layout: Layout, block: usize, rows: u32, query: Query, uppers: usize): void {
  const threshold = f32x4.splat(query.threshold);
  let count = query.keptCount;
  for (let r: u32 = 0; r < rows; r += 16) {
    let lanes = lanesReaching(uppers + ((<usize>r) << 2), threshold);
    if (rows - r < 16) lanes &= (1 << (rows - r)) - 1;
    while (lanes != 0) {
      const row = r + ctz(lanes);
      lanes &= lanes - 1;
      if (layout.allowed != 0 && !isAllowed(layout, ordinalOf(layout, block, row))) continue;
      keep(query, count, block, row);
      count++;
    }
  }
  query.examined += count - query.keptCount;
  query.keptCount = count;
}

// @ts-ignore: decorators are AssemblyScript's
@inline function keep(query: Query, i: u32, block: usize, row: u32): void {
  store<u32>(query.kept + ((<usize>i) << 3), <u32>block);
  store<u32>(query.kept + ((<usize>i) << 3), row, 4);
}

// @ts-ignore: decorators are AssemblyScript's
@inline function keptBlock(query: Query, i: u32): usize {
  return <usize>load<u32>(query.kept + ((<usize>i) << 3));
}

// @ts-ignore: decorators are AssemblyScript's
@inline function keptRow(query: Query, i: u32): u32 {
  return load<u32>(query.kept + ((<usize>i) << 3), 4);
}

/**
 * Looks again at the kept rows. They are all over memory: what is needed of them is read in loops that do nothing else, so that many reads
 * are under way at the same time.
 */
function compareKept(layout: Layout, query: Query): void {
  let count = query.keptCount;
  if (layout.lead.size > 0) {
    for (let i: u32 = 0; i < count; i++) touchCodes(layout.full, keptBlock(query, i), keptRow(query, i));
    count = keepByFullCodes(layout, query, count);
  }
  for (let i: u32 = 0; i < count; i++) {
    touchFloats(layout, floatsOf(layout, keptBlock(query, i), keptRow(query, i)));
  }
  for (let i: u32 = 0; i < count; i++) compareRow(layout, keptBlock(query, i), keptRow(query, i), query);
  query.keptCount = 0;
}

/** One bit for each of 16 bounds, set unless it is below the threshold; places beyond the last row may hold anything. */
// @ts-ignore: decorators are AssemblyScript's
@inline function lanesReaching(uppers: usize, threshold: v128): u32 {
  const a = f32x4.lt(v128.load(uppers), threshold);
  const b = f32x4.lt(v128.load(uppers, 16), threshold);
  const c = f32x4.lt(v128.load(uppers, 32), threshold);
  const d = f32x4.lt(v128.load(uppers, 48), threshold);
  if (i8x16.all_true(v128.and(v128.and(a, b), v128.and(c, d)))) return 0;
  const below = i32x4.bitmask(a) | (i32x4.bitmask(b) << 4) | (i32x4.bitmask(c) << 8) | (i32x4.bitmask(d) << 12);
  return ~below & 0xffff;
}

/** Of the kept rows, keeps those that codes of the whole row cannot rule out; four at a time. */
function keepByFullCodes(layout: Layout, query: Query, count: u32): u32 {
  const stage = layout.full;
  const by = query.full;
  let left: u32 = 0;
  for (let i: u32 = 0; i < count; i += 4) {
    // The last four may repeat a row.
    const j = min(i + 1, count - 1);
    const k = min(i + 2, count - 1);
    const l = min(i + 3, count - 1);
    const raw = productsOf4(
      codesOf(stage, keptBlock(query, i), keptRow(query, i)),
      codesOf(stage, keptBlock(query, j), keptRow(query, j)),
      codesOf(stage, keptBlock(query, k), keptRow(query, k)),
      codesOf(stage, keptBlock(query, l), keptRow(query, l)),
      by.codes,
      stage.size,
    );
    v128.store(query.room, raw);
    for (let lane: u32 = 0; lane < min(4, count - i); lane++) {
      const product = load<i32>(query.room + ((<usize>lane) << 2));
      const block = keptBlock(query, i + lane);
      const row = keptRow(query, i + lane);
      if (upperOf(layout, block, row, product, query) < query.threshold) continue;
      keep(query, left, block, row);
      left++;
    }
  }
  return left;
}

/** Upper bound of a row's key by the raw product of its codes. */
function upperOf(layout: Layout, block: usize, row: u32, raw: i32, query: Query): f32 {
  const stage = layout.full;
  const by = query.full;
  const product = exactProduct(raw, by.facts, load<i32>(block + stage.sums + ((<usize>row) << 2)));
  const estimate =
    <f32>product * by.factor * numberAt(block, stage.scales, row) +
    (numberAt(block, layout.biases, row) + query.shift);
  const slack =
    numberAt(block, stage.rests, row) * by.restFactor +
    (numberAt(block, layout.norms, row) * by.normFactor + query.slack);
  return estimate + slack;
}

/**
 * Reads a byte of each of a row's cache lines, so that they are on their way from memory together when they are needed. What is read
 * goes where the optimizer cannot drop it.
 */
export let touched: i32 = 0;

// @ts-ignore: decorators are AssemblyScript's
@inline function touchCodes(stage: Stage, block: usize, row: u32): void {
  const codes = codesOf(stage, block, row);
  let sum: i32 = 0;
  for (let at: usize = 0; at < (<usize>stage.size) << 2; at += 256) sum += load<u8>(codes + at);
  touched += sum;
}

// @ts-ignore: decorators are AssemblyScript's
@inline function touchFloats(layout: Layout, floats: usize): void {
  let sum: i32 = 0;
  for (let at: usize = 0; at < (<usize>layout.size) << 2; at += 64) sum += load<u8>(floats + at);
  touched += sum;
}

function compareRow(layout: Layout, block: usize, row: u32, query: Query): void {
  query.compared++;
  const key = keyOf(layout, query, floatsOf(layout, block, row));
  if (query.found == 0) {
    offer(query.nearest, key, ordinalOf(layout, block, row));
    query.threshold = max(query.threshold, entryKey(query.nearest));
    return;
  }
  if (!(key > query.threshold)) return;
  if (query.foundCount < query.foundRoom) {
    const at = query.found + ((<usize>query.foundCount) << 3);
    store<f32>(at, key);
    store<u32>(at, ordinalOf(layout, block, row), 4);
  }
  query.foundCount++;
}

/** Higher is nearer; what float32 cannot say (NaN) is farthest. */
function keyOf(layout: Layout, query: Query, floats: usize): f32 {
  const key =
    layout.metric == METRIC_L2
      ? -squaredDistanceFloats(query.floats, floats, layout.size)
      : dotFloats(query.floats, floats, layout.size);
  return isNaN(key) ? -Infinity : key;
}
