import type { GraphBuilder, Value } from "./graph-builder.js";
import type { ModelWeights } from "./model-weights.js";

/** Where in a layer a linear map stands: what feeds it decides how it may be quantized. */
export const LINEAR_SITES = [
  "attention-in",
  "attention-out",
  "feed-forward-up",
  "feed-forward-down",
] as const;
export interface LinearSite {
  readonly layer: number;
  readonly kind: (typeof LINEAR_SITES)[number];
}

/** x W^T of a linear layer, and its bias for the next operator to add (fused operators take it). */
export interface Projection {
  readonly output: Value;
  readonly bias: Value;
}

/** The linear layers of a transformer, in the precision that it is built for. */
export interface Linears {
  /** Applies the named layers (torch names without ".weight") to one input [batch, sequence, in]. */
  project(site: LinearSite, input: Value, names: readonly string[]): readonly Projection[];
}

/** Linear layers in float32. */
export class FloatLinears implements Linears {
  readonly #graph: GraphBuilder;
  readonly #weights: ModelWeights;

  constructor(graph: GraphBuilder, weights: ModelWeights) {
    this.#graph = graph;
    this.#weights = weights;
  }

  project(_site: LinearSite, input: Value, names: readonly string[]): readonly Projection[] {
    return names.map((name) => ({
      // torch keeps [out, in]; transB reads it so, without a transposed copy.
      output: this.#graph.microsoft(
        "FusedMatMul",
        [input, this.#weights.matrix(`${name}.weight`)],
        {
          transB: 1,
        },
      ),
      bias: this.#weights.value(`${name}.bias`),
    }));
  }
}
