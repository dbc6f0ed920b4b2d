import { activateWithBias } from "./activations.js";
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

/** The two matrices of a feed-forward block (torch names without ".weight") and what is between them. */
export interface FeedForward {
  readonly layer: number;
  readonly up: string;
  readonly down: string;
  readonly activation: string;
}

/** The linear layers of a transformer, in the precision that it is built for. */
export interface Linears {
  /** Applies the named layers (torch names without ".weight") to one input [batch, sequence, in]. */
  project(site: LinearSite, input: Value, names: readonly string[]): readonly Projection[];
  feedForward(input: Value, block: FeedForward): Projection;
}

/** A feed-forward block, one matrix after the other. */
export function feedForward(
  graph: GraphBuilder,
  linears: Pick<Linears, "project">,
  input: Value,
  { layer, up, down, activation }: FeedForward,
): Projection {
  const [inner] = linears.project({ layer, kind: "feed-forward-up" }, input, [up]) as [Projection];
  const activated = activateWithBias(graph, inner, activation);
  const site: LinearSite = { layer, kind: "feed-forward-down" };
  return (linears.project(site, activated, [down]) as [Projection])[0];
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
  feedForward(input: Value, block: FeedForward): Projection {
    return feedForward(this.#graph, this, input, block);
  }
}
