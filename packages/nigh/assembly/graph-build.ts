/** Building and mending a {@link Graph}. */
import { Graph, isDead, levelOf, linksOf, mostLinks, NONE, RowQuery, startWalk } from "./graph";
import { candidateOf, distanceOf, fromRow, keysOf4, rowOf } from "./graph-distance";
import { descend, fromQuery, insert, walk } from "./graph-walk";
import { Query } from "./query";

/**
 * Links a row, which has empty lists up to its level, with its nearest.
 *
 * @param query the row as a prepared query.
 * @param ef candidates among which links are chosen (efConstruction).
 */
export function insertRow(graph: Graph, query: Query, row: u32, ef: u32): void {
  const level = <i32>levelOf(graph, row);
  if (graph.entry == NONE) {
    graph.entry = row;
    graph.maxLevel = level;
    return;
  }
  const from = graph.query;
  fromQuery(graph, query, from);
  let start = descend(graph, from, min(level, graph.maxLevel));
  for (let l = min(level, graph.maxLevel); l >= 0; l--) {
    const count = walk(graph, from, start, l, ef);
    start = load<u64>(graph.pool) & ~1;
    const chosen = chooseLinks(graph, graph.pool, count, 0, mostLinks(graph, l), row);
    writeLinks(graph, row, l, chosen);
    linkBack(graph, row, l, chosen);
  }
  if (level > graph.maxLevel) {
    graph.entry = row;
    graph.maxLevel = level;
  }
}

/** Links a row from each row that it links to. */
function linkBack(graph: Graph, row: u32, level: u32, count: u32): void {
  const links = linksOf(graph, row, level);
  for (let i: u32 = 0; i < count; i++) addLink(graph, load<u32>(links + ((<usize>i) << 2)), row, level);
}

function writeLinks(graph: Graph, row: u32, level: u32, chosen: u32): void {
  const links = linksOf(graph, row, level);
  memory.copy(links, graph.chosen, chosen << 2);
  const most = mostLinks(graph, level);
  if (chosen < most) memory.fill(links + ((<usize>chosen) << 2), 0xff, (most - chosen) << 2);
}

/**
 * Adds to the graph's `chosen`, which has `size` rows, those of sorted candidates that are nearer to what the distances are from than
 * to any chosen before (the heuristic of Malkov & Yashunin, algorithm 4); never `self`. Removed rows are signposts until the graph is
 * mended: a row amid them would be lost without.
 *
 * @returns how many are chosen, at most `most`.
 */
function chooseLinks(graph: Graph, candidates: usize, count: u32, size: u32, most: u32, self: u32): u32 {
  const from = graph.candidate;
  for (let i: u32 = 0; i < count && size < most; i++) {
    const candidate = load<u64>(candidates + ((<usize>i) << 3));
    const row = rowOf(candidate);
    if (row == self) continue;
    if (size > 0) {
      fromRow(graph, row, from);
      if (isNearerToChosen(graph, from, size, distanceOf(candidate))) continue;
    }
    size = choose(graph, row, size);
  }
  return size;
}

/** Lists are compared by fours: the places behind the last row repeat it. */
// @ts-ignore: decorators are AssemblyScript's
@inline function choose(graph: Graph, row: u32, size: u32): u32 {
  const at = graph.chosen + ((<usize>size) << 2);
  store<u32>(at, row);
  store<u32>(at, row, 4);
  store<u32>(at, row, 8);
  store<u32>(at, row, 12);
  return size + 1;
}

function isNearerToChosen(graph: Graph, from: RowQuery, size: u32, distance: u32): bool {
  const chosen = graph.chosen;
  for (let i: u32 = 0; i < size; i += 4) {
    const at = chosen + ((<usize>i) << 2);
    const keys = keysOf4(graph, from, load<u32>(at), load<u32>(at, 4), load<u32>(at, 8), load<u32>(at, 12));
    const high = f32x4.pmax(keys, v128.shuffle<f32>(keys, keys, 2, 3, 0, 1));
    const key = max(f32x4.extract_lane(high, 0), f32x4.extract_lane(high, 1));
    if (distanceOf(candidateOf(key, 0)) < distance) return true;
  }
  return false;
}

/** Links `row` from another; where its list is full, it is chosen anew. */
function addLink(graph: Graph, other: u32, row: u32, level: u32): void {
  const links = linksOf(graph, other, level);
  const most = mostLinks(graph, level);
  for (let i: u32 = 0; i < most; i++) {
    const at = links + ((<usize>i) << 2);
    const linked = load<u32>(at);
    if (linked == row) return;
    if (linked != NONE) continue;
    store<u32>(at, row);
    return;
  }
  fromRow(graph, other, graph.anchor);
  let count: u32 = 0;
  for (let i: u32 = 0; i < most; i++) count = weigh(graph, load<u32>(links + ((<usize>i) << 2)), count);
  count = weigh(graph, row, count);
  sortWaiting(graph, count);
  writeLinks(graph, other, level, chooseLinks(graph, graph.others, count, 0, most, other));
}

/** Puts a row among those that wait for their distance from `anchor`. */
// @ts-ignore: decorators are AssemblyScript's
@inline function weigh(graph: Graph, row: u32, count: u32): u32 {
  store<u32>(graph.others + ((<usize>count) << 3), row);
  return count + 1;
}

/** Turns `count` rows in `others` into candidates, the nearest to `anchor` first. */
function sortWaiting(graph: Graph, count: u32): void {
  const others = graph.others;
  const from = graph.anchor;
  for (let i: u32 = 0; i < count; i += 4) {
    const at = others + ((<usize>i) << 3);
    const row0 = load<u32>(at);
    const row1 = i + 1 < count ? load<u32>(at, 8) : row0;
    const row2 = i + 2 < count ? load<u32>(at, 16) : row0;
    const row3 = i + 3 < count ? load<u32>(at, 24) : row0;
    const keys = keysOf4(graph, from, row0, row1, row2, row3);
    // Those before are sorted already, those behind are still rows.
    insert(others, i, i + 1, candidateOf(f32x4.extract_lane(keys, 0), row0));
    if (i + 1 < count) insert(others, i + 1, i + 2, candidateOf(f32x4.extract_lane(keys, 1), row1));
    if (i + 2 < count) insert(others, i + 2, i + 3, candidateOf(f32x4.extract_lane(keys, 2), row2));
    if (i + 3 < count) insert(others, i + 3, i + 4, candidateOf(f32x4.extract_lane(keys, 3), row3));
  }
}

/**
 * Takes links to removed rows out of a row's list, and adds to what is left the best of what the removed rows linked to. (FreshDiskANN,
 * Singh et al. 2021, prunes all of these anew; with HNSW's strict heuristic that thins out the graph.)
 *
 * @param room how many candidates fit.
 * @returns links that the row has now; -1 when none of its links were to removed rows.
 */
export function mendRow(graph: Graph, row: u32, level: u32, room: u32): i32 {
  const links = linksOf(graph, row, level);
  const most = mostLinks(graph, level);
  let hasDead = false;
  for (let i: u32 = 0; i < most; i++) {
    const other = load<u32>(links + ((<usize>i) << 2));
    if (other == NONE) break;
    hasDead = hasDead || isDead(graph, other);
  }
  if (!hasDead) return -1;
  const mark = <u8>startWalk(graph);
  store<u8>(graph.visited + row, mark);
  fromRow(graph, row, graph.anchor);
  let chosen: u32 = 0;
  for (let i: u32 = 0; i < most; i++) {
    const other = load<u32>(links + ((<usize>i) << 2));
    if (other == NONE) break;
    if (isDead(graph, other)) continue;
    store<u8>(graph.visited + other, mark);
    chosen = choose(graph, other, chosen);
  }
  let count: u32 = 0;
  for (let i: u32 = 0; i < most; i++) {
    const other = load<u32>(links + ((<usize>i) << 2));
    if (other == NONE) break;
    if (isDead(graph, other)) count = gather(graph, linksOf(graph, other, level), most, mark, count, room);
  }
  sortWaiting(graph, count);
  const kept = chosen;
  chosen = chooseLinks(graph, graph.others, count, chosen, most, row);
  writeLinks(graph, row, level, chosen);
  for (let i = kept; i < chosen; i++) addLink(graph, load<u32>(links + ((<usize>i) << 2)), row, level);
  return chosen;
}

function gather(graph: Graph, links: usize, most: u32, mark: u8, count: u32, room: u32): u32 {
  for (let i: u32 = 0; i < most && count < room; i++) {
    const row = load<u32>(links + ((<usize>i) << 2));
    if (row == NONE) break;
    if (isDead(graph, row) || load<u8>(graph.visited + row) == mark) continue;
    store<u8>(graph.visited + row, mark);
    count = weigh(graph, row, count);
  }
  return count;
}
