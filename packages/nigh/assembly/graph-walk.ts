/** Walks through a {@link Graph}: to the nearest rows of a query. */
import { isAllowed, Layout, METRIC_L2 } from "./blocks";
import {
  factsOf,
  floatsOfRow,
  Graph,
  isDead,
  linksOf,
  mostLinks,
  nibblesOf,
  NONE,
  RowQuery,
  startWalk,
} from "./graph";
import { candidateOf, keyByFloats, keyOf, keysOf4, rowOf } from "./graph-distance";
import { offer, sortHeap } from "./nearest-heap";
import { encodeNibbleQuery } from "./nibbles";
import { Query } from "./query";
import { touchByte, touchFloats, touchLines } from "./touch";

/**
 * Leaves the `k` nearest in the query's `nearest`, the nearest first: the best `compared` of the `ef` rows that the walk ends with, as
 * float32 ranks them. Rows that are removed or not allowed are passed through, but not among the results.
 */
export function searchGraph(graph: Graph, query: Query, ef: u32, compared: u32): void {
  const nearest = query.nearest;
  nearest.count = 0;
  query.compared = 0;
  if (graph.entry == NONE) return;
  const from = graph.query;
  fromQuery(graph, query, from);
  const start = descend(graph, from, 0);
  const count = walk(graph, from, start, 0, ef);
  const layout = graph.layout;
  let left = compared;
  for (let i: u32 = 0; i < count && left > 0; i++) {
    const row = rowOf(load<u64>(graph.pool + ((<usize>i) << 3)));
    if (!isResult(graph, layout, row)) continue;
    touchFloats(layout, floatsOfRow(graph, row));
    left--;
  }
  left = compared;
  for (let i: u32 = 0; i < count && left > 0; i++) {
    const row = rowOf(load<u64>(graph.pool + ((<usize>i) << 3)));
    if (!isResult(graph, layout, row)) continue;
    offer(nearest, keyByFloats(graph, from, row), row);
    query.compared++;
    left--;
  }
  sortHeap(nearest);
}

// @ts-ignore: decorators are AssemblyScript's
@inline function isResult(graph: Graph, layout: Layout, row: u32): bool {
  return !isDead(graph, row) && (layout.allowed == 0 || isAllowed(layout, row));
}

/** Measures from a query. */
export function fromQuery(graph: Graph, query: Query, from: RowQuery): void {
  const layout = graph.layout;
  encodeNibbleQuery(query.floats, layout.size, layout.full.size, graph.planes, from, query.room);
  from.factor = (layout.metric == METRIC_L2 ? 2 : 1) * from.scale;
  from.shift = 0;
  from.floats = query.floats;
}

/** Goes down from the entry to the level above `level`, to the nearest row of each level on the way. */
export function descend(graph: Graph, from: RowQuery, level: i32): u64 {
  let best = candidateOfRow(graph, from, graph.entry);
  for (let l = graph.maxLevel; l > level; l--) {
    for (;;) {
      const next = nearestLink(graph, from, best, l);
      if (next == best) break;
      best = next;
    }
  }
  return best;
}

function candidateOfRow(graph: Graph, from: RowQuery, row: u32): u64 {
  return candidateOf(f32x4.extract_lane(keysOf4(graph, from, row, row, row, row), 0), row);
}

/** The nearest of a row and its links. */
function nearestLink(graph: Graph, from: RowQuery, best: u64, level: u32): u64 {
  const links = linksOf(graph, rowOf(best), level);
  const most = mostLinks(graph, level);
  for (let i: u32 = 0; i < most; i += 4) {
    const at = links + ((<usize>i) << 2);
    const row0 = load<u32>(at);
    if (row0 == NONE) break;
    let row1 = i + 1 < most ? load<u32>(at, 4) : row0;
    let row2 = i + 2 < most ? load<u32>(at, 8) : row0;
    let row3 = i + 3 < most ? load<u32>(at, 12) : row0;
    if (row1 == NONE) row1 = row0;
    if (row2 == NONE) row2 = row0;
    if (row3 == NONE) row3 = row0;
    const keys = keysOf4(graph, from, row0, row1, row2, row3);
    best = min(best, candidateOf(f32x4.extract_lane(keys, 0), row0));
    best = min(best, candidateOf(f32x4.extract_lane(keys, 1), row1));
    best = min(best, candidateOf(f32x4.extract_lane(keys, 2), row2));
    best = min(best, candidateOf(f32x4.extract_lane(keys, 3), row3));
  }
  return best;
}

/**
 * Best-first search of one level from a row: leaves up to `ef` candidates in the pool, the nearest first.
 *
 * @returns how many there are.
 */
export function walk(graph: Graph, from: RowQuery, start: u64, level: u32, ef: u32): u32 {
  const pool = graph.pool;
  const waiting = graph.waiting;
  const mark = <u8>startWalk(graph);
  store<u8>(graph.visited + rowOf(start), mark);
  store<u64>(pool, start & ~1);
  let count: u32 = 1;
  let cursor: u32 = 0;
  // What a key must reach: the farthest candidate's, once the pool is full.
  let entry = f32x4.splat(-Infinity);
  while (cursor < count) {
    const at = pool + ((<usize>cursor) << 3);
    const candidate = load<u64>(at);
    cursor++;
    if ((candidate & 1) != 0) continue;
    store<u64>(at, candidate | 1);
    const unseen = gather(graph, rowOf(candidate), level, mark);
    // The next one's links are likely to be needed next.
    if (cursor < count) touchByte(linksOf(graph, rowOf(load<u64>(at, 8)), level));
    for (let i: usize = 0; i < unseen; i += 4) {
      const rows = waiting + (i << 2);
      const keys = keysOf4(graph, from, load<u32>(rows), load<u32>(rows, 4), load<u32>(rows, 8), load<u32>(rows, 12));
      let near = i32x4.bitmask(f32x4.ge(keys, entry));
      if (unseen - i < 4) near &= (1 << (<u32>(unseen - i))) - 1;
      if (near == 0) continue;
      v128.store(graph.keys, keys);
      while (near != 0) {
        const lane = <usize>ctz(near) << 2;
        near &= near - 1;
        const place = insert(pool, count, ef, candidateOf(load<f32>(graph.keys + lane), load<u32>(rows + lane)));
        if (place == ef) continue;
        if (count < ef) count++;
        cursor = min(cursor, place);
      }
      if (count == ef) entry = f32x4.splat(keyOf(load<u64>(pool + ((<usize>(ef - 1)) << 3))));
    }
  }
  return count;
}

/** Collects the rows that a row links to and that were not seen before, and reads ahead in what their distances need. */
function gather(graph: Graph, row: u32, level: u32, mark: u8): usize {
  const visited = graph.visited;
  const waiting = graph.waiting;
  const links = linksOf(graph, row, level);
  const most = mostLinks(graph, level);
  let unseen: usize = 0;
  for (let i: u32 = 0; i < most; i++) {
    const other = load<u32>(links + ((<usize>i) << 2));
    if (other == NONE) break;
    const place = visited + other;
    store<u32>(waiting + (unseen << 2), other);
    unseen += <usize>(load<u8>(place) != mark);
    store<u8>(place, mark);
  }
  for (let i: usize = 0; i < unseen; i++) ahead(graph, load<u32>(waiting + (i << 2)));
  // Distances are computed by fours: the places behind the last row hold any row.
  for (let i = unseen; (i & 3) != 0; i++) store<u32>(waiting + (i << 2), row);
  return unseen;
}

/** Puts a candidate in its place among `count` sorted ones. @returns the place, `most` when it is too far to be kept. */
// @ts-ignore: decorators are AssemblyScript's
@inline export function insert(pool: usize, count: u32, most: u32, candidate: u64): u32 {
  let at = pool + ((<usize>count) << 3);
  if (count == most) {
    at -= 8;
    if (load<u64>(at) <= candidate) return most;
  }
  while (at > pool) {
    const before = load<u64>(at - 8);
    if (before < candidate) break;
    store<u64>(at, before);
    at -= 8;
  }
  store<u64>(at, candidate);
  return <u32>((at - pool) >> 3);
}

/** Touches what a row's distance needs. */
// @ts-ignore: decorators are AssemblyScript's
@inline export function ahead(graph: Graph, row: u32): void {
  touchByte(changetype<usize>(factsOf(graph, row)));
  touchLines(nibblesOf(graph, row), <usize>graph.codeSize >> 1, 64);
}
