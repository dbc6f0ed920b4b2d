import { NighError } from "../../shared/errors.js";
import { toFloat32 } from "../float-formats.js";
import type { SafeTensor, Safetensors } from "../safetensors.js";
import type { GraphBuilder, Value } from "./graph-builder.js";
import { ELEMENT_TYPES } from "./onnx-proto.js";

/** The name under which the runtime finds the safetensors file. */
export const WEIGHTS_FILE = "weights";

/** Shapes of the tensors that a config.json calls for, by name. */
export type Shapes = ReadonlyMap<string, readonly number[]>;

/** The weights of a model by name, as values of a graph or as numbers. */
export class ModelWeights {
  readonly #graph: GraphBuilder;
  readonly #source: Safetensors;
  readonly #prefix: string;
  readonly #path: string;
  readonly #shapes: Shapes;

  /**
   * @param prefix e.g. "bert.", where a task model was saved around the encoder.
   * @param path of the weights, for errors.
   * @param shapes that the tensors must have.
   */
  constructor(
    graph: GraphBuilder,
    source: Safetensors,
    prefix: string,
    path: string,
    shapes: Shapes,
  ) {
    this.#graph = graph;
    this.#source = source;
    this.#prefix = prefix;
    this.#path = path;
    this.#shapes = shapes;
  }

  /** The tensor as float32; the cast of half precision is folded once, when the session is made. */
  value(name: string): Value {
    return this.asFloat32(name, this.stored(name));
  }

  /** The tensor as it is stored, for operators that pick a few rows before {@link asFloat32}. */
  stored(name: string): Value {
    return this.#graph.weight(this.#find(name), WEIGHTS_FILE);
  }

  /** `value`, derived from the stored tensor `name`, as float32. */
  asFloat32(name: string, value: Value): Value {
    return this.#find(name).type === "F32"
      ? value
      : this.#graph.op("Cast", [value], { to: ELEMENT_TYPES.float32 });
  }

  numbers(name: string): Float32Array {
    return toFloat32(this.#source.file, this.#find(name));
  }

  shape(name: string): readonly number[] {
    return this.#find(name).shape;
  }

  #find(name: string): SafeTensor {
    const { tensors } = this.#source;
    const tensor = tensors.get(this.#prefix + name) ?? tensors.get(this.#prefix + oldName(name));
    if (tensor === undefined) {
      throw this.#mismatch(`no tensor "${this.#prefix}${name}", which config.json calls for`);
    }
    if (!["F32", "F16", "BF16"].includes(tensor.type)) {
      throw new NighError(
        "ERR_MODEL_FORMAT",
        `${this.#path}: tensor "${tensor.name}" is of type ${tensor.type}; nigh reads F32, F16 and BF16 weights.`,
      );
    }
    const expected = this.#shapes.get(name)?.join(" x ");
    const found = tensor.shape.join(" x ");
    if (expected !== undefined && found !== expected) {
      throw this.#mismatch(
        `tensor "${tensor.name}" has the shape ${found}, config.json calls for ${expected}`,
      );
    }
    return tensor;
  }

  #mismatch(found: string): NighError {
    return new NighError(
      "ERR_MODEL_FORMAT",
      `${this.#path}: ${found}. The weights and config.json do not belong together.`,
    );
  }
}

/** The name in checkpoints that came from TensorFlow; transformers renames it as it loads. */
function oldName(name: string): string {
  return name
    .replace(/LayerNorm\.weight$/, "LayerNorm.gamma")
    .replace(/LayerNorm\.bias$/, "LayerNorm.beta");
}
