/**
 * The second look of an exact search (exact-scan.ts): rows whose upper bound reaches the threshold are looked at by all of their codes,
 * if the first look was by leads, and then compared in float32.
 */
import { codesOf, floatsOf, isAllowed, Layout, List, numberAt, ordinalOf, tableAt } from "./blocks";
import { exactProduct, productsOf4 } from "./codes";
import { keyOfFloats } from "./float-distance";
import { entryKey, keyAt, offer, ordinalAt } from "./nearest-heap";
import { KEPT, Query } from "./query";
import { touchFloats, touchLines } from "./touch";

/** A key that the k nearest reach: the k-th highest of the leaders', compared in float32. */
export function thresholdOf(layout: Layout, query: Query): f32 {
  const leaders = query.leaders;
  const nearest = query.nearest;
  for (let i: u32 = 0; i < leaders.count; i++) touchFloats(layout, <usize>ordinalAt(leaders, i));
  for (let i: u32 = 0; i < leaders.count; i++) {
    offer(nearest, keyOfRow(layout, query, <usize>ordinalAt(leaders, i)), i);
  }
  const threshold: f32 = nearest.count == nearest.capacity ? keyAt(nearest, 0) : -Infinity;
  nearest.count = 0;
  return threshold;
}

export function compareLists(layout: Layout, lists: usize, listCount: u32, query: Query): void {
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

/** Looks again at the kept rows. */
function compareKept(layout: Layout, query: Query): void {
  let count = query.keptCount;
  if (layout.lead.size > 0) {
    const stage = layout.full;
    // A row's lines are 256 bytes apart: rows are interleaved by fours.
    for (let i: u32 = 0; i < count; i++) touchLines(codesOf(stage, keptBlock(query, i), keptRow(query, i)), (<usize>stage.size) << 2, 256);
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
@inline export function lanesReaching(uppers: usize, threshold: v128): u32 {
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

function compareRow(layout: Layout, block: usize, row: u32, query: Query): void {
  compareFloats(layout, floatsOf(layout, block, row), ordinalOf(layout, block, row), query);
}

/** Compares a row in float32; takes it where it is near enough. */
export function compareFloats(layout: Layout, floats: usize, ordinal: u32, query: Query): void {
  query.compared++;
  const key = keyOfRow(layout, query, floats);
  if (query.found == 0) {
    offer(query.nearest, key, ordinal);
    query.threshold = max(query.threshold, entryKey(query.nearest));
    return;
  }
  if (!(key > query.threshold)) return;
  if (query.foundCount < query.foundRoom) {
    const at = query.found + ((<usize>query.foundCount) << 3);
    store<f32>(at, key);
    store<u32>(at, ordinal, 4);
  }
  query.foundCount++;
}

// @ts-ignore: decorators are AssemblyScript's
@inline function keyOfRow(layout: Layout, query: Query, floats: usize): f32 {
  return keyOfFloats(layout.metric, query.floats, floats, layout.size);
}
