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
import { Query, StageQuery } from "./query";

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
        estimateBlock(layout, stage, block, base, rows, query, stageQuery, query.estimates + place);
      }
      place += ((<usize>rows + 3) & ~3) << 2;
    }
  }
}

/**
 * Writes an estimate for each row and gathers leaders. Products first, what follows from them in a loop of its own: together they
 * are 5% slower.
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
  const facts = by.facts;
  const sums = base + stage.sums;
  const scales = base + stage.scales;
  const biases = block + layout.biases;
  let entries = f32x4.splat(entryKey(query.leaders));
  for (let r: u32 = 0; r < rows; r += 4) {
    const at = (<usize>r) << 2;
    const products = f32x4.convert_i32x4_s(exactProducts(v128.load(out + at), facts, sums + at));
    const estimates = f32x4.add(
      f32x4.mul(f32x4.mul(products, factor), v128.load(scales + at)),
      f32x4.add(v128.load(biases + at), shift),
    );
    v128.store(out + at, estimates);
    if (v128.any_true(f32x4.gt(estimates, entries))) {
      gatherLeaders(layout, block, r, min(4, rows - r), query, out + at);
      entries = f32x4.splat(entryKey(query.leaders));
    }
  }
}

/** Writes each row's raw product; one below all others for rows that a filter leaves out. */
function multiplyBlock(layout: Layout, stage: Stage, block: usize, base: usize, rows: u32, query: usize, out: usize): void {
  const size = <usize>stage.size;
  const filtered = layout.allowed != 0;
  let codes = codesOf(stage, base, 0);
  for (let r: u32 = 0; r < rows; r += 4) {
    const products =
      filtered && !anyAllowed(layout, block, r, min(r + 4, rows))
        ? i32x4.splat(-(1 << 30))
        : productsOf4(codes, codes + 64, codes + 128, codes + 192, query, size);
    v128.store(out + ((<usize>r) << 2), products);
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
  for (let i: u32 = 0; i < leaders.count; i++) {
    offer(nearest, keyOf(layout, query, <usize>ordinalAt(leaders, i)), i);
  }
  const threshold: f32 = nearest.count == nearest.capacity ? keyAt(nearest, 0) : -Infinity;
  nearest.count = 0;
  return threshold;
}

function compareLists(layout: Layout, lists: usize, listCount: u32, query: Query): void {
  const byLeads = layout.lead.size > 0;
  let estimates = query.estimates;
  for (let l: u32 = 0; l < listCount; l++) {
    const list = changetype<List>(tableAt(lists, l));
    for (let first: u32 = 0, b: u32 = 0; first < list.count; first += layout.rows, b++) {
      const rows = min(layout.rows, list.count - first);
      const block = tableAt(list.blocks, b);
      compareBlock(layout, block, byLeads ? tableAt(list.leads, b) : block, rows, query, estimates);
      estimates += ((<usize>rows + 3) & ~3) << 2;
    }
  }
}

/** Looks again at the rows whose estimate could be that far off in this block, whichever of its rows they are. */
function compareBlock(layout: Layout, block: usize, base: usize, rows: u32, query: Query, estimates: usize): void {
  const byLeads = layout.lead.size > 0;
  const stage = byLeads ? layout.lead : layout.full;
  const by = byLeads ? query.lead : query.full;
  const peaks = base + stage.peaks;
  const slack = slackOf(query, by, load<f32>(peaks), load<f32>(peaks, 4), load<f32>(block + layout.normPeak));
  const cut = f32x4.splat(roundDown(query.threshold, slack));
  const kept = query.kept;
  let count: u32 = 0;
  for (let r: u32 = 0; r < rows; r += 16) {
    let lanes = lanesAbove(estimates + ((<usize>r) << 2), cut);
    if (rows - r < 16) lanes &= (1 << (rows - r)) - 1;
    while (lanes != 0) {
      const row = r + ctz(lanes);
      lanes &= lanes - 1;
      const estimate = load<f32>(estimates + ((<usize>row) << 2));
      if (estimate + rowSlack(layout, stage, by, block, base, row, query) < query.threshold) continue;
      if (layout.allowed != 0 && !isAllowed(layout, ordinalOf(layout, block, row))) continue;
      store<u32>(kept + ((<usize>count) << 2), row);
      count++;
      if (byLeads) touchCodes(layout.full, block, row);
      else touchFloats(layout, block, row);
    }
  }
  query.examined += count;
  if (byLeads) count = keepByFullCodes(layout, block, kept, count, query);
  for (let i: u32 = 0; i < count; i++) compareRow(layout, block, load<u32>(kept + ((<usize>i) << 2)), query);
}

/** A number that is surely not above threshold - slack. */
// @ts-ignore: decorators are AssemblyScript's
@inline function roundDown(threshold: f32, slack: f32): f32 {
  return threshold - slack - (abs(threshold) + slack) * 2.5e-7;
}

/** One bit for each of 16 estimates, set unless the estimate is below `cut`; places beyond the last row may hold anything. */
// @ts-ignore: decorators are AssemblyScript's
@inline function lanesAbove(estimates: usize, cut: v128): u32 {
  const a = f32x4.lt(v128.load(estimates), cut);
  const b = f32x4.lt(v128.load(estimates, 16), cut);
  const c = f32x4.lt(v128.load(estimates, 32), cut);
  const d = f32x4.lt(v128.load(estimates, 48), cut);
  if (i8x16.all_true(v128.and(v128.and(a, b), v128.and(c, d)))) return 0;
  const below = i32x4.bitmask(a) | (i32x4.bitmask(b) << 4) | (i32x4.bitmask(c) << 8) | (i32x4.bitmask(d) << 12);
  return ~below & 0xffff;
}

/** Of the kept rows, keeps those that codes of the whole row cannot rule out; four at a time. */
function keepByFullCodes(layout: Layout, block: usize, kept: usize, count: u32, query: Query): u32 {
  const stage = layout.full;
  const by = query.full;
  const size = <usize>stage.size;
  let left: u32 = 0;
  for (let i: u32 = 0; i < count; i += 4) {
    const row0 = load<u32>(kept + ((<usize>i) << 2));
    const row1 = i + 1 < count ? load<u32>(kept + ((<usize>i) << 2), 4) : row0;
    const row2 = i + 2 < count ? load<u32>(kept + ((<usize>i) << 2), 8) : row0;
    const row3 = i + 3 < count ? load<u32>(kept + ((<usize>i) << 2), 12) : row0;
    const raw = productsOf4(
      codesOf(stage, block, row0),
      codesOf(stage, block, row1),
      codesOf(stage, block, row2),
      codesOf(stage, block, row3),
      by.codes,
      size,
    );
    left = keepRow(layout, block, row0, i32x4.extract_lane(raw, 0), kept, left, query);
    if (i + 1 < count) left = keepRow(layout, block, row1, i32x4.extract_lane(raw, 1), kept, left, query);
    if (i + 2 < count) left = keepRow(layout, block, row2, i32x4.extract_lane(raw, 2), kept, left, query);
    if (i + 3 < count) left = keepRow(layout, block, row3, i32x4.extract_lane(raw, 3), kept, left, query);
  }
  return left;
}

function keepRow(layout: Layout, block: usize, row: u32, raw: i32, kept: usize, left: u32, query: Query): u32 {
  const stage = layout.full;
  const by = query.full;
  const product = exactProduct(raw, by.facts, load<i32>(block + stage.sums + ((<usize>row) << 2)));
  const estimate =
    <f32>product * by.factor * numberAt(block, stage.scales, row) +
    (numberAt(block, layout.biases, row) + query.shift);
  if (estimate + rowSlack(layout, stage, by, block, block, row, query) < query.threshold) return left;
  store<u32>(kept + ((<usize>left) << 2), row);
  touchFloats(layout, block, row);
  return left + 1;
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
@inline function touchFloats(layout: Layout, block: usize, row: u32): void {
  const floats = floatsOf(layout, block, row);
  let sum: i32 = 0;
  for (let at: usize = 0; at < (<usize>layout.size) << 2; at += 64) sum += load<u8>(floats + at);
  touched += sum;
}

/** How far below a key its estimate can be. */
// @ts-ignore: decorators are AssemblyScript's
@inline function slackOf(query: Query, by: StageQuery, rest: f32, tail: f32, norm: f32): f32 {
  return rest * by.restFactor + tail * by.tailFactor + (norm * by.normFactor + query.slack);
}

// @ts-ignore: decorators are AssemblyScript's
@inline function rowSlack(layout: Layout, stage: Stage, by: StageQuery, block: usize, base: usize, row: u32, query: Query): f32 {
  const rest = numberAt(base, stage.rests, row);
  const tail = numberAt(base, stage.tails, row);
  return slackOf(query, by, rest, tail, numberAt(block, layout.norms, row));
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
