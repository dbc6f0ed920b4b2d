import type { GraphBuilder, Value } from "./graph-builder.js";
import { ELEMENT_TYPES } from "./onnx-proto.js";

/** Names as sentence-transformers 6.x spells them. */
export const POOLING_MODES = [
  "cls",
  "max",
  "mean",
  "mean_sqrt_len_tokens",
  "weightedmean",
  "lasttoken",
] as const;
export type PoolingMode = (typeof POOLING_MODES)[number];

/** What a transformer leaves for pooling. Texts are padded on the right. */
export interface TokenEmbeddings {
  /** float32 [batch, sequence, hidden] */
  readonly values: Value;
  /** float32 [batch, 1]: real tokens of each text. */
  readonly lengths: Value;
  /** float32 [sequence]: 0, 1, 2, … */
  readonly positions: Value;
}

/**
 * Pools token embeddings into one vector a text, several modes side by side, as
 * sentence-transformers' Pooling module.
 *
 * @returns float32 [batch, hidden x modes].
 */
export function poolTokens(
  graph: GraphBuilder,
  tokens: TokenEmbeddings,
  modes: readonly PoolingMode[],
): Value {
  const real = graph.op("Less", [tokens.positions, tokens.lengths]);
  const mask = graph.op("Cast", [real], { to: ELEMENT_TYPES.float32 });
  const pooled = modes.map((mode) => pool(graph, tokens, mask, mode));
  return pooled.length === 1 ? (pooled[0] as Value) : graph.op("Concat", pooled, { axis: 1 });
}

function pool(graph: GraphBuilder, tokens: TokenEmbeddings, mask: Value, mode: PoolingMode): Value {
  const { lengths, positions } = tokens;
  switch (mode) {
    case "mean":
      return weightedSum(graph, tokens, graph.op("Div", [mask, lengths]));
    case "mean_sqrt_len_tokens":
      return weightedSum(graph, tokens, graph.op("Div", [mask, graph.op("Sqrt", [lengths])]));
    case "weightedmean": {
      const weights = graph.op("Mul", [mask, graph.op("Add", [positions, graph.floats(1)])]);
      const sum = graph.op("ReduceSum", [weights, graph.ints([1])], { keepdims: 1 });
      return weightedSum(graph, tokens, graph.op("Div", [weights, sum]));
    }
    case "cls":
      return weightedSum(graph, tokens, oneHot(graph, tokens, mask, graph.floats(0)));
    case "lasttoken":
      return weightedSum(
        graph,
        tokens,
        oneHot(graph, tokens, mask, graph.op("Sub", [lengths, graph.floats(1)])),
      );
    case "max": {
      // Padding becomes the lowest float, so that it never is the largest.
      const hidden = graph.op("Mul", [
        graph.op("Sub", [mask, graph.floats(1)]),
        graph.floats(3.4e38),
      ]);
      const shifted = graph.op("Add", [
        tokens.values,
        graph.op("Unsqueeze", [hidden, graph.ints([2])]),
      ]);
      return graph.op("ReduceMax", [shifted], { axes: [1], keepdims: 0 });
    }
  }
}

function oneHot(graph: GraphBuilder, tokens: TokenEmbeddings, mask: Value, position: Value): Value {
  // Times the mask only to get the shape [batch, sequence] where `position` is a scalar.
  const hit = graph.op("Cast", [graph.op("Equal", [tokens.positions, position])], {
    to: ELEMENT_TYPES.float32,
  });
  return graph.op("Mul", [mask, hit]);
}

/** @param weights float32 [batch, sequence] */
function weightedSum(graph: GraphBuilder, tokens: TokenEmbeddings, weights: Value): Value {
  const row = graph.op("Unsqueeze", [weights, graph.ints([1])]);
  return graph.op("Squeeze", [graph.op("MatMul", [row, tokens.values]), graph.ints([1])]);
}

/** Scales each row to length 1; rows of length 0 stay, as torch.nn.functional.normalize does. */
export function normalizeRows(graph: GraphBuilder, vectors: Value): Value {
  const norm = graph.op("ReduceL2", [vectors], { axes: [1], keepdims: 1 });
  return graph.op("Div", [vectors, graph.op("Max", [norm, graph.floats(1e-12)])]);
}
