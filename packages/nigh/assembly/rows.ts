/** Keeping rows in blocks. */
import { codesOf, floatsOf, Layout, METRIC_L2, Stage } from "./blocks";
import { encodeRow, Facts, normOf } from "./codes";
import { project, tailOf } from "./query";

/**
 * Encodes `count` rows from `first` on whose floats are in place.
 *
 * @param lead the leads' block; not used when there are none.
 * @param room has `rowRoomBytes` for the time of the call.
 * @returns how many of them have finite numbers only.
 */
export function encodeRows(layout: Layout, block: usize, lead: usize, first: u32, count: u32, room: usize): u32 {
  const facts = changetype<Facts>(room);
  const codes = room + 16;
  let finite: u32 = 0;
  for (let row = first; row < first + count; row++) {
    encodeRow(floatsOf(layout, block, row), layout.size, layout.full, block, row, codes, facts);
    store<f32>(block + layout.full.tails + ((<usize>row) << 2), 0);
    finite += keepNorm(layout, block, row, facts.norm);
    if (layout.lead.size > 0) encodeLead(layout, block, lead, row, room);
  }
  return finite;
}

/** As `encodeRows`, for rows that get their codes later. */
export function measureRows(layout: Layout, block: usize, first: u32, count: u32): u32 {
  let finite: u32 = 0;
  for (let row = first; row < first + count; row++) {
    finite += keepNorm(layout, block, row, normOf(floatsOf(layout, block, row), layout.size));
  }
  return finite;
}

/** @returns 1 when all numbers of the row are finite. */
function keepNorm(layout: Layout, block: usize, row: u32, norm: f32): u32 {
  const at = block + ((<usize>row) << 2);
  store<f32>(at + layout.norms, norm);
  // Less by what float32 sums can be off, so that the bound holds.
  const squared = norm * norm * (1 - 2 * layout.epsilon);
  store<f32>(at + layout.biases, layout.metric == METRIC_L2 ? -squared : 0);
  return u32(isFinite<f32>(norm) || isFiniteRow(floatsOf(layout, block, row), layout.size));
}

function isFiniteRow(floats: usize, size: u32): bool {
  for (let i: usize = 0; i < <usize>size; i++) {
    if (!isFinite<f32>(load<f32>(floats + (i << 2)))) return false;
  }
  return true;
}

/** Encodes the leads of `count` rows from `first` on, which are encoded already. */
export function encodeLeads(layout: Layout, block: usize, lead: usize, first: u32, count: u32, room: usize): void {
  for (let row = first; row < first + count; row++) encodeLead(layout, block, lead, row, room);
}

function encodeLead(layout: Layout, block: usize, lead: usize, row: u32, room: usize): void {
  const stage = layout.lead;
  const facts = changetype<Facts>(room);
  const components = room + 16;
  const codes = components + ((<usize>stage.size) << 2);
  project(layout, floatsOf(layout, block, row), components);
  encodeRow(components, stage.size, stage, lead, row, codes, facts);
  const full = load<f32>(block + layout.full.scales + ((<usize>row) << 2));
  if (isNaN(full)) store<f32>(lead + stage.scales + ((<usize>row) << 2), full);
  const norm = load<f32>(block + layout.norms + ((<usize>row) << 2));
  store<f32>(lead + stage.tails + ((<usize>row) << 2), tailOf(norm, facts.norm, layout.leadEpsilon));
}

export function rowRoomBytes(layout: Layout): u32 {
  return 16 + layout.full.size + 5 * layout.lead.size;
}

/** Copies all that is stored of a row over another's. */
export function copyRow(
  layout: Layout,
  from: usize,
  fromLead: usize,
  fromRow: u32,
  to: usize,
  toLead: usize,
  toRow: u32,
): void {
  memory.copy(floatsOf(layout, to, toRow), floatsOf(layout, from, fromRow), layout.size << 2);
  copyNumber(layout.norms, from, fromRow, to, toRow);
  copyNumber(layout.biases, from, fromRow, to, toRow);
  copyNumber(layout.ordinals, from, fromRow, to, toRow);
  copyStage(layout.full, from, fromRow, to, toRow);
  if (layout.lead.size > 0) copyStage(layout.lead, fromLead, fromRow, toLead, toRow);
}

function copyStage(stage: Stage, from: usize, i: u32, to: usize, j: u32): void {
  const source = codesOf(stage, from, i);
  const target = codesOf(stage, to, j);
  for (let piece: usize = 0; piece < (<usize>stage.size) << 2; piece += 256) {
    memory.copy(target + piece, source + piece, 64);
  }
  copyNumber(stage.scales, from, i, to, j);
  copyNumber(stage.rests, from, i, to, j);
  copyNumber(stage.tails, from, i, to, j);
  copyNumber(stage.sums, from, i, to, j);
}

function copyNumber(property: u32, from: usize, i: u32, to: usize, j: u32): void {
  store<u32>(to + property + ((<usize>j) << 2), load<u32>(from + property + ((<usize>i) << 2)));
}
