/**
 * Exact search of the rows of a {@link Graph}, all or those of a filter, without its links: as exact-scan.ts, by the codes of 4 bits that
 * walks use. These leave more rows to be compared in float32, but are half the bytes, and those of a row are side by side: rows of a filter
 * are all over memory. The bound and its proof: docs/exact-search.md.
 */
import { Layout, METRIC_L2 } from "./blocks";
import { normOf } from "./codes";
import { factsOf, floatsOfRow, Graph, nibblesOf, RowFacts, RowQuery } from "./graph";
import { lanesOf } from "./graph-distance";
import { ahead, fromQuery } from "./graph-walk";
import { entryKey, offer, sortHeap } from "./nearest-heap";
import { nibbleProductsOf4, queryRest, restsOfTwoPlanes } from "./nibbles";
import { MORE_LEADERS, Query } from "./query";
import { compareFloats, lanesReaching, thresholdOf } from "./second-look";
import { touchFloats } from "./touch";

/** Rows that are on their way from memory together. */
// @ts-ignore: decorators are AssemblyScript's
@inline const AHEAD: u32 = 64;


/** Leaves the nearest of the rows below `top`, all or those that are allowed, in the query's `nearest`, the nearest first. */
export function scanGraph(graph: Graph, query: Query, top: u32): void {
  const nearest = query.nearest;
  const leaders = query.leaders;
  leaders.capacity = nearest.capacity + min(nearest.capacity, MORE_LEADERS);
  const count = estimateRows(graph, query, top);
  query.threshold = thresholdOf(graph.layout, query);
  compareRows(graph, query, count);
  sortHeap(nearest);
}

/**
 * Finds every such row with a key above `least`.
 *
 * @param found receives (key, ordinal) pairs, as long as there is room for them.
 * @returns how many there are.
 */
export function rangeGraph(graph: Graph, query: Query, top: u32, least: f32, found: usize, room: u32): u32 {
  query.leaders.capacity = 0;
  const count = estimateRows(graph, query, top);
  query.threshold = least;
  query.found = found;
  query.foundRoom = room;
  query.foundCount = 0;
  compareRows(graph, query, count);
  query.found = 0;
  return query.foundCount;
}

/** Lists the rows with an upper bound of each one's key, and gathers leaders. @returns how many there are. */
function estimateRows(graph: Graph, query: Query, top: u32): u32 {
  query.nearest.count = 0;
  query.leaders.count = 0;
  query.compared = 0;
  const from = graph.query;
  fromQuery(graph, query, from);
  prepareBound(graph, query, from);
  const rows = query.uppers;
  const count = listRows(graph.layout, top, rows);
  const uppers = rowsEnd(rows, count);
  const scattered = graph.layout.allowed != 0;
  for (let first: u32 = 0; first < count; first += AHEAD) {
    const end = min(count, first + AHEAD);
    if (scattered) {
      for (let i = first; i < end; i++) ahead(graph, rowAt(rows, i));
    }
    for (let i = first; i < end; i += 4) {
      estimate4(graph, from, query, rows + ((<usize>i) << 2), min(4, end - i), uppers + ((<usize>i) << 2));
    }
  }
  return count;
}

// @ts-ignore: decorators are AssemblyScript's
@inline function rowAt(rows: usize, i: u32): u32 {
  return load<u32>(rows + ((<usize>i) << 2));
}

/** Where uppers begin: rows are listed before them, with room for any ones up to a multiple of 4. */
// @ts-ignore: decorators are AssemblyScript's
@inline function rowsEnd(rows: usize, count: u32): usize {
  return rows + (((<usize>count + 3) & ~3) << 2);
}

/** Writes the ordinals below `top` that are allowed, and repeats the last up to a multiple of 4. @returns how many there are. */
function listRows(layout: Layout, top: u32, rows: usize): u32 {
  let count: u32 = 0;
  const allowed = layout.allowed;
  for (let first: u32 = 0; first < top; first += 64) {
    let bits = allowed == 0 ? ~(<u64>0) : load<u64>(allowed + (first >> 3));
    if (top - first < 64) bits &= ((<u64>1) << (top - first)) - 1;
    for (; bits != 0; bits &= bits - 1) {
      store<u32>(rows + ((<usize>count) << 2), first + <u32>ctz(bits));
      count++;
    }
  }
  if (count > 0) {
    for (let i = count; (i & 3) != 0; i++) store<u32>(rows + ((<usize>i) << 2), rowAt(rows, count - 1));
  }
  return count;
}

function prepareBound(graph: Graph, query: Query, from: RowQuery): void {
  const layout = graph.layout;
  const norm = normOf(query.floats, layout.size);
  const rest = queryRest(from.scale, layout.size);
  const isL2 = layout.metric == METRIC_L2;
  const weight: f32 = isL2 ? 2 : 1;
  query.full.restFactor = weight * (norm + (graph.planes == 2 ? restsOfTwoPlanes : 1) * rest);
  query.full.normFactor = weight * (rest + layout.epsilon * norm);
  query.slack = isL2 ? 1e-36 + 2 * layout.epsilon * norm * norm : 1e-36;
  query.shift = isL2 ? -norm * norm : 0;
}

/** Bounds of `count` of 4 listed rows. */
function estimate4(graph: Graph, from: RowQuery, query: Query, rows: usize, count: u32, out: usize): void {
  const row0 = load<u32>(rows);
  const row1 = load<u32>(rows, 4);
  const row2 = load<u32>(rows, 8);
  const row3 = load<u32>(rows, 12);
  const products = nibbleProductsOf4(
    nibblesOf(graph, row0),
    nibblesOf(graph, row1),
    nibblesOf(graph, row2),
    nibblesOf(graph, row3),
    from,
    graph.codeSize,
  );
  const facts0 = factsOf(graph, row0);
  const facts1 = factsOf(graph, row1);
  const facts2 = factsOf(graph, row2);
  const facts3 = factsOf(graph, row3);
  const scales = lanesOf(offsetof<RowFacts>("scale"), facts0, facts1, facts2, facts3);
  const biases = lanesOf(offsetof<RowFacts>("bias"), facts0, facts1, facts2, facts3);
  const rests = lanesOf(offsetof<RowFacts>("rest"), facts0, facts1, facts2, facts3);
  const norms = lanesOf(offsetof<RowFacts>("norm"), facts0, facts1, facts2, facts3);
  const estimates = f32x4.add(
    f32x4.mul(f32x4.mul(f32x4.convert_i32x4_s(products), f32x4.splat(from.factor)), scales),
    f32x4.add(biases, f32x4.splat(query.shift)),
  );
  const slack = f32x4.add(
    f32x4.mul(rests, f32x4.splat(query.full.restFactor)),
    f32x4.add(f32x4.mul(norms, f32x4.splat(query.full.normFactor)), f32x4.splat(query.slack)),
  );
  v128.store(out, f32x4.add(estimates, slack));
  const leaders = query.leaders;
  let near = i32x4.bitmask(f32x4.gt(estimates, f32x4.splat(entryKey(leaders)))) & ((1 << count) - 1);
  if (near == 0) return;
  v128.store(graph.keys, estimates);
  for (; near != 0; near &= near - 1) {
    const lane = <usize>ctz(near) << 2;
    const estimate = load<f32>(graph.keys + lane);
    if (estimate > entryKey(leaders)) offer(leaders, estimate, <u32>floatsOfRow(graph, load<u32>(rows + lane)));
  }
}

/** Compares the listed rows whose upper bound reaches the threshold in float32. */
function compareRows(graph: Graph, query: Query, count: u32): void {
  const layout = graph.layout;
  const rows = query.uppers;
  const uppers = rowsEnd(rows, count);
  const kept = query.kept;
  let left: usize = 0;
  for (let first: u32 = 0; first < count; first += 16) {
    let lanes = lanesReaching(uppers + ((<usize>first) << 2), f32x4.splat(query.threshold));
    if (count - first < 16) lanes &= (1 << (count - first)) - 1;
    for (; lanes != 0; lanes &= lanes - 1) {
      const row = rowAt(rows, first + ctz(lanes));
      store<u32>(kept + (left << 2), row);
      left++;
      touchFloats(layout, floatsOfRow(graph, row));
    }
    if (left < AHEAD) continue;
    compareKept(graph, query, left);
    left = 0;
  }
  compareKept(graph, query, left);
}

function compareKept(graph: Graph, query: Query, count: usize): void {
  for (let i: usize = 0; i < count; i++) {
    const row = load<u32>(query.kept + (i << 2));
    compareFloats(graph.layout, floatsOfRow(graph, row), row, query);
  }
}
