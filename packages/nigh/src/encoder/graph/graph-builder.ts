import type { SafeTensor } from "../safetensors.js";
import {
  type Attribute,
  type ElementType,
  encodeModel,
  type OnnxNode,
  type OnnxTensor,
  type OnnxValue,
} from "./onnx-proto.js";

/** The name of a value that flows through a graph. */
export type Value = string;

const OPSETS = { "": 17, "com.microsoft": 1 } as const;

const FROM_SAFETENSORS: Readonly<Record<string, ElementType>> = {
  F32: "float32",
  F16: "float16",
  BF16: "bfloat16",
};

/** Collects nodes and constants and writes them as an ONNX model. */
export class GraphBuilder {
  readonly #nodes: OnnxNode[] = [];
  readonly #tensors = new Map<string, OnnxTensor>();
  readonly #inputs: OnnxValue[] = [];
  readonly #outputs: OnnxValue[] = [];
  #next = 0;

  input(name: string, type: ElementType, dims: readonly (number | string)[]): Value {
    this.#inputs.push({ name, type, dims });
    return name;
  }

  output(value: Value, name: string, type: ElementType, dims: readonly (number | string)[]): void {
    this.#nodes.push({
      type: "Identity",
      domain: "",
      inputs: [value],
      outputs: [name],
      attributes: {},
    });
    this.#outputs.push({ name, type, dims });
  }

  /** A node of the standard operator set with one output. */
  op(type: string, inputs: readonly Value[], attributes: Record<string, Attribute> = {}): Value {
    return this.#node("", type, inputs, attributes);
  }

  /** A node of onnxruntime's own operators (com.microsoft) with one output. */
  microsoft(
    type: string,
    inputs: readonly Value[],
    attributes: Record<string, Attribute> = {},
  ): Value {
    return this.#node("com.microsoft", type, inputs, attributes);
  }

  /** A float32 constant; a number is a scalar. */
  floats(values: number | Float32Array, dims?: readonly number[]): Value {
    const data = typeof values === "number" ? Float32Array.of(values) : values;
    return this.#constant(
      "float32",
      data,
      typeof values === "number" ? [] : (dims ?? [data.length]),
    );
  }

  /** An int64 constant; a number is a scalar. */
  ints(values: number | readonly number[]): Value {
    const list = typeof values === "number" ? [values] : values;
    return this.#constant(
      "int64",
      BigInt64Array.from(list, BigInt),
      typeof values === "number" ? [] : [list.length],
    );
  }

  /** A scalar or vector of bytes. */
  bytes(type: "uint8" | "int8", values: number | Uint8Array): Value {
    const data = typeof values === "number" ? Uint8Array.of(values & 255) : values;
    return this.#constant(type, data, typeof values === "number" ? [] : [data.length]);
  }

  /** A constant that stays where it is, in a file that the runtime is given or reads itself. */
  weight(tensor: SafeTensor, name: string, file: string, offset: number): Value {
    const type = FROM_SAFETENSORS[tensor.type];
    if (type === undefined) throw new TypeError(`${tensor.name} is of type ${tensor.type}`);
    return this.external(name, type, tensor.shape, file, offset, tensor.byteLength);
  }

  /** A constant whose bytes are written into the model. */
  inline(tensor: SafeTensor, name: string, content: Uint8Array): Value {
    const type = FROM_SAFETENSORS[tensor.type];
    if (type === undefined) throw new TypeError(`${tensor.name} is of type ${tensor.type}`);
    this.#tensors.set(name, { name, type, dims: tensor.shape, content });
    return name;
  }

  external(
    name: string,
    type: ElementType,
    dims: readonly number[],
    file: string,
    offset: number,
    length: number,
  ): Value {
    this.#tensors.set(name, { name, type, dims, content: { file, offset, length } });
    return name;
  }

  build(): Uint8Array {
    return encodeModel(
      {
        nodes: this.#nodes,
        tensors: [...this.#tensors.values()],
        inputs: this.#inputs,
        outputs: this.#outputs,
      },
      OPSETS,
    );
  }

  #node(
    domain: string,
    type: string,
    inputs: readonly Value[],
    attributes: Record<string, Attribute>,
  ): Value {
    const output = `${type}_${this.#next++}`;
    this.#nodes.push({ type, domain, inputs, outputs: [output], attributes });
    return output;
  }

  #constant(type: ElementType, data: ArrayBufferView, dims: readonly number[]): Value {
    const content = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    const name = `constant_${this.#next++}`;
    this.#tensors.set(name, { name, type, dims, content });
    return name;
  }
}
