import type { GraphBuilder, Value } from "./graph-builder.js";
import type { Projection } from "./linears.js";

/** Fused operators of onnxruntime that add a bias and apply the activation. */
const WITH_BIAS: Readonly<Record<string, "BiasGelu" | "FastGelu">> = {
  gelu: "BiasGelu",
  gelu_python: "BiasGelu",
  gelu_new: "FastGelu",
  gelu_fast: "FastGelu",
  gelu_accurate: "FastGelu",
  gelu_pytorch_tanh: "FastGelu",
  gelu_python_tanh: "FastGelu",
};

type Write = (graph: GraphBuilder, x: Value) => Value;

const silu: Write = (graph, x) => graph.op("Mul", [x, graph.op("Sigmoid", [x])]);
const quickGelu: Write = (graph, x) => graph.microsoft("QuickGelu", [x]);
const softplus: Write = (graph, x) => graph.op("Softplus", [x]);

/** By the names of transformers' ACT2FN, with torch's own names where they differ. */
const ALONE: Readonly<Record<string, Write>> = {
  elu: (graph, x) => graph.op("Elu", [x]),
  gelu: (graph, x) => graph.microsoft("Gelu", [x]),
  hardswish: (graph, x) => graph.op("HardSwish", [x]),
  leaky_relu: (graph, x) => graph.op("LeakyRelu", [x], { alpha: { float: 0.01 } }),
  linear: (_, x) => x,
  mish: (graph, x) => graph.op("Mul", [x, graph.op("Tanh", [softplus(graph, x)])]),
  quick_gelu: quickGelu,
  relu: (graph, x) => graph.op("Relu", [x]),
  relu2: (graph, x) => {
    const positive = graph.op("Relu", [x]);
    return graph.op("Mul", [positive, positive]);
  },
  relu6: (graph, x) => graph.op("Clip", [x, graph.floats(0), graph.floats(6)]),
  selu: (graph, x) => graph.op("Selu", [x]),
  sigmoid: (graph, x) => graph.op("Sigmoid", [x]),
  silu,
  softplus,
  softsign: (graph, x) => graph.op("Softsign", [x]),
  swish: silu,
  tanh: (graph, x) => graph.op("Tanh", [x]),
};

/** Activations that a feed-forward layer may have, by the names of config.json. */
export const HIDDEN_ACTIVATIONS: readonly string[] = [
  ...new Set([...Object.keys(WITH_BIAS), ...Object.keys(ALONE)]),
];

/** Classes of torch.nn that a Dense module may name, with the activation that each is. */
export const TORCH_ACTIVATIONS: ReadonlyMap<string, string> = new Map([
  ["ELU", "elu"],
  ["GELU", "gelu"],
  ["Hardswish", "hardswish"],
  ["Identity", "linear"],
  ["LeakyReLU", "leaky_relu"],
  ["Mish", "mish"],
  ["ReLU", "relu"],
  ["ReLU6", "relu6"],
  ["SELU", "selu"],
  ["SiLU", "silu"],
  ["Sigmoid", "sigmoid"],
  ["Softplus", "softplus"],
  ["Softsign", "softsign"],
  ["Tanh", "tanh"],
]);

/** Whether an activation is never below GELU's least value, -0.17. */
export function isAboveGelu(name: string): boolean {
  return Object.hasOwn(WITH_BIAS, name) || ["relu", "relu2", "relu6", "sigmoid"].includes(name);
}

/** The activation of a linear layer's output with its bias. */
export function activateWithBias(graph: GraphBuilder, input: Projection, name: string): Value {
  const fused = WITH_BIAS[name];
  if (fused) return graph.microsoft(fused, [input.output, input.bias]);
  return activate(graph, graph.op("Add", [input.output, input.bias]), name);
}

/** @param name one of {@link HIDDEN_ACTIVATIONS} that needs no bias, as all of {@link TORCH_ACTIVATIONS}. */
export function activate(graph: GraphBuilder, x: Value, name: string): Value {
  const write = ALONE[name];
  if (write === undefined) throw new TypeError(`the activation "${name}" is not known`);
  return write(graph, x);
}
