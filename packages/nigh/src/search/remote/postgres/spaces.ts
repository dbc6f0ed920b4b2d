import type { Space } from "../../collections/configuration.js";

/** How pgvector says a space. */
interface SpaceSql {
  readonly operator: string;
  readonly operatorClass: string;
  /** nigh's distance, of what the operator gives. */
  readonly distance: (given: string) => string;
}

export const SPACE_SQL: Readonly<Record<Space, SpaceSql>> = {
  // The angle to a vector without a length is none: its cosine counts as 0.
  cosine: {
    operator: "<=>",
    operatorClass: "vector_cosine_ops",
    distance: (given) => `coalesce(nullif(${given}, 'NaN'), 1)`,
  },
  l2: {
    operator: "<->",
    operatorClass: "vector_l2_ops",
    distance: (given) => `power(${given}, 2)`,
  },
  // pgvector's is minus the inner product.
  ip: {
    operator: "<#>",
    operatorClass: "vector_ip_ops",
    distance: (given) => `1 + (${given})`,
  },
};

/** Most dimensions of an HNSW index. */
export const MOST_INDEXED_DIMENSIONS = 2000;
/** Most dimensions of a vector. */
export const MOST_DIMENSIONS = 16_000;
