/** Distances in a {@link Graph}: those on the way are of 4-bit codes. The higher a key, the nearer. */
import { METRIC_L2 } from "./blocks";
import { keyOfFloats } from "./float-distance";
import { factsOf, floatsOfRow, Graph, nibblesOf, RowFacts, RowQuery } from "./graph";
import { FINER, fromNibbles, nibbleProductsOf4 } from "./nibbles";

/** Keys of 4 rows, one in each lane. */
export function keysOf4(graph: Graph, from: RowQuery, row0: u32, row1: u32, row2: u32, row3: u32): v128 {
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
  let keys = f32x4.add(
    f32x4.mul(f32x4.mul(f32x4.convert_i32x4_s(products), f32x4.splat(from.factor)), scales),
    f32x4.splat(from.shift),
  );
  if (graph.layout.metric == METRIC_L2) {
    keys = f32x4.add(keys, lanesOf(offsetof<RowFacts>("bias"), facts0, facts1, facts2, facts3));
  }
  if (!v128.any_true(f32x4.ne(keys, keys))) return keys;
  return f32x4(
    keyByFloats(graph, from, row0),
    keyByFloats(graph, from, row1),
    keyByFloats(graph, from, row2),
    keyByFloats(graph, from, row3),
  );
}

/** One fact of 4 rows, which is `at` bytes in. */
// @ts-ignore: decorators are AssemblyScript's
@inline export function lanesOf(at: usize, a: RowFacts, b: RowFacts, c: RowFacts, d: RowFacts): v128 {
  const first = v128.load32_zero(changetype<usize>(a) + at);
  const two = v128.load32_lane(changetype<usize>(b) + at, first, 1);
  const three = v128.load32_lane(changetype<usize>(c) + at, two, 2);
  return v128.load32_lane(changetype<usize>(d) + at, three, 3);
}

/** A row's key in float32. */
export function keyByFloats(graph: Graph, from: RowQuery, row: u32): f32 {
  const layout = graph.layout;
  return keyOfFloats(layout.metric, from.floats, floatsOfRow(graph, row), layout.size);
}

/** Measures from a row, by its codes. */
export function fromRow(graph: Graph, row: u32, query: RowQuery): void {
  const layout = graph.layout;
  fromNibbles(nibblesOf(graph, row), layout.full.size, graph.planes, query);
  const facts = factsOf(graph, row);
  const isL2 = layout.metric == METRIC_L2;
  query.factor = ((isL2 ? 2 : 1) * facts.scale) / (graph.planes == 2 ? FINER : 1);
  query.shift = isL2 ? facts.bias : 0;
  query.floats = floatsOfRow(graph, row);
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

/** A candidate's key. */
// @ts-ignore: decorators are AssemblyScript's
@inline export function keyOf(candidate: u64): f32 {
  const ordered = <u32>(candidate >> 32);
  const bits = ordered ^ (<u32>~(<i32>ordered >> 31) | 0x80000000);
  return -reinterpret<f32>(bits);
}

/** What of a candidate is its key. */
// @ts-ignore: decorators are AssemblyScript's
@inline export function distanceOf(candidate: u64): u32 {
  return <u32>(candidate >> 32);
}
