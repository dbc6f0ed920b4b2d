import type { HeadLayers } from "../graph/architecture.js";

/** Makes a number for each label of a pair of texts, from the vector of its first token: the end of a cross-encoder. */
export interface ClassificationHead {
  readonly kind: "ClassificationHead";
  readonly labels: number;
  /** Its layers, and the length of a token's vector; undefined where they are part of an exported encoder. */
  readonly layers: (HeadLayers & { readonly hidden: number }) | undefined;
}
