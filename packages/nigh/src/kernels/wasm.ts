import { bytesOfBase64 } from "../shared/bytes.js";
import { hasRightRelaxedSimd } from "./relaxed-simd.js";
import { plain, plainShared, relaxed, relaxedShared } from "./wasm-binaries.js";

/**
 * What the WebAssembly module exports: the functions of packages/nigh/assembly, where they are explained. Numbers named after things
 * in memory are byte addresses.
 */
export interface Kernels {
  /** Inner product of two rows, the float32 scan's score to the bit; `size` is a multiple of 4. */
  dotFloats(a: number, b: number, size: number): number;
  squaredDistanceFloats(a: number, b: number, size: number): number;
  dotsOfAll(
    rows: number,
    count: number,
    others: number,
    otherCount: number,
    size: number,
    out: number,
  ): void;

  decodeUnitRows(
    codes: number,
    count: number,
    size: number,
    turned: number,
    first: number,
    step: number,
    out: number,
  ): void;
  hammingKeys(rows: number, count: number, bytes: number, query: number, out: number): void;

  layoutBytes(): number;
  listBytes(): number;
  layOut(layout: number, d: number, rows: number, metric: number, coded: boolean): void;
  layOutLead(layout: number, size: number, directions: number, error: number): void;
  blockBytes(layout: number): number;
  leadBlockBytes(layout: number): number;
  ordinalsOffset(layout: number): number;
  setList(list: number, blocks: number, leads: number, count: number): void;
  setIds(layout: number, ids: number): void;
  setAllowed(layout: number, allowed: number): void;

  rowRoomBytes(layout: number): number;
  encodeRows(
    layout: number,
    block: number,
    lead: number,
    first: number,
    count: number,
    room: number,
  ): number;
  measureRows(layout: number, block: number, first: number, count: number): number;
  encodeLeads(
    layout: number,
    block: number,
    lead: number,
    first: number,
    count: number,
    room: number,
  ): void;
  copyRow(
    layout: number,
    from: number,
    fromLead: number,
    fromRow: number,
    to: number,
    toLead: number,
    toRow: number,
  ): void;

  queryBytes(layout: number, k: number, places: number): number;
  layOutQuery(layout: number, query: number, k: number, places: number): void;
  floatsOfQuery(query: number): number;
  prepareQuery(layout: number, query: number): void;
  resultsOf(query: number): number;
  resultCount(query: number): number;
  comparedRows(query: number): number;

  searchLists(
    layout: number,
    lists: number,
    listCount: number,
    queries: number,
    queryCount: number,
  ): void;
  multiplyRows(codes: number, size: number, query: number, rows: number, out: number): void;
  offer(heap: number, key: number, ordinal: number): void;
  sortHeap(heap: number): void;

  encodeNibbles(
    floats: number,
    norm: number,
    count: number,
    size: number,
    planes: number,
    codes: number,
    room: number,
    facts: number,
  ): void;
  encodeNibbleQuery(
    floats: number,
    count: number,
    size: number,
    planes: number,
    query: number,
    room: number,
  ): void;
  fromNibbles(codes: number, size: number, planes: number, query: number): void;
  nibbleProducts(rows: number, query: number, size: number, out: number): void;

  graphBytes(layout: number): number;
  nodeBlockBytes(graph: number): number;
  encodeNode(graph: number, row: number, room: number): void;
  layOutGraph(graph: number, layout: number, links0: number, linksUp: number): void;
  setTables(
    graph: number,
    blocks: number,
    nodes: number,
    visited: number,
    visitedSize: number,
    dead: number,
  ): void;
  setRooms(graph: number, waiting: number, chosen: number, pool: number, others: number): void;
  setEntry(graph: number, entry: number, maxLevel: number): void;
  entryOf(graph: number): number;
  maxLevelOf(graph: number): number;
  levelOf(graph: number, row: number): number;
  linksOf(graph: number, row: number, level: number): number;
  upperOf(graph: number, row: number): number;
  clearLinks(graph: number, row: number, level: number, upper: number): void;
  insertRow(graph: number, query: number, row: number, ef: number): void;
  mendRow(graph: number, row: number, level: number, room: number): number;
  searchGraph(graph: number, query: number, ef: number, compared: number): void;
  scanGraph(graph: number, query: number, top: number): void;
  rangeGraph(
    graph: number,
    query: number,
    top: number,
    least: number,
    found: number,
    room: number,
  ): number;

  rangeLists(
    layout: number,
    lists: number,
    listCount: number,
    queries: number,
    least: number,
    found: number,
    room: number,
  ): number;

  clusterBytes(layout: number, k: number, rows: number): number;
  layOutClusters(layout: number, clusters: number, k: number, rows: number, bounds: number): void;
  centroidsOf(clusters: number): number;
  movesOf(clusters: number): number;
  sumsOf(clusters: number): number;
  countsOf(clusters: number): number;
  labelsOf(clusters: number): number;
  distancesOf(clusters: number): number;
  beginStep(layout: number, clusters: number): void;
  assignBlock(
    layout: number,
    list: number,
    clusters: number,
    block: number,
    first: boolean,
  ): number;
  lowerDistances(
    size: number,
    rows: number,
    count: number,
    target: number,
    distances: number,
  ): void;

  scalarRowsBytes(): number;
  encodeScalar(rows: number, block: number, row: number): void;
  completeScalar(rows: number, block: number, row: number): void;
  decodeScalar(rows: number, block: number, row: number): void;
  searchScalar(rows: number): void;
  rangeScalar(rows: number, least: number): number;
}

/** Whether this runtime multiplies int8 numbers in one instruction (relaxed SIMD: Node 22 and today's browsers). */
export const hasRelaxedSimd: boolean = hasRightRelaxedSimd();

const binaries = { plain, plainShared, relaxed, relaxedShared };
const modules = new Map<string, WebAssembly.Module>();

/** The module compiled for memory of one thread or shared by several. */
export function kernelModule(shared: boolean): WebAssembly.Module {
  const name = `${hasRelaxedSimd ? "relaxed" : "plain"}${shared ? "Shared" : ""}` as const;
  let module = modules.get(name);
  if (module === undefined) {
    module = new WebAssembly.Module(bytesOfBase64(binaries[name]));
    modules.set(name, module);
  }
  return module;
}

/** What returns an address: WebAssembly's 32 bits come as a signed number, below 0 from 2 GiB on. */
const ADDRESSES = [
  "centroidsOf",
  "countsOf",
  "distancesOf",
  "floatsOfQuery",
  "labelsOf",
  "linksOf",
  "movesOf",
  "resultsOf",
  "sumsOf",
  "upperOf",
] as const satisfies readonly (keyof Kernels)[];

/** Kernels that work in `memory`. */
export function instantiateKernels(
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
): Kernels {
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  const kernels = { ...exports } as unknown as Kernels;
  for (const name of ADDRESSES) {
    const signed = exports[name] as (a: number, b?: number, c?: number) => number;
    // No rest parameters: these are called for each query. What is too many is ignored.
    kernels[name] = (a: number, b?: number, c?: number) => signed(a, b, c) >>> 0;
  }
  return kernels;
}
