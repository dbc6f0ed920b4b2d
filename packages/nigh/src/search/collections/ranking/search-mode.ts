export const SEARCH_MODES = ["semantic", "keyword", "hybrid"] as const;

/** By meaning, by words, or by both. */
export type SearchMode = (typeof SEARCH_MODES)[number];
