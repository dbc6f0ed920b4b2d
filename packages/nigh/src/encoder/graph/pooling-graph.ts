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

/** The tokens that are pooled. */
interface PooledTokens extends TokenEmbeddings {
  /** float32 [batch, sequence]: 1 for a token that is no padding. */
  readonly real: Value;
  /** float32 [batch, sequence]: 1 for a token that counts. */
  readonly mask: Value;
  /** float32 [batch, 1]: how many count. */
  readonly count: Value;
  /** Writes where the first one is, float32 [batch, 1] or a scalar. */
  first(): Value;
}

/**
 * Pools token embeddings into one vector a text, several modes side by side, as
 * sentence-transformers' Pooling module.
 *
 * @param prompt float32 [1], how many tokens at the start of each text do not count (`include_prompt` is
 * false); undefined where all do.
 * @returns float32 [batch, hidden x modes].
 */
export function poolTokens(
  graph: GraphBuilder,
  tokens: TokenEmbeddings,
  modes: readonly PoolingMode[],
  prompt?: Value,
): Value {
  const pooled = choose(graph, tokens, prompt);
  const parts = modes.map((mode) => pool(graph, pooled, mode));
  return parts.length === 1 ? (parts[0] as Value) : graph.op("Concat", parts, { axis: 1 });
}

function choose(graph: GraphBuilder, tokens: TokenEmbeddings, prompt?: Value): PooledTokens {
  const { positions, lengths } = tokens;
  const toFloat = (value: Value): Value => graph.op("Cast", [value], { to: ELEMENT_TYPES.float32 });
  const isReal = graph.op("Less", [positions, lengths]);
  const real = toFloat(isReal);
  if (prompt === undefined) {
    return { ...tokens, real, mask: real, count: lengths, first: () => graph.floats(0) };
  }
  const afterPrompt = graph.op("Not", [graph.op("Less", [positions, prompt])]);
  const mask = toFloat(graph.op("And", [isReal, afterPrompt]));
  const sum = graph.op("ReduceSum", [mask, graph.ints([1])], { keepdims: 1 });
  return {
    ...tokens,
    real,
    mask,
    count: graph.op("Max", [sum, graph.floats(1e-9)]),
    // Of a text that is all prompt, Python takes the first token.
    first: () => graph.op("Mul", [prompt, toFloat(graph.op("Greater", [lengths, prompt]))]),
  };
}

function pool(graph: GraphBuilder, tokens: PooledTokens, mode: PoolingMode): Value {
  const { lengths, positions, mask, count } = tokens;
  switch (mode) {
    case "mean":
      return weightedSum(graph, tokens, graph.op("Div", [mask, count]));
    case "mean_sqrt_len_tokens":
      return weightedSum(graph, tokens, graph.op("Div", [mask, graph.op("Sqrt", [count])]));
    case "weightedmean": {
      const weights = graph.op("Mul", [mask, graph.op("Add", [positions, graph.floats(1)])]);
      const sum = graph.op("ReduceSum", [weights, graph.ints([1])], { keepdims: 1 });
      return weightedSum(graph, tokens, graph.op("Div", [weights, sum]));
    }
    case "cls":
      return weightedSum(graph, tokens, oneHot(graph, positions, tokens.first(), tokens.real));
    case "lasttoken": {
      const last = graph.op("Sub", [lengths, graph.floats(1)]);
      return weightedSum(graph, tokens, oneHot(graph, positions, last, mask));
    }
    case "max": {
      // What does not count becomes the lowest float, so that it never is the largest.
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

/** @returns `mask` where it is at `position`, 0 elsewhere: float32 [batch, sequence] */
function oneHot(graph: GraphBuilder, positions: Value, position: Value, mask: Value): Value {
  const hit = graph.op("Cast", [graph.op("Equal", [positions, position])], {
    to: ELEMENT_TYPES.float32,
  });
  return graph.op("Mul", [mask, hit]);
}

/** @param weights float32 [batch, sequence] */
function weightedSum(graph: GraphBuilder, tokens: TokenEmbeddings, weights: Value): Value {
  const row = graph.op("Unsqueeze", [weights, graph.ints([1])]);
  return graph.op("Squeeze", [graph.op("MatMul", [row, tokens.values]), graph.ints([1])]);
}
