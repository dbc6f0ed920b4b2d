/** A query: its numbers, its codes, and room for its results. */
import { aligned, Layout, METRIC_L2 } from "./blocks";
import { encodeQuery, Facts, QUERY_WIDTH } from "./codes";
import { dotsOfAll } from "./float-distance";
import { NearestHeap } from "./nearest-heap";

/** A query for one {@link Stage}. A row's key is at most product * factor * scale + bias + shift + the shares of rest, tail and norm. */
@unmanaged
export class StageQuery {
  codes: usize;
  facts: Facts;
  factor: f32;
  restFactor: f32;
  tailFactor: f32;
  normFactor: f32;
}

@unmanaged
export class Query {
  /** Padded as rows are. */
  floats: usize;
  full: StageQuery;
  lead: StageQuery;
  /** The k nearest. */
  nearest: NearestHeap;
  /** The rows of the highest estimates; the heap's ordinals are addresses of their floats. */
  leaders: NearestHeap;
  /** Rows that are to be looked at again: block and number in it, 8 bytes each; room for KEPT and a block's rows more. */
  kept: usize;
  keptCount: u32;
  /** An upper bound of each row's key, float32, each block's rows padded to a multiple of 4. */
  uppers: usize;
  /** Room for the floats of as many numbers as a row has codes, and for its codes. */
  room: usize;
  roomForCodes: usize;
  shift: f32;
  slack: f32;
  threshold: f32;
  /** Rows that were compared in float32 in the last search. */
  compared: u32;
  /** Of a range search: results, how many there is room for, how many there are. */
  found: usize;
  foundRoom: u32;
  foundCount: u32;
}

/** Leaders beyond k: estimates by leads are coarse, and a better threshold saves more than comparing these costs. */
// @ts-ignore: decorators are AssemblyScript's
@inline export const MORE_LEADERS: u32 = 16;

/** Rows that are looked at again together. */
// @ts-ignore: decorators are AssemblyScript's
@inline export const KEPT: u32 = 512;

// @ts-ignore: decorators are AssemblyScript's
@inline function headBytes(): u32 {
  return aligned(offsetof<Query>() + 2 * (offsetof<StageQuery>() + offsetof<Facts>()) + 2 * offsetof<NearestHeap>());
}

/** Bytes of a query that looks for the `k` nearest of `places` rows. */
export function queryBytes(layout: Layout, k: u32, places: u32): u32 {
  const leads = layout.lead.size;
  return (
    headBytes() +
    aligned(4 * layout.size) +
    aligned(4 * max(layout.full.size, leads)) +
    aligned(max(layout.full.size, leads)) +
    aligned(QUERY_WIDTH * layout.full.size) +
    aligned(QUERY_WIDTH * leads) +
    2 * aligned(8 * (k + MORE_LEADERS)) +
    aligned(8 * (KEPT + layout.rows + 4)) +
    aligned(4 * places + 48)
  );
}

/** Address of the first result of a query, pairs of a key (float32) and an ordinal (uint32). */
export function resultsOf(query: Query): usize {
  return query.nearest.entries;
}

export function resultCount(query: Query): u32 {
  return query.nearest.count;
}

export function comparedRows(query: Query): u32 {
  return query.compared;
}

export function floatsOfQuery(query: Query): usize {
  return query.floats;
}

/** Divides the `queryBytes` at `at`. */
export function layOutQuery(layout: Layout, at: usize, k: u32, places: u32): void {
  const query = changetype<Query>(at);
  const leads = layout.lead.size;
  query.full = changetype<StageQuery>(at + offsetof<Query>());
  query.lead = changetype<StageQuery>(changetype<usize>(query.full) + offsetof<StageQuery>());
  query.full.facts = changetype<Facts>(changetype<usize>(query.lead) + offsetof<StageQuery>());
  query.lead.facts = changetype<Facts>(changetype<usize>(query.full.facts) + offsetof<Facts>());
  query.nearest = changetype<NearestHeap>(changetype<usize>(query.lead.facts) + offsetof<Facts>());
  query.leaders = changetype<NearestHeap>(changetype<usize>(query.nearest) + offsetof<NearestHeap>());
  query.floats = at + headBytes();
  query.room = query.floats + aligned(4 * layout.size);
  query.roomForCodes = query.room + aligned(4 * max(layout.full.size, leads));
  query.full.codes = query.roomForCodes + aligned(max(layout.full.size, leads));
  query.lead.codes = query.full.codes + aligned(QUERY_WIDTH * layout.full.size);
  query.nearest.entries = query.lead.codes + aligned(QUERY_WIDTH * leads);
  query.nearest.capacity = k;
  query.nearest.ids = layout.ids;
  query.leaders.entries = query.nearest.entries + aligned(8 * (k + MORE_LEADERS));
  query.leaders.capacity = leads > 0 ? k + min(k, MORE_LEADERS) : k;
  query.leaders.ids = 0;
  query.kept = query.leaders.entries + aligned(8 * (k + MORE_LEADERS));
  query.uppers = query.kept + aligned(8 * (KEPT + layout.rows + 4));
  query.found = 0;
}

/** Prepares a query whose numbers are at `floats`, padded with zeros. */
export function prepareQuery(layout: Layout, query: Query): void {
  const full = query.full;
  const facts = full.facts;
  encodeQuery(query.floats, layout.size, layout.full.size, full.codes, query.roomForCodes, facts);
  const isL2 = layout.metric == METRIC_L2;
  const weight: f32 = isL2 ? 2 : 1;
  full.factor = weight * facts.scale;
  full.restFactor = weight * facts.norm;
  full.tailFactor = 0;
  full.normFactor = weight * (facts.rest + layout.epsilon * facts.norm);
  // 1e-36 outweighs all that underflows.
  query.slack = isL2 ? 1e-36 + 2 * layout.epsilon * facts.norm * facts.norm : 1e-36;
  query.shift = isL2 ? -facts.norm * facts.norm : 0;
  if (layout.lead.size > 0) prepareLead(layout, query, weight);
}

function prepareLead(layout: Layout, query: Query, weight: f32): void {
  const lead = query.lead;
  const stage = layout.lead;
  const norm = query.full.facts.norm;
  project(layout, query.floats, query.room);
  const facts = lead.facts;
  encodeQuery(query.room, stage.size, stage.size, lead.codes, query.roomForCodes, facts);
  // Where the whole row has no codes, neither have its leads: squares of it may overflow.
  lead.factor = weight * (isNaN(query.full.facts.scale) ? f32.NaN : facts.scale);
  lead.restFactor = weight * facts.norm;
  lead.tailFactor = weight * tailOf(norm, facts.norm, layout.leadEpsilon);
  lead.normFactor = weight * (facts.rest + 4 * layout.leadEpsilon * norm);
}

/** Writes the leading components of a row to `out`. */
export function project(layout: Layout, floats: usize, out: usize): void {
  dotsOfAll(floats, 1, layout.directions, layout.lead.size, layout.size, out);
}

/** Length of what projection leaves out of a row of length `norm`, at most. */
export function tailOf(norm: f32, projected: f32, epsilon: f32): f32 {
  const square = <f64>norm * <f64>norm;
  const rest = max(0, square - <f64>projected * <f64>projected) + 4 * <f64>epsilon * square;
  return <f32>(Math.sqrt(rest) * 1.000001);
}
