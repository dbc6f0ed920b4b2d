import type { BertConfig } from "../model-folder.js";
import type { GraphBuilder, Value } from "./graph-builder.js";
import type { Linears, Projection } from "./linears.js";
import type { ModelWeights, Shapes } from "./model-weights.js";
import { ELEMENT_TYPES } from "./onnx-proto.js";
import type { TokenEmbeddings } from "./pooling-graph.js";

/** Fused operators of onnxruntime that add a bias and apply the activation. */
const BIAS_ACTIVATIONS: Readonly<Record<string, "BiasGelu" | "FastGelu">> = {
  gelu: "BiasGelu",
  gelu_new: "FastGelu",
  gelu_fast: "FastGelu",
  gelu_pytorch_tanh: "FastGelu",
};

export function isKnownActivation(name: string): boolean {
  return Object.hasOwn(BIAS_ACTIVATIONS, name) || name === "relu";
}

/** The tensors of a BERT with their shapes, [out, in] as torch keeps them. */
export function bertShapes(config: BertConfig): Shapes {
  const { hidden_size: hidden, intermediate_size: inner } = config;
  const shapes = new Map<string, readonly number[]>();
  const normalization = (name: string): void => {
    for (const part of ["weight", "bias"]) shapes.set(`${name}.LayerNorm.${part}`, [hidden]);
  };
  const linear = (name: string, outputs: number, inputs: number): void => {
    shapes.set(`${name}.weight`, [outputs, inputs]).set(`${name}.bias`, [outputs]);
  };
  shapes
    .set("embeddings.word_embeddings.weight", [config.vocab_size, hidden])
    .set("embeddings.position_embeddings.weight", [config.max_position_embeddings, hidden])
    .set("embeddings.token_type_embeddings.weight", [config.type_vocab_size, hidden]);
  normalization("embeddings");
  for (let layer = 0; layer < config.num_hidden_layers; layer++) {
    const name = `encoder.layer.${layer}`;
    for (const part of ["self.query", "self.key", "self.value", "output.dense"]) {
      linear(`${name}.attention.${part}`, hidden, hidden);
    }
    normalization(`${name}.attention.output`);
    linear(`${name}.intermediate.dense`, inner, hidden);
    linear(`${name}.output.dense`, hidden, inner);
    normalization(`${name}.output`);
  }
  return shapes;
}

/**
 * A BERT encoder (Devlin et al. 2018, post-layer-norm) over right-padded texts.
 *
 * Inputs of the graph: `ids` int32 [batch, sequence], `lengths` int32 [batch] (real tokens a text).
 */
export function bertGraph(
  graph: GraphBuilder,
  weights: ModelWeights,
  linears: Linears,
  config: BertConfig,
): TokenEmbeddings {
  const ids = graph.input("ids", "int32", ["batch", "sequence"]);
  const lengths = graph.input("lengths", "int32", ["batch"]);
  const sequence = graph.op("Gather", [graph.op("Shape", [ids]), graph.ints([1])], { axis: 0 });

  const layerNorm = (x: Value, name: string): Value =>
    graph.op(
      "LayerNormalization",
      [x, weights.value(`${name}.weight`), weights.value(`${name}.bias`)],
      {
        axis: -1,
        epsilon: { float: config.layer_norm_eps },
      },
    );
  const addAndNorm = (part: Projection, residual: Value, name: string): Value =>
    layerNorm(graph.op("Add", [graph.op("Add", [part.output, part.bias]), residual]), name);

  let hidden = layerNorm(embeddings(graph, weights, ids, sequence), "embeddings.LayerNorm");
  for (let layer = 0; layer < config.num_hidden_layers; layer++) {
    const name = `encoder.layer.${layer}`;
    const [query, key, value] = linears.project(
      { layer, kind: "attention-in" },
      hidden,
      ["query", "key", "value"].map((part) => `${name}.attention.self.${part}`),
    ) as [Projection, Projection, Projection];
    const bias = graph.op("Concat", [query.bias, key.bias, value.bias], { axis: 0 });
    const attended = graph.microsoft(
      "MultiHeadAttention",
      [query.output, key.output, value.output, bias, lengths],
      {
        num_heads: config.num_attention_heads,
      },
    );
    const [out] = linears.project({ layer, kind: "attention-out" }, attended, [
      `${name}.attention.output.dense`,
    ]) as [Projection];
    hidden = addAndNorm(out, hidden, `${name}.attention.output.LayerNorm`);

    const [up] = linears.project({ layer, kind: "feed-forward-up" }, hidden, [
      `${name}.intermediate.dense`,
    ]) as [Projection];
    const activated = activate(graph, up, config.hidden_act);
    const [down] = linears.project({ layer, kind: "feed-forward-down" }, activated, [
      `${name}.output.dense`,
    ]) as [Projection];
    hidden = addAndNorm(down, hidden, `${name}.output.LayerNorm`);
  }

  const count = graph.op("Squeeze", [graph.op("Cast", [sequence], { to: ELEMENT_TYPES.float32 })]);
  return {
    values: hidden,
    lengths: graph.op("Cast", [graph.op("Unsqueeze", [lengths, graph.ints([1])])], {
      to: ELEMENT_TYPES.float32,
    }),
    positions: graph.op("Range", [graph.floats(0), count, graph.floats(1)]),
  };
}

/** Words + positions + the one token type that sentence encoders use, [batch, sequence, hidden]. */
function embeddings(
  graph: GraphBuilder,
  weights: ModelWeights,
  ids: Value,
  sequence: Value,
): Value {
  const first = (name: string, rows: Value): Value =>
    weights.asFloat32(
      name,
      graph.op("Slice", [weights.stored(name), graph.ints([0]), rows, graph.ints([0])]),
    );
  const table = "embeddings.word_embeddings.weight";
  // Rows are picked before the cast: the table stays in half precision, a third of the model's memory.
  const words = weights.asFloat32(table, graph.op("Gather", [weights.stored(table), ids]));
  const positions = first("embeddings.position_embeddings.weight", sequence);
  const type = first("embeddings.token_type_embeddings.weight", graph.ints([1]));
  return graph.op("Add", [words, graph.op("Add", [positions, type])]);
}

function activate(graph: GraphBuilder, input: Projection, activation: string): Value {
  const fused = BIAS_ACTIVATIONS[activation];
  if (fused) return graph.microsoft(fused, [input.output, input.bias]);
  return graph.op("Relu", [graph.op("Add", [input.output, input.bias])]);
}
