import { GetResult, QueryResult } from "../search/collections/results.js";
import { Matrix } from "../shared/matrix.js";
import { QuantizedMatrix } from "../shared/quantized-matrix.js";
import { Float } from "../store/metadata.js";

/** Marks what is written otherwise than structured clone would. */
const KIND = "$nigh";

/** What is sent as a reference to something that stays where it is. */
export interface Reference {
  readonly target: number;
  /** What it is on the other side: "function", or the name of a class. */
  readonly type: string;
  readonly facts: unknown;
}

/** What the two directions do with what cannot be copied. */
export interface References {
  /** The reference to something that is kept here; undefined for what is copied. */
  refer(value: object): Reference | undefined;
  /** What a reference stands for: something kept here, or a stand-in for what is kept there. */
  resolve(reference: Reference): unknown;
  /** A number for a signal of here. */
  sendSignal(signal: AbortSignal): number;
  /** A signal that follows one of the other side. */
  receiveSignal(signal: number, aborted: boolean, reason: unknown): AbortSignal;
}

/** Classes whose objects are their own properties; these are copied, and become objects of their class again. */
const CLASSES: Readonly<Record<string, { readonly prototype: object }>> = {
  Float,
  GetResult,
  Matrix,
  QuantizedMatrix,
  QueryResult,
};

/** A value as structured clone can take it. @throws DataCloneError later, for what it cannot. */
export function write(value: unknown, references: References): unknown {
  if (typeof value === "function") return mark("reference", references.refer(value));
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return writeList(value, references);
  if (value instanceof AbortSignal) {
    const { aborted, reason } = value;
    return mark("signal", { id: references.sendSignal(value), aborted, reason });
  }
  const name = value.constructor?.name;
  const known = Object.entries(CLASSES).find(([, { prototype }]) => isOf(value, prototype));
  if (known) return mark(known[0], writeEntries({ ...value }, references));
  const reference = references.refer(value);
  if (reference) return mark("reference", reference);
  if (name !== "Object" && Object.getPrototypeOf(value) !== null) return value;
  const entries = writeEntries(value, references);
  return KIND in value ? mark("plain", entries) : entries;
}

export function read(value: unknown, references: References): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) {
    return isPlainList(value) ? value : value.map((one) => read(one, references));
  }
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return value;
  const kind = (value as Record<string, unknown>)[KIND];
  if (typeof kind !== "string") return readEntries(value, references);
  const { content } = value as { content: never };
  if (kind === "reference") return references.resolve(content);
  if (kind === "signal") {
    const { id, aborted, reason } = content as { id: number; aborted: boolean; reason: unknown };
    return references.receiveSignal(id, aborted, reason);
  }
  const entries = readEntries(content, references);
  return kind === "plain" ? entries : Object.setPrototypeOf(entries, prototypeOf(kind));
}

/** Buffers of results that need not be copied: those of vectors, which nobody else has. */
export function transferable(value: unknown): Transferable[] {
  const data = value instanceof Matrix || value instanceof QuantizedMatrix ? value.data : value;
  const isWhole =
    ArrayBuffer.isView(data) &&
    data.buffer instanceof ArrayBuffer &&
    data.byteLength === data.buffer.byteLength;
  return isWhole ? [data.buffer as ArrayBuffer] : [];
}

function writeList(list: readonly unknown[], references: References): readonly unknown[] {
  return isPlainList(list) ? list : Array.from(list, (one) => write(one, references));
}

/** Texts and vectors, which may be many. */
function isPlainList(list: readonly unknown[]): boolean {
  return list.every((one) => typeof one === "string" || typeof one === "number");
}

function writeEntries(value: object, references: References): Record<string, unknown> {
  return fromEntries(
    Object.entries(value).map(([key, one]) => [
      key,
      write(key === "onProgress" && typeof one === "function" ? reporting(one) : one, references),
    ]),
  );
}

function readEntries(value: object, references: References): Record<string, unknown> {
  return fromEntries(Object.entries(value).map(([key, one]) => [key, read(one, references)]));
}

/** Nobody waits for what a listener answers: its errors are those of the page, not of the work. */
function reporting(listener: (progress: unknown) => unknown): (progress: unknown) => void {
  return (progress) => {
    try {
      listener(progress);
    } catch (error) {
      reportError(error);
    }
  };
}

/** "__proto__" is a key like any other. */
function fromEntries(entries: readonly (readonly [string, unknown])[]): Record<string, unknown> {
  return Object.fromEntries(entries);
}

function mark(kind: string, content: unknown): object {
  return { [KIND]: kind, content };
}

function isOf(value: object, prototype: object): boolean {
  return Object.getPrototypeOf(value) === prototype;
}

function prototypeOf(kind: string): object {
  const known = CLASSES[kind];
  if (known === undefined) throw new TypeError(`unknown kind "${kind}" of value`);
  return known.prototype;
}
