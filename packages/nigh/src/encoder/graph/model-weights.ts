import { sharedBytes } from "#shared/shared-bytes";
import { NighError } from "../../shared/errors.js";
import { toFloat32 } from "../float-formats.js";
import type { SafeTensor, TensorSource } from "../safetensors.js";
import type { GraphBuilder, Value } from "./graph-builder.js";
import { ELEMENT_TYPES } from "./onnx-proto.js";

/** Shapes of the tensors that a configuration calls for, by name. */
export type Shapes = ReadonlyMap<string, readonly number[]>;

export interface ModelWeightsOptions {
  /** E.g. "bert.", where a task model was saved around the encoder. Default: none. */
  readonly prefix?: string;
  /** Named in errors. */
  readonly path: string;
  /** That the tensors must have. */
  readonly shapes: Shapes;
  /** The name under which the runtime finds the tensors that are copied; one for each source of a graph. */
  readonly file: string;
  /**
   * The file of a tensor, for the runtime to map into memory while it makes a session: big tensors are
   * then in memory once, as the runtime keeps them. Undefined: the runtime is given a copy of all.
   */
  readonly mapFrom?: ((tensor: SafeTensor) => string | undefined) | undefined;
}

/** The copied tensors begin at multiples of this. */
const ALIGNMENT = 64;

/** Where tensors are mapped, smaller ones are written into the model instead. */
const MAPPED_BYTES = 1 << 20;

/** The weights of a model by name, as values of a graph or as numbers. */
export class ModelWeights {
  readonly #graph: GraphBuilder;
  readonly #source: TensorSource;
  readonly #options: ModelWeightsOptions;
  readonly #copied = new Map<SafeTensor, number>();
  #bytes = 0;

  constructor(graph: GraphBuilder, source: TensorSource, options: ModelWeightsOptions) {
    this.#graph = graph;
    this.#source = source;
    this.#options = options;
  }

  /** The tensor as float32; the cast of half precision is folded once, when the session is made. */
  value(name: string): Value {
    return this.asFloat32(name, this.stored(name));
  }

  /** {@link value} of a matrix that only multiplies: the runtime keeps it in a form of its own. */
  matrix(name: string): Value {
    const tensor = this.#find(name);
    return this.asFloat32(name, this.#map(tensor) ?? this.#copy(tensor));
  }

  /** The tensor as it is stored, for operators that pick a few rows before {@link asFloat32}. */
  stored(name: string): Value {
    const tensor = this.#find(name);
    const mapped = this.#map(tensor);
    // Folded as the session is made, this is a copy: who writes to the file later changes no vector.
    if (mapped !== undefined)
      return this.#graph.op("Reshape", [mapped, this.#graph.ints(tensor.shape)]);
    return this.#copy(tensor);
  }

  #map(tensor: SafeTensor): Value | undefined {
    const { mapFrom } = this.#options;
    const file = tensor.byteLength < MAPPED_BYTES ? undefined : mapFrom?.(tensor);
    if (file === undefined) return undefined;
    return this.#graph.weight(tensor, this.#named(tensor), file, tensor.offset);
  }

  #copy(tensor: SafeTensor): Value {
    if (this.#options.mapFrom !== undefined) {
      const bytes = new Uint8Array(tensor.byteLength);
      this.#source.read(tensor, bytes);
      return this.#graph.inline(tensor, this.#named(tensor), bytes);
    }
    let offset = this.#copied.get(tensor);
    if (offset === undefined) {
      offset = Math.ceil(this.#bytes / ALIGNMENT) * ALIGNMENT;
      this.#copied.set(tensor, offset);
      this.#bytes = offset + tensor.byteLength;
    }
    return this.#graph.weight(tensor, this.#named(tensor), this.#options.file, offset);
  }

  /** `value`, derived from the stored tensor `name`, as float32. */
  asFloat32(name: string, value: Value): Value {
    return this.#find(name).type === "F32"
      ? value
      : this.#graph.op("Cast", [value], { to: ELEMENT_TYPES.float32 });
  }

  /** Whether the runtime needs the files of the tensors. */
  get isMapped(): boolean {
    return this.#options.mapFrom !== undefined;
  }

  numbers(name: string): Float32Array {
    const tensor = this.#find(name);
    const bytes = new Uint8Array(tensor.byteLength);
    this.#source.read(tensor, bytes);
    return toFloat32(bytes, { ...tensor, offset: 0 });
  }

  shape(name: string): readonly number[] {
    return this.#find(name).shape;
  }

  /** The copied tensors, when the graph is complete: in shared memory, so that several threads use one copy. */
  files(): { readonly path: string; readonly data: Uint8Array }[] {
    if (this.#copied.size === 0) return [];
    const data = sharedBytes(this.#bytes);
    for (const [tensor, offset] of this.#copied) this.#source.read(tensor, data.subarray(offset));
    return [{ path: this.#options.file, data }];
  }

  /** Sources of one graph may have tensors of the same name. */
  #named(tensor: SafeTensor): string {
    return `${this.#options.file}/${tensor.name}`;
  }

  #find(name: string): SafeTensor {
    const { prefix = "", path, shapes } = this.#options;
    const { tensors } = this.#source;
    const tensor = tensors.get(prefix + name) ?? tensors.get(prefix + oldName(name));
    if (tensor === undefined) {
      throw this.#mismatch(`no tensor "${prefix}${name}", which config.json calls for`);
    }
    if (!["F32", "F16", "BF16"].includes(tensor.type)) {
      throw new NighError(
        "ERR_MODEL_FORMAT",
        `${path}: tensor "${tensor.name}" is of type ${tensor.type}; nigh reads F32, F16 and BF16 weights.`,
      );
    }
    const expected = shapes.get(name)?.join(" x ");
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
      `${this.#options.path}: ${found}. The weights and config.json do not belong together.`,
    );
  }
}

/** The name in checkpoints that came from TensorFlow; transformers renames it as it loads. */
function oldName(name: string): string {
  return name
    .replace(/LayerNorm\.weight$/, "LayerNorm.gamma")
    .replace(/LayerNorm\.bias$/, "LayerNorm.beta");
}
