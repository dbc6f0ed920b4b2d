/**
 * Where rows are kept: lists of blocks of equal size. Inside a block each property of its rows is contiguous, so that a scan reads
 * only what it needs. A flat index is one list, an inverted file has many. The host allocates; these classes say what is where.
 */

/** Codes of rows and what the bound needs of them: offsets of one array each from a block's start. */
@unmanaged
export class Stage {
  /** Codes of a row, padded with zeros to a multiple of 64. */
  size: u32;
  codes: u32;
  /** Numbers per code, float32; NaN where a row is out of the codes' reach: it is then compared as floats. */
  scales: u32;
  /** Length of what the codes leave out of the numbers that they stand for, float32, rounded up. */
  rests: u32;
  /** Length of what those numbers leave out of the row, float32, rounded up; zeros for codes of the whole row. */
  tails: u32;
  /** Sums of the codes, int32. */
  sums: u32;
  /** Bytes of a block of this. */
  bytes: u32;
}

/** One for all lists of an index. */
@unmanaged
export class Layout {
  /** Numbers in a row, padded with zeros to a multiple of 16. */
  size: u32;
  /** Rows of a block, a power of two and at least 4. */
  rows: u32;
  /** METRIC_INNER_PRODUCT or METRIC_L2. */
  metric: u32;
  /** Share of |q||x| by which float32 sums can be off, and by which projections can. */
  epsilon: f32;
  leadEpsilon: f32;
  /** Offsets in a block. */
  floats: u32;
  norms: u32;
  /** What is added to a row's product for its key: 0, or minus its squared length (L2). */
  biases: u32;
  /** A row's number in the index, u32: it keeps it when it moves. */
  ordinals: u32;
  /** Codes of the whole rows, in the block; only their size counts where rows are not coded. */
  full: Stage;
  /** Codes of the rows' leading principal components, in a block of their own; size 0 when there are none. */
  lead: Stage;
  /** The principal directions, `lead.size` rows of `size` float32. */
  directions: usize;
  /** Ids by ordinal, float64, for ties; 0 when they grow with the ordinals. */
  ids: usize;
  /** One bit for each ordinal that a search may return; 0 for all. */
  allowed: usize;
}

@unmanaged
export class List {
  /** Table of the blocks' addresses. */
  blocks: usize;
  /** Table of their leads' addresses. */
  leads: usize;
  count: u32;
}

// @ts-ignore: decorators are AssemblyScript's
@inline export const METRIC_L2: u32 = 1;

// @ts-ignore: decorators are AssemblyScript's
@inline const STAGE_BYTES: u32 = offsetof<Stage>();

/** Up to the next cache line. */
// @ts-ignore: decorators are AssemblyScript's
@inline export function aligned(bytes: u32): u32 {
  return (bytes + 63) & ~63;
}

export function layoutBytes(): u32 {
  return offsetof<Layout>() + 2 * STAGE_BYTES;
}

export function listBytes(): u32 {
  return offsetof<List>();
}

/** Fills a Layout for rows of `d` numbers, without leads. @param coded whether there is room for int8 codes. */
export function layOut(layout: Layout, d: u32, rows: u32, metric: u32, coded: bool): void {
  memory.fill(changetype<usize>(layout), 0, layoutBytes());
  layout.size = (d + 15) & ~15;
  layout.rows = rows;
  layout.metric = metric;
  // docs/exact-search.md.
  layout.epsilon = (<f32>d + 64) / 16777216;
  layout.full = changetype<Stage>(changetype<usize>(layout) + offsetof<Layout>());
  layout.lead = changetype<Stage>(changetype<usize>(layout.full) + STAGE_BYTES);
  const numbers = 4 * rows;
  layout.norms = 4 * rows * layout.size;
  layout.biases = layout.norms + numbers;
  layout.ordinals = layout.biases + numbers;
  const end = layout.ordinals + numbers;
  layOutStage(layout.full, (d + 63) & ~63, rows, end);
  if (!coded) layout.full.bytes = aligned(end);
}

/** Adds leads of `size` components; `error` is how far the directions are from orthonormal (Frobenius norm). */
export function layOutLead(layout: Layout, size: u32, directions: usize, error: f32): void {
  layOutStage(layout.lead, size, layout.rows, 0);
  layout.directions = directions;
  layout.leadEpsilon = <f32>Math.sqrt(<f64>size) * layout.epsilon + error;
}

function layOutStage(stage: Stage, size: u32, rows: u32, start: u32): void {
  const numbers = 4 * rows;
  stage.size = size;
  stage.codes = aligned(start);
  stage.scales = stage.codes + rows * size;
  stage.rests = stage.scales + numbers;
  stage.tails = stage.rests + numbers;
  stage.sums = stage.tails + numbers;
  stage.bytes = stage.sums + numbers;
}

export function blockBytes(layout: Layout): u32 {
  return layout.full.bytes;
}

export function leadBlockBytes(layout: Layout): u32 {
  return layout.lead.bytes;
}

export function ordinalsOffset(layout: Layout): u32 {
  return layout.ordinals;
}

export function setList(list: List, blocks: usize, leads: usize, count: u32): void {
  list.blocks = blocks;
  list.leads = leads;
  list.count = count;
}

export function setIds(layout: Layout, ids: usize): void {
  layout.ids = ids;
}

export function setAllowed(layout: Layout, allowed: usize): void {
  layout.allowed = allowed;
}

// @ts-ignore: decorators are AssemblyScript's
@inline export function tableAt(table: usize, i: u32): usize {
  return <usize>load<u32>(table + ((<usize>i) << 2));
}

// @ts-ignore: decorators are AssemblyScript's
@inline export function isAllowed(layout: Layout, ordinal: u32): bool {
  return (load<u8>(layout.allowed + (ordinal >> 3)) & (1 << (ordinal & 7))) != 0;
}

// @ts-ignore: decorators are AssemblyScript's
@inline export function ordinalOf(layout: Layout, block: usize, row: u32): u32 {
  return load<u32>(block + layout.ordinals + ((<usize>row) << 2));
}

// @ts-ignore: decorators are AssemblyScript's
@inline export function floatsOf(layout: Layout, block: usize, row: u32): usize {
  return block + layout.floats + ((<usize>row * layout.size) << 2);
}

/** Of a row's first 64 codes; the next 64 are 256 bytes further: rows are interleaved by fours, a cache line each. */
// @ts-ignore: decorators are AssemblyScript's
@inline export function codesOf(stage: Stage, base: usize, row: u32): usize {
  return base + stage.codes + <usize>(row >> 2) * (stage.size << 2) + ((<usize>row & 3) << 6);
}

// @ts-ignore: decorators are AssemblyScript's
@inline export function numberAt(base: usize, property: u32, row: u32): f32 {
  return load<f32>(base + property + ((<usize>row) << 2));
}
