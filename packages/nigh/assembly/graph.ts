/** A navigable graph over the rows of one list whose places are their ordinals (HNSW: Malkov & Yashunin 2018): what is where. */
import { aligned, floatsOf, Layout, numberAt, tableAt } from "./blocks";
import { encodeNibbles, NIBBLE_QUERY_WIDTH, NibbleFacts, NibbleQuery } from "./nibbles";

// @ts-ignore: decorators are AssemblyScript's
@inline export const NONE: u32 = 0xffffffff;

@unmanaged
export class Graph {
  layout: Layout;
  /** Table of the rows' blocks; a block has 2 ** `shift` rows. */
  blocks: usize;
  shift: u32;
  /** Table of the nodes' blocks, one for each of the rows'. */
  nodes: usize;
  /** Offsets in a node's block: 4-bit codes; `RowFacts`; up to `links0` ordinals, then NONE; where upper links are. */
  codes: u32;
  facts: u32;
  links: u32;
  uppers: u32;
  nodeBytes: u32;
  /** Planes of codes (nibbles.ts), and codes of a row in all of them. */
  planes: u32;
  codeSize: u32;
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
  /** Room for 4 keys. */
  keys: usize;
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

/** What is known of a row besides its codes, side by side: a walk and a scan look at rows all over memory. */
@unmanaged
export class RowFacts extends NibbleFacts {
  /** As in `Layout`. */
  bias: f32;
  norm: f32;
}

/** What distances are measured from. */
@unmanaged
export class RowQuery extends NibbleQuery {
  /** Turns products with a row's codes into keys: product * factor * scale + bias + shift. */
  factor: f32;
  shift: f32;
  /** The numbers, for rows that are out of the codes' reach. */
  floats: usize;
}

/** In few dimensions 4 bits lose too much, and 8 bits are few bytes. */
// @ts-ignore: decorators are AssemblyScript's
@inline const TWO_PLANES_UP_TO: u32 = 128;

// @ts-ignore: decorators are AssemblyScript's
@inline function planesOf(layout: Layout): u32 {
  return layout.full.size <= TWO_PLANES_UP_TO ? 2 : 1;
}

// @ts-ignore: decorators are AssemblyScript's
@inline function queryCodeBytes(layout: Layout): u32 {
  return aligned(NIBBLE_QUERY_WIDTH * planesOf(layout) * layout.full.size);
}

export function graphBytes(layout: Layout): u32 {
  return offsetof<Graph>() + 3 * offsetof<RowQuery>() + 3 * queryCodeBytes(layout) + 128;
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
  graph.planes = planesOf(layout);
  graph.codeSize = graph.planes * layout.full.size;
  graph.facts = (graph.codeSize >> 1) << graph.shift;
  graph.links = graph.facts + (offsetof<RowFacts>() << graph.shift);
  graph.uppers = graph.links + ((links0 << graph.shift) << 2);
  graph.nodeBytes = graph.uppers + (4 << graph.shift);
  let at = changetype<usize>(graph) + offsetof<Graph>();
  graph.query = changetype<RowQuery>(at);
  graph.anchor = changetype<RowQuery>(at + offsetof<RowQuery>());
  graph.candidate = changetype<RowQuery>(at + 2 * offsetof<RowQuery>());
  at = (at + 3 * offsetof<RowQuery>() + 63) & ~63;
  graph.keys = at;
  at += 64;
  graph.query.codes = at;
  graph.anchor.codes = at + queryCodeBytes(layout);
  graph.candidate.codes = at + 2 * queryCodeBytes(layout);
}

/** Bytes of a block of nodes: for as many rows as a block of rows has. */
export function nodeBlockBytes(graph: Graph): u32 {
  return graph.nodeBytes;
}

export function setTables(graph: Graph, blocks: usize, nodes: usize, visited: usize, visitedSize: u32, dead: usize): void {
  graph.blocks = blocks;
  graph.nodes = nodes;
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

// @ts-ignore: decorators are AssemblyScript's
@inline function nodeBlock(graph: Graph, row: u32): usize {
  return tableAt(graph.nodes, row >> graph.shift);
}

/** Address of a row's links at a level. */
export function linksOf(graph: Graph, row: u32, level: u32): usize {
  if (level > 0) return upperOf(graph, row) + 4 + ((<usize>(level - 1) * graph.linksUp) << 2);
  return nodeBlock(graph, row) + graph.links + ((<usize>placeOfRow(graph, row) * graph.links0) << 2);
}

// @ts-ignore: decorators are AssemblyScript's
@inline export function nibblesOf(graph: Graph, row: u32): usize {
  return nodeBlock(graph, row) + <usize>placeOfRow(graph, row) * (graph.codeSize >> 1);
}

// @ts-ignore: decorators are AssemblyScript's
@inline export function factsOf(graph: Graph, row: u32): RowFacts {
  return changetype<RowFacts>(nodeBlock(graph, row) + graph.facts + <usize>placeOfRow(graph, row) * offsetof<RowFacts>());
}

// @ts-ignore: decorators are AssemblyScript's
@inline function upperAt(graph: Graph, row: u32): usize {
  return nodeBlock(graph, row) + graph.uppers + (<usize>placeOfRow(graph, row) << 2);
}

/** A row's highest level. */
export function levelOf(graph: Graph, row: u32): u32 {
  const upper = upperOf(graph, row);
  return upper == 0 ? 0 : load<u32>(upper);
}

/** Where a row's upper links are, 0 when it has none. */
export function upperOf(graph: Graph, row: u32): usize {
  return <usize>load<u32>(upperAt(graph, row));
}

/** Gives a row empty lists of links; `upper` is room for its upper ones, 4 bytes and 4 * linksUp for each level, or 0. */
export function clearLinks(graph: Graph, row: u32, level: u32, upper: usize): void {
  memory.fill(linksOf(graph, row, 0), 0xff, graph.links0 << 2);
  store<u32>(upperAt(graph, row), <u32>upper);
  if (upper == 0) return;
  store<u32>(upper, level);
  memory.fill(upper + 4, 0xff, (level * graph.linksUp) << 2);
}

/** Encodes a row whose numbers are stored. @param room has 2 bytes for each of its numbers, padded to 64, for the time of the call. */
export function encodeNode(graph: Graph, row: u32, room: usize): void {
  const layout = graph.layout;
  const block = blockOfRow(graph, row);
  const place = placeOfRow(graph, row);
  const floats = floatsOf(layout, block, place);
  const norm = numberAt(block, layout.norms, place);
  const facts = factsOf(graph, row);
  encodeNibbles(floats, norm, layout.size, layout.full.size, graph.planes, nibblesOf(graph, row), room, facts);
  facts.bias = numberAt(block, layout.biases, place);
  facts.norm = norm;
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

/** Address of a row's numbers. */
// @ts-ignore: decorators are AssemblyScript's
@inline export function floatsOfRow(graph: Graph, row: u32): usize {
  return floatsOf(graph.layout, blockOfRow(graph, row), placeOfRow(graph, row));
}

// @ts-ignore: decorators are AssemblyScript's
@inline function blockOfRow(graph: Graph, row: u32): usize {
  return tableAt(graph.blocks, row >> graph.shift);
}

// @ts-ignore: decorators are AssemblyScript's
@inline function placeOfRow(graph: Graph, row: u32): u32 {
  return row & ((1 << graph.shift) - 1);
}
