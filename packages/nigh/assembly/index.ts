/** All that the host may call. */
export {
  blockBytes,
  clearBlock,
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
export { rangeLists, searchLists, touched } from "./exact-scan";
export { dotFloats, dotsOfAll, squaredDistanceFloats } from "./float-distance";
export {
  comparedRows,
  examinedRows,
  floatsOfQuery,
  layOutQuery,
  prepareQuery,
  queryBytes,
  resultCount,
  resultsOf,
} from "./query";
export { copyRow, encodeLeads, encodeRows, rowRoomBytes } from "./rows";
