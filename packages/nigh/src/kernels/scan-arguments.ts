/** Arguments of `searchLists`. */
export type ScanArguments = readonly [
  layout: number,
  lists: number,
  listCount: number,
  queries: number,
  queryCount: number,
];
