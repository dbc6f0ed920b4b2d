import type { GraphBuilder, Value } from "./graph-builder.js";
import type { Linears, Projection } from "./linears.js";
import type { ModelWeights, Shapes } from "./model-weights.js";
import { ELEMENT_TYPES } from "./onnx-proto.js";
import type { TokenEmbeddings } from "./pooling-graph.js";

/** Names of a layer's weights as torch has them, without ".weight" and ".bias". */
export interface LayerNames {
  readonly query: string;
  readonly key: string;
  readonly value: string;
  readonly attentionOut: string;
  readonly attentionNorm: string;
  readonly up: string;
  readonly down: string;
  readonly outputNorm: string;
}

/**
 * What sets one architecture apart from the other encoders with layer norm after each block
 * (Devlin et al. 2018): sizes, names and positions.
 */
export interface EncoderPlan {
  readonly vocabulary: number;
  /** Length of a token's vector in the tables of words, positions and types, where it is not `hidden`. */
  readonly embedding?: number;
  /** Length of a token's vector. */
  readonly hidden: number;
  /** Length of the vector between a layer's two feed-forward matrices. */
  readonly inner: number;
  readonly layers: number;
  readonly heads: number;
  /** Rows of the table of positions. */
  readonly positions: number;
  readonly epsilon: number;
  /** One of HIDDEN_ACTIVATIONS. */
  readonly activation: string;
  names(layer: number): LayerNames;
  /** Rows of the table of token types, 0 where there is none. A single text is all of type 0, a second one mostly of type 1. */
  readonly tokenTypes: number;
  /**
   * Undefined: the first token has position 0. An id: as in fairseq, tokens other than this one are
   * counted from the id + 1 on, and those of this id all have the position of their id.
   */
  readonly paddingId: number | undefined;
  readonly attentionBias?: AttentionBias;
}

/** A learned bias of attention scores by the distance of two tokens, the same in all layers. */
export interface AttentionBias {
  readonly shapes: Shapes;
  /** @returns float32 [1, heads, sequence, sequence] */
  write(graph: GraphBuilder, weights: ModelWeights, sequence: Value): Value;
}

const WORDS = "embeddings.word_embeddings.weight";
const POSITIONS = "embeddings.position_embeddings.weight";
const TOKEN_TYPES = "embeddings.token_type_embeddings.weight";
/** From the tables' length to that of the layers, where they differ. */
const PROJECTION = "embeddings_project";

/** Tokens of a text that an encoder has positions for. */
export function longestText(plan: EncoderPlan): number {
  return plan.positions - (plan.paddingId === undefined ? 0 : plan.paddingId + 1);
}

/** The tensors of an encoder with their shapes, [out, in] as torch keeps them. */
export function encoderShapes(plan: EncoderPlan): Shapes {
  const { hidden, inner, embedding = hidden } = plan;
  const shapes = new Map<string, readonly number[]>();
  const normalization = (name: string, size = hidden): void => {
    for (const part of ["weight", "bias"]) shapes.set(`${name}.${part}`, [size]);
  };
  const linear = (name: string, outputs: number, inputs: number): void => {
    shapes.set(`${name}.weight`, [outputs, inputs]).set(`${name}.bias`, [outputs]);
  };
  shapes.set(WORDS, [plan.vocabulary, embedding]).set(POSITIONS, [plan.positions, embedding]);
  if (plan.tokenTypes > 0) shapes.set(TOKEN_TYPES, [plan.tokenTypes, embedding]);
  normalization("embeddings.LayerNorm", embedding);
  if (embedding !== hidden) linear(PROJECTION, hidden, embedding);
  for (let layer = 0; layer < plan.layers; layer++) {
    const names = plan.names(layer);
    for (const name of [names.query, names.key, names.value, names.attentionOut]) {
      linear(name, hidden, hidden);
    }
    normalization(names.attentionNorm);
    linear(names.up, inner, hidden);
    linear(names.down, hidden, inner);
    normalization(names.outputNorm);
  }
  for (const [name, shape] of plan.attentionBias?.shapes ?? []) shapes.set(name, shape);
  return shapes;
}

/**
 * An encoder over right-padded texts.
 *
 * Inputs of the graph: `ids` int32 [batch, sequence], `lengths` int32 [batch] (real tokens a text), and with `pairs`
 * where the model has several token types `types` int32 [batch, sequence].
 */
export function encoderGraph(
  graph: GraphBuilder,
  weights: ModelWeights,
  linears: Linears,
  plan: EncoderPlan,
  { pairs }: { readonly pairs: boolean } = { pairs: false },
): TokenEmbeddings {
  const ids = graph.input("ids", "int32", ["batch", "sequence"]);
  const lengths = graph.input("lengths", "int32", ["batch"]);
  const sequence = graph.op("Gather", [graph.op("Shape", [ids]), graph.ints([1])], { axis: 0 });
  const hasTypes = pairs && plan.tokenTypes > 1;
  const types = hasTypes ? graph.input("types", "int32", ["batch", "sequence"]) : undefined;

  const layerNorm = (x: Value, name: string): Value =>
    graph.op(
      "LayerNormalization",
      [x, weights.value(`${name}.weight`), weights.value(`${name}.bias`)],
      { axis: -1, epsilon: { float: plan.epsilon } },
    );
  const addAndNorm = (part: Projection, residual: Value, name: string): Value =>
    layerNorm(graph.op("Add", [graph.op("Add", [part.output, part.bias]), residual]), name);

  let hidden = layerNorm(
    embed(graph, weights, plan, { ids, types, sequence }),
    "embeddings.LayerNorm",
  );
  if ((plan.embedding ?? plan.hidden) !== plan.hidden) {
    hidden = linear(graph, weights, hidden, PROJECTION);
  }
  const attentionBias = plan.attentionBias?.write(graph, weights, sequence);
  for (let layer = 0; layer < plan.layers; layer++) {
    const names = plan.names(layer);
    const [query, key, value] = linears.project({ layer, kind: "attention-in" }, hidden, [
      names.query,
      names.key,
      names.value,
    ]) as [Projection, Projection, Projection];
    const bias = graph.op("Concat", [query.bias, key.bias, value.bias], { axis: 0 });
    const attended = graph.microsoft(
      "MultiHeadAttention",
      [query.output, key.output, value.output, bias, lengths].concat(attentionBias ?? []),
      { num_heads: plan.heads },
    );
    const [out] = linears.project({ layer, kind: "attention-out" }, attended, [
      names.attentionOut,
    ]) as [Projection];
    hidden = addAndNorm(out, hidden, names.attentionNorm);

    const { up, down } = names;
    const { activation } = plan;
    const inner = linears.feedForward(hidden, { layer, up, down, activation });
    hidden = addAndNorm(inner, hidden, names.outputNorm);
  }
  return tokenEmbeddings(graph, hidden, lengths, sequence);
}

/**
 * What pooling needs to know of the last layer's output.
 *
 * @param values float32 [batch, sequence, hidden]
 * @param lengths int32 [batch]
 * @param sequence int64 [1]
 */
export function tokenEmbeddings(
  graph: GraphBuilder,
  values: Value,
  lengths: Value,
  sequence: Value,
): TokenEmbeddings {
  const count = graph.op("Squeeze", [graph.op("Cast", [sequence], { to: ELEMENT_TYPES.float32 })]);
  return {
    values,
    lengths: graph.op("Cast", [graph.op("Unsqueeze", [lengths, graph.ints([1])])], {
      to: ELEMENT_TYPES.float32,
    }),
    positions: graph.op("Range", [graph.floats(0), count, graph.floats(1)]),
  };
}

/** A linear layer in float32, torch's name without ".weight" and ".bias". */
export function linear(
  graph: GraphBuilder,
  weights: ModelWeights,
  input: Value,
  name: string,
): Value {
  const matrix = weights.value(`${name}.weight`);
  const product = graph.microsoft("FusedMatMul", [input, matrix], { transB: 1 });
  return graph.op("Add", [product, weights.value(`${name}.bias`)]);
}

/** Words + positions + token type, [batch, sequence, hidden]. */
function embed(
  graph: GraphBuilder,
  weights: ModelWeights,
  plan: EncoderPlan,
  { ids, types, sequence }: { ids: Value; types: Value | undefined; sequence: Value },
): Value {
  // Rows are picked before the cast: the table stays in half precision, a third of the model's memory.
  const rows = (name: string, which: Value): Value =>
    weights.asFloat32(name, graph.op("Gather", [weights.stored(name), which]));
  const first = (name: string, count: Value): Value =>
    weights.asFloat32(
      name,
      graph.op("Slice", [weights.stored(name), graph.ints([0]), count, graph.ints([0])]),
    );
  const words = rows(WORDS, ids);
  const positions =
    plan.paddingId === undefined
      ? first(POSITIONS, sequence)
      : rows(POSITIONS, countedPositions(graph, ids, plan.paddingId));
  if (plan.tokenTypes === 0) return graph.op("Add", [words, positions]);
  const type = types === undefined ? first(TOKEN_TYPES, graph.ints([1])) : rows(TOKEN_TYPES, types);
  return graph.op("Add", [words, graph.op("Add", [positions, type])]);
}

/** Positions as fairseq counts them, int32 [batch, sequence]. */
function countedPositions(graph: GraphBuilder, ids: Value, paddingId: number): Value {
  const padding = graph.op("Cast", [graph.ints(paddingId)], { to: ELEMENT_TYPES.int32 });
  const real = graph.op("Cast", [graph.op("Not", [graph.op("Equal", [ids, padding])])], {
    to: ELEMENT_TYPES.int32,
  });
  const count = graph.op("CumSum", [real, graph.ints(1)]);
  return graph.op("Add", [graph.op("Mul", [count, real]), padding]);
}
