import type { ClassificationHead } from "../modules/classification-head.js";
import type { DenseModule } from "../modules/dense.js";
import type { FeatureName } from "../modules/features.js";
import type { LayerNormModule } from "../modules/layer-norm.js";
import type { FollowingModule } from "../modules/module.js";
import { activate } from "./activations.js";
import { linear } from "./encoder-graph.js";
import type { GraphBuilder, Value } from "./graph-builder.js";
import type { ModelWeights, Shapes } from "./model-weights.js";
import { ELEMENT_TYPES } from "./onnx-proto.js";
import { poolTokens, type TokenEmbeddings } from "./pooling-graph.js";

/** torch.nn.LayerNorm's default. */
const LAYER_NORM_EPSILON = 1e-5;

/** A module with weights; those of a head lie with the encoder's. */
export type WeightedModule = DenseModule | LayerNormModule | ClassificationHead;

/** The tensors of a module with their shapes. */
export function moduleShapes(module: WeightedModule): Shapes {
  if (module.kind === "LayerNorm") {
    const shape = [module.dimension];
    return new Map(["norm.weight", "norm.bias"].map((name) => [name, shape]));
  }
  if (module.kind === "ClassificationHead") return headShapes(module);
  const { inputs, outputs } = module;
  const shapes = new Map<string, readonly number[]>([["linear.weight", [outputs, inputs]]]);
  if (module.bias) shapes.set("linear.bias", [outputs]);
  if (hasResidualMatrix(module)) shapes.set("residual.weight", [outputs, inputs]);
  return shapes;
}

function headShapes({ labels, layers }: ClassificationHead): Shapes {
  if (layers === undefined) return new Map();
  const { hidden } = layers;
  return new Map([
    [`${layers.dense}.weight`, [hidden, hidden]],
    [`${layers.dense}.bias`, [hidden]],
    [`${layers.out}.weight`, [labels, hidden]],
    [`${layers.out}.bias`, [labels]],
  ]);
}

/**
 * The modules behind the transformer, one after the other. `prompt` int32 [1] becomes an input of the
 * graph where a module leaves prompts out.
 *
 * @param open gives the weights of a module.
 * @returns float32 [batch, dimension]
 */
export function moduleGraphs(
  graph: GraphBuilder,
  tokens: TokenEmbeddings,
  modules: readonly FollowingModule[],
  open: (module: WeightedModule) => ModelWeights,
): Value {
  const features: Record<FeatureName, Value> = {
    token_embeddings: tokens.values,
    sentence_embedding: "",
  };
  let prompt: Value | undefined;
  for (const module of modules) {
    switch (module.kind) {
      case "Pooling":
        if (!module.includePrompt) prompt ??= promptInput(graph);
        features.sentence_embedding = poolTokens(
          graph,
          { ...tokens, values: features.token_embeddings },
          module.modes,
          module.includePrompt ? undefined : prompt,
        );
        break;
      case "Normalize":
        features[module.output] = normalizeVectors(graph, features[module.input]);
        break;
      case "Dense":
        features[module.output] = dense(graph, features[module.input], module, open(module));
        break;
      case "LayerNorm": {
        const weights = open(module);
        features.sentence_embedding = graph.op(
          "LayerNormalization",
          [features.sentence_embedding, weights.value("norm.weight"), weights.value("norm.bias")],
          { axis: -1, epsilon: { float: LAYER_NORM_EPSILON } },
        );
        break;
      }
      case "ClassificationHead":
        features.sentence_embedding = classify(graph, tokens, module, open(module));
        break;
    }
  }
  return features.sentence_embedding;
}

/** @returns float32 [batch, labels], before any activation. */
function classify(
  graph: GraphBuilder,
  tokens: TokenEmbeddings,
  { layers }: ClassificationHead,
  weights: ModelWeights,
): Value {
  if (layers === undefined) throw new TypeError("the head is part of the encoder");
  const first = graph.op("Gather", [tokens.values, graph.ints(0)], { axis: 1 });
  const inner = activate(graph, linear(graph, weights, first, layers.dense), layers.activation);
  return linear(graph, weights, inner, layers.out);
}

function dense(
  graph: GraphBuilder,
  input: Value,
  module: DenseModule,
  weights: ModelWeights,
): Value {
  const multiply = (name: string): Value =>
    graph.microsoft("FusedMatMul", [input, weights.value(name)], { transB: 1 });
  const product = multiply("linear.weight");
  const sum = module.bias ? graph.op("Add", [product, weights.value("linear.bias")]) : product;
  const output = activate(graph, sum, module.activation);
  if (!module.residual) return output;
  const residual = hasResidualMatrix(module) ? multiply("residual.weight") : input;
  return graph.op("Add", [output, residual]);
}

function hasResidualMatrix({ residual, inputs, outputs }: DenseModule): boolean {
  return residual && inputs !== outputs;
}

function promptInput(graph: GraphBuilder): Value {
  const prompt = graph.input("prompt", "int32", [1]);
  return graph.op("Cast", [prompt], { to: ELEMENT_TYPES.float32 });
}

/** Scales each vector to length 1; those of length 0 stay, as torch.nn.functional.normalize does. */
function normalizeVectors(graph: GraphBuilder, vectors: Value): Value {
  const norm = graph.op("ReduceL2", [vectors], { axes: [-1], keepdims: 1 });
  return graph.op("Div", [vectors, graph.op("Max", [norm, graph.floats(1e-12)])]);
}
