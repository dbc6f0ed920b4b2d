/** All that the host may call. */
export {
  blockBytes,
  layOut,
  layOutLead,
  layoutBytes,
  leadBlockBytes,
  listBytes,
  ordinalsOffset,
  setAllowed,
  setIds,
  setList,
} from "./blocks";
export {
  centroidsOf,
  clusterBytes,
  countsOf,
  distancesOf,
  labelsOf,
  layOutClusters,
  movesOf,
  sumsOf,
} from "./clusters";
export { multiplyRows, rangeLists, searchLists } from "./exact-scan";
export { dotFloats, dotsOfAll, squaredDistanceFloats } from "./float-distance";
export { decodeUnitRows } from "./decode-steps";
export { hammingKeys } from "./hamming";
export { assignBlock, beginStep, lowerDistances } from "./k-means";
export { offer, sortHeap } from "./nearest-heap";
export { encodeNibbleQuery, encodeNibbles, fromNibbles, nibbleProducts } from "./nibbles";
export {
  comparedRows,
  floatsOfQuery,
  layOutQuery,
  prepareQuery,
  queryBytes,
  resultCount,
  resultsOf,
} from "./query";
export { copyRow, encodeLeads, encodeRows, measureRows, rowRoomBytes } from "./rows";
export {
  clearLinks,
  encodeNode,
  entryOf,
  graphBytes,
  layOutGraph,
  levelOf,
  linksOf,
  maxLevelOf,
  nodeBlockBytes,
  setEntry,
  setRooms,
  setTables,
  upperOf,
} from "./graph";
export { insertRow, mendRow } from "./graph-build";
export { rangeGraph, scanGraph } from "./graph-scan";
export { searchGraph } from "./graph-walk";
export {
  completeScalar,
  decodeScalar,
  encodeScalar,
  rangeScalar,
  scalarRowsBytes,
  searchScalar,
} from "./scalar-rows";
export { touched } from "./touch";
