/**
 * Writes the protobuf bytes of an ONNX model: only the messages and fields that nigh's graphs use.
 * Field numbers are those of onnx.proto3 (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3).
 */

import { concatBytes } from "../../shared/bytes.js";

export const ELEMENT_TYPES = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  bfloat16: 16,
} as const;
export type ElementType = keyof typeof ELEMENT_TYPES;

export type Attribute = number | string | readonly number[] | { readonly float: number };

export interface OnnxNode {
  readonly type: string;
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, Attribute>>;
}

/** A constant of the graph: its bytes inside of the model, or in a named file beside it. */
export interface OnnxTensor {
  readonly name: string;
  readonly type: ElementType;
  readonly dims: readonly number[];
  readonly content:
    | Uint8Array
    | { readonly file: string; readonly offset: number; readonly length: number };
}

/** A graph input or output; a string is a dimension known only at run time. */
export interface OnnxValue {
  readonly name: string;
  readonly type: ElementType;
  readonly dims: readonly (number | string)[];
}

export interface OnnxGraph {
  readonly nodes: readonly OnnxNode[];
  readonly tensors: readonly OnnxTensor[];
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
}

const IR_VERSION = 8;
const EXTERNAL = 1;
const ATTRIBUTE_TYPES = { float: 1, int: 2, string: 3, ints: 7 } as const;

type Field = readonly [
  number: number,
  value: number | string | Uint8Array | { readonly float: number },
];

/** The bytes of a ModelProto with the given operator sets (domain to version). */
export function encodeModel(
  graph: OnnxGraph,
  opsets: Readonly<Record<string, number>>,
): Uint8Array {
  return message([
    [1, IR_VERSION],
    [2, "nigh"],
    [7, encodeGraph(graph)],
    ...Object.entries(opsets).map(
      ([domain, version]): Field => [
        8,
        message([
          [1, domain],
          [2, version],
        ]),
      ],
    ),
  ]);
}

function encodeGraph(graph: OnnxGraph): Uint8Array {
  return message([
    ...graph.nodes.map((node): Field => [1, encodeNode(node)]),
    [2, "nigh"],
    ...graph.tensors.map((tensor): Field => [5, encodeTensor(tensor)]),
    ...graph.inputs.map((value): Field => [11, encodeValue(value)]),
    ...graph.outputs.map((value): Field => [12, encodeValue(value)]),
  ]);
}

function encodeNode(node: OnnxNode): Uint8Array {
  return message([
    ...node.inputs.map((name): Field => [1, name]),
    ...node.outputs.map((name): Field => [2, name]),
    [4, node.type],
    ...Object.entries(node.attributes).map(
      ([name, value]): Field => [5, encodeAttribute(name, value)],
    ),
    [7, node.domain],
  ]);
}

function encodeAttribute(name: string, value: Attribute): Uint8Array {
  if (typeof value === "string")
    return message([
      [1, name],
      [4, value],
      [20, ATTRIBUTE_TYPES.string],
    ]);
  if (typeof value === "number")
    return message([
      [1, name],
      [3, value],
      [20, ATTRIBUTE_TYPES.int],
    ]);
  if ("float" in value)
    return message([
      [1, name],
      [2, value],
      [20, ATTRIBUTE_TYPES.float],
    ]);
  return message([[1, name], ...value.map((i): Field => [8, i]), [20, ATTRIBUTE_TYPES.ints]]);
}

function encodeTensor(tensor: OnnxTensor): Uint8Array {
  const content = tensor.content;
  const data: Field[] =
    content instanceof Uint8Array
      ? [[9, content]]
      : [
          [
            13,
            message([
              [1, "location"],
              [2, content.file],
            ]),
          ],
          [
            13,
            message([
              [1, "offset"],
              [2, String(content.offset)],
            ]),
          ],
          [
            13,
            message([
              [1, "length"],
              [2, String(content.length)],
            ]),
          ],
          [14, EXTERNAL],
        ];
  return message([
    ...tensor.dims.map((dim): Field => [1, dim]),
    [2, ELEMENT_TYPES[tensor.type]],
    [8, tensor.name],
    ...data,
  ]);
}

function encodeValue(value: OnnxValue): Uint8Array {
  const dims = value.dims.map(
    (dim): Field => [1, message([typeof dim === "string" ? [2, dim] : [1, dim]])],
  );
  const tensorType = message([
    [1, ELEMENT_TYPES[value.type]],
    [2, message(dims)],
  ]);
  return message([
    [1, value.name],
    [2, message([[1, tensorType]])],
  ]);
}

const WIRE = { varint: 0, bytes: 2, fixed32: 5 } as const;

function message(fields: readonly Field[]): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const [number, value] of fields) {
    if (typeof value === "number") {
      parts.push(varint(number * 8 + WIRE.varint), varint(value));
    } else if (value instanceof Uint8Array || typeof value === "string") {
      const bytes = typeof value === "string" ? new TextEncoder().encode(value) : value;
      parts.push(varint(number * 8 + WIRE.bytes), varint(bytes.length), bytes);
    } else {
      const bytes = new Uint8Array(4);
      new DataView(bytes.buffer).setFloat32(0, value.float, true);
      parts.push(varint(number * 8 + WIRE.fixed32), bytes);
    }
  }
  return concatBytes(parts);
}

/** Negative integers take ten bytes: the two's complement in 64 bits, as protobuf's int64. */
function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  while (rest > 127n) {
    bytes.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return Uint8Array.from(bytes);
}
