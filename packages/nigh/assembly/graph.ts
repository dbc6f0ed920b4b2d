/**
 * A navigable graph over the rows of one list whose places are their ordinals (HNSW: Malkov & Yashunin 2018). Distances on the way are
 * those of int8 codes; the higher a key, the nearer.
 */
import { codesOf, floatsOf, Layout, METRIC_L2, numberAt, tableAt } from "./blocks";
import { exactProduct, Facts, productsOf4, QUERY_WIDTH } from "./codes";
import { dotFloats, squaredDistanceFloats } from "./float-distance";

// @ts-ignore: decorators are AssemblyScript's
@inline export const NONE: u32 = 0xffffffff;

@unmanaged
export class Graph {
  layout: Layout;
  /** Table of the rows' blocks; a block has 2 ** `shift` rows. */
  blocks: usize;
  shift: u32;
  /** Table of the links' blocks: for each row up to `links0` ordinals, then NONE; behind them for each row where its upper links are. */
  links: usize;
  /** Links of a row at the lowest level, and at each upper one. */
  links0: u32;
  linksUp: u32;
  /** A row of the highest level; NONE in an empty graph. */
  entry: u32;
  maxLevel: i32;
  /** A byte for each ordinal: the walk that saw it last. */
  visited: usize;
  visitedSize: u32;
  walk: u32;
  /** One bit for each ordinal that is removed but still linked to; 0 when there are none. */
  dead: usize;
  /** Room for ordinals that wait for their distance, `links0` + 4. */
  waiting: usize;
  /** Room for candidates, 8 bytes each: key and ordinal as `candidateOf` packs them. */
  pool: usize;
  others: usize;
  /** Room for chosen ordinals, `links0` + 4. */
  chosen: usize;
  /** What a search or an insertion is for. */
  query: RowQuery;
  /** Rows of the graph as queries: the one whose links are chosen, and one of those that are weighed. */
  anchor: RowQuery;
  candidate: RowQuery;
}

/** What distances are measured from. */
@unmanaged
export class RowQuery {
  codes: usize;
  facts: Facts;
  /** Turns products with a row's codes into keys: product * factor * scale + bias + shift. */
  factor: f32;
  shift: f32;
  /** The numbers, for rows that are out of the codes' reach. */
  floats: usize;
}

export function graphBytes(layout: Layout): u32 {
  return offsetof<Graph>() + 3 * offsetof<RowQuery>() + 2 * offsetof<Facts>() + 2 * QUERY_WIDTH * layout.full.size + 64;
}

/** Fills a Graph without rows. */
export function layOutGraph(graph: Graph, layout: Layout, links0: u32, linksUp: u32): void {
  memory.fill(changetype<usize>(graph), 0, offsetof<Graph>());
  graph.layout = layout;
  graph.shift = ctz(layout.rows);
  graph.links0 = links0;
  graph.linksUp = linksUp;
  graph.entry = NONE;
  graph.maxLevel = -1;
  let at = changetype<usize>(graph) + offsetof<Graph>();
  graph.query = changetype<RowQuery>(at);
  at += offsetof<RowQuery>();
  graph.anchor = changetype<RowQuery>(at);
  at += offsetof<RowQuery>();
  graph.candidate = changetype<RowQuery>(at);
  at += offsetof<RowQuery>();
  graph.anchor.facts = changetype<Facts>(at);
  at += offsetof<Facts>();
  graph.candidate.facts = changetype<Facts>(at);
  at = (at + offsetof<Facts>() + 15) & ~15;
  graph.anchor.codes = at;
  graph.candidate.codes = at + QUERY_WIDTH * layout.full.size;
}

/** Bytes of a block of links: for as many rows as a block of rows has. */
export function linkBlockBytes(graph: Graph): u32 {
  return (graph.links0 + 1) << (graph.shift + 2);
}

export function setTables(graph: Graph, blocks: usize, links: usize, visited: usize, visitedSize: u32, dead: usize): void {
  graph.blocks = blocks;
  graph.links = links;
  graph.visited = visited;
  if (visitedSize > graph.visitedSize) {
    memory.fill(visited, 0, visitedSize);
    graph.walk = 0;
  }
  graph.visitedSize = visitedSize;
  graph.dead = dead;
}

export function setRooms(graph: Graph, waiting: usize, chosen: usize, pool: usize, others: usize): void {
  graph.waiting = waiting;
  graph.chosen = chosen;
  graph.pool = pool;
  graph.others = others;
}

export function setEntry(graph: Graph, entry: u32, maxLevel: i32): void {
  graph.entry = entry;
  graph.maxLevel = maxLevel;
}

export function entryOf(graph: Graph): u32 {
  return graph.entry;
}

export function maxLevelOf(graph: Graph): i32 {
  return graph.maxLevel;
}

/** Address of a row's links at a level. */
export function linksOf(graph: Graph, row: u32, level: u32): usize {
  const block = tableAt(graph.links, row >> graph.shift);
  const place = <usize>(row & ((1 << graph.shift) - 1));
  if (level == 0) return block + ((place * graph.links0) << 2);
  return <usize>load<u32>(upperAt(graph, block, place)) + 4 + ((<usize>(level - 1) * graph.linksUp) << 2);
}

// @ts-ignore: decorators are AssemblyScript's
@inline function upperAt(graph: Graph, block: usize, place: usize): usize {
  return block + ((<usize>graph.links0) << (graph.shift + 2)) + (place << 2);
}

/** A row's highest level. */
export function levelOf(graph: Graph, row: u32): u32 {
  const upper = upperOf(graph, row);
  return upper == 0 ? 0 : load<u32>(upper);
}

/** Where a row's upper links are, 0 when it has none. */
export function upperOf(graph: Graph, row: u32): usize {
  const block = tableAt(graph.links, row >> graph.shift);
  return <usize>load<u32>(upperAt(graph, block, <usize>(row & ((1 << graph.shift) - 1))));
}

/** Gives a row empty lists of links; `upper` is room for its upper ones, 4 bytes and 4 * linksUp for each level, or 0. */
export function clearLinks(graph: Graph, row: u32, level: u32, upper: usize): void {
  const block = tableAt(graph.links, row >> graph.shift);
  const place = <usize>(row & ((1 << graph.shift) - 1));
  memory.fill(block + ((place * graph.links0) << 2), 0xff, graph.links0 << 2);
  store<u32>(upperAt(graph, block, place), <u32>upper);
  if (upper == 0) return;
  store<u32>(upper, level);
  memory.fill(upper + 4, 0xff, (level * graph.linksUp) << 2);
}

// @ts-ignore: decorators are AssemblyScript's
@inline export function mostLinks(graph: Graph, level: u32): u32 {
  return level == 0 ? graph.links0 : graph.linksUp;
}

// @ts-ignore: decorators are AssemblyScript's
@inline export function isDead(graph: Graph, row: u32): bool {
  return graph.dead != 0 && (load<u8>(graph.dead + (row >> 3)) & (1 << (row & 7))) != 0;
}

/** Starts a walk on which no row was seen. */
export function startWalk(graph: Graph): u32 {
  graph.walk++;
  if (graph.walk == 256) {
    memory.fill(graph.visited, 0, graph.visitedSize);
    graph.walk = 1;
  }
  return graph.walk;
}

// @ts-ignore: decorators are AssemblyScript's
@inline export function blockOfRow(graph: Graph, row: u32): usize {
  return tableAt(graph.blocks, row >> graph.shift);
}

// @ts-ignore: decorators are AssemblyScript's
@inline export function placeOfRow(graph: Graph, row: u32): u32 {
  return row & ((1 << graph.shift) - 1);
}

/** Keys of 4 rows, one in each lane. */
export function keysOf4(graph: Graph, from: RowQuery, row0: u32, row1: u32, row2: u32, row3: u32): v128 {
  const layout = graph.layout;
  const stage = layout.full;
  const block0 = blockOfRow(graph, row0);
  const block1 = blockOfRow(graph, row1);
  const block2 = blockOfRow(graph, row2);
  const block3 = blockOfRow(graph, row3);
  const place0 = placeOfRow(graph, row0);
  const place1 = placeOfRow(graph, row1);
  const place2 = placeOfRow(graph, row2);
  const place3 = placeOfRow(graph, row3);
  const raw = productsOf4(
    codesOf(stage, block0, place0),
    codesOf(stage, block1, place1),
    codesOf(stage, block2, place2),
    codesOf(stage, block3, place3),
    from.codes,
    stage.size,
  );
  let products: v128;
  if (ASC_FEATURE_RELAXED_SIMD) {
    const sums = lanesOf(
      block0 + stage.sums + (<usize>place0 << 2),
      block1 + stage.sums + (<usize>place1 << 2),
      block2 + stage.sums + (<usize>place2 << 2),
      block3 + stage.sums + (<usize>place3 << 2),
    );
    products = i32x4.sub(raw, i32x4.shl(sums, 6));
  } else {
    products = i32x4.sub(raw, i32x4.splat(from.facts.sum));
  }
  const scales = lanesOf(
    block0 + stage.scales + (<usize>place0 << 2),
    block1 + stage.scales + (<usize>place1 << 2),
    block2 + stage.scales + (<usize>place2 << 2),
    block3 + stage.scales + (<usize>place3 << 2),
  );
  let keys = f32x4.add(
    f32x4.mul(f32x4.mul(f32x4.convert_i32x4_s(products), f32x4.splat(from.factor)), scales),
    f32x4.splat(from.shift),
  );
  if (layout.metric == METRIC_L2) {
    const biases = lanesOf(
      block0 + layout.biases + (<usize>place0 << 2),
      block1 + layout.biases + (<usize>place1 << 2),
      block2 + layout.biases + (<usize>place2 << 2),
      block3 + layout.biases + (<usize>place3 << 2),
    );
    keys = f32x4.add(keys, biases);
  }
  if (!v128.any_true(f32x4.ne(keys, keys))) return keys;
  return f32x4(
    keyByFloats(graph, from, row0),
    keyByFloats(graph, from, row1),
    keyByFloats(graph, from, row2),
    keyByFloats(graph, from, row3),
  );
}

// @ts-ignore: decorators are AssemblyScript's
@inline function lanesOf(a: usize, b: usize, c: usize, d: usize): v128 {
  return v128.load32_lane(d, v128.load32_lane(c, v128.load32_lane(b, v128.load32_zero(a), 1), 2), 3);
}

/** A row's key in float32; what float32 cannot say (NaN) is farthest. */
export function keyByFloats(graph: Graph, from: RowQuery, row: u32): f32 {
  const layout = graph.layout;
  const floats = floatsOf(layout, blockOfRow(graph, row), placeOfRow(graph, row));
  const key =
    layout.metric == METRIC_L2
      ? -squaredDistanceFloats(from.floats, floats, layout.size)
      : dotFloats(from.floats, floats, layout.size);
  return isNaN(key) ? -Infinity : key;
}

/** A row's own codes as a query. */
export function fromRow(graph: Graph, row: u32, query: RowQuery): void {
  const layout = graph.layout;
  const stage = layout.full;
  const block = blockOfRow(graph, row);
  const place = placeOfRow(graph, row);
  let codes = codesOf(stage, block, place);
  let out = query.codes;
  let evens = i32x4.splat(0);
  const ones = i16x8.splat(1);
  for (let i: u32 = 0; i < stage.size; i += 64) {
    for (let j: usize = 0; j < 64; j += 16) {
      const v = v128.load(codes + j);
      if (ASC_FEATURE_RELAXED_SIMD) {
        v128.store(out, i8x16.add(i8x16.shr_s(v, 1), i8x16.splat(64)));
        out += 16;
      } else {
        const even = i16x8.sub(v128.and(v, i16x8.splat(0xff)), i16x8.splat(128));
        v128.store(out, even);
        v128.store(out, i16x8.sub(i16x8.shr_s(v, 8), i16x8.shl(even, 8)), 16);
        evens = i32x4.add(evens, i32x4.dot_i16x8_s(even, ones));
        out += 32;
      }
    }
    codes += 256;
  }
  const isL2 = layout.metric == METRIC_L2;
  const scale = numberAt(block, stage.scales, place);
  query.facts.sum =
    128 *
    (i32x4.extract_lane(evens, 0) +
      i32x4.extract_lane(evens, 1) +
      i32x4.extract_lane(evens, 2) +
      i32x4.extract_lane(evens, 3));
  // In relaxed SIMD a query's numbers are halves of the codes.
  query.factor = (isL2 ? 2 : 1) * (ASC_FEATURE_RELAXED_SIMD ? 2 : 1) * scale;
  query.shift = isL2 ? numberAt(block, layout.biases, place) : 0;
  query.floats = floatsOf(layout, block, place);
}

/** Key and ordinal in one number: the nearest is the lowest. The last bit says whether its links were followed. */
// @ts-ignore: decorators are AssemblyScript's
@inline export function candidateOf(key: f32, row: u32): u64 {
  const bits = reinterpret<u32>(-key);
  const ordered = bits ^ (<u32>(<i32>bits >> 31) | 0x80000000);
  return ((<u64>ordered) << 32) | ((<u64>row) << 1);
}

// @ts-ignore: decorators are AssemblyScript's
@inline export function rowOf(candidate: u64): u32 {
  return (<u32>candidate) >> 1;
}

/** What of a candidate is its key. */
// @ts-ignore: decorators are AssemblyScript's
@inline export function distanceOf(candidate: u64): u32 {
  return <u32>(candidate >> 32);
}
