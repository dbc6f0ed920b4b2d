import { describe } from "../shared/describe.js";
import { NighError } from "../shared/errors.js";
import { undamaged } from "./damage.js";

/**
 * A floating-point number that stays one: JavaScript's 1.0 is 1, so a float without a fraction is written
 * `new Float(1)`. Compared with other numbers it is what its value is.
 */
export class Float {
  readonly value: number;

  /**
   * @param value a finite number.
   * @throws NighError `ERR_INVALID_ARGUMENT`.
   */
  constructor(value: number) {
    if (typeof value !== "number" || !Number.isFinite(value)) {
      throw new NighError(
        "ERR_INVALID_ARGUMENT",
        `new Float(value): expected a finite number, found ${describe(value)}.`,
      );
    }
    this.value = value;
  }

  valueOf(): number {
    return this.value;
  }

  toJSON(): number {
    return this.value;
  }
}

/** A single value. Integers of up to 64 bits: those beyond 2^53 are bigint. */
export type MetadataScalar = string | number | bigint | boolean | Float;

/** Lists hold values of one kind. */
export type MetadataValue = MetadataScalar | readonly MetadataScalar[];

/** What is known of a record beside its document: keys are not empty and start with neither "#" nor "$". */
export type Metadata = Readonly<Record<string, MetadataValue>>;

/** What a type of metadata must be: an object of such values. Unlike `Metadata` it lets interfaces pass, which have no index signature. */
export type MetadataFields<M> = { readonly [K in keyof M]: MetadataValue };

/** Changes of metadata: null takes the key away. */
export type MetadataChanges = Readonly<Record<string, MetadataValue | null>>;

/** Kinds of values: a filter compares within a kind only. */
export const KINDS = { boolean: 0, number: 1, string: 2 } as const;

export type Kind = (typeof KINDS)[keyof typeof KINDS];

const MIN_INTEGER = -(2n ** 63n);
const MAX_INTEGER = 2n ** 63n - 1n;

/** The kind of a value, undefined for what metadata cannot hold. */
export function kindOf(value: unknown): Kind | undefined {
  if (typeof value === "string") return KINDS.string;
  if (typeof value === "boolean") return KINDS.boolean;
  if (typeof value === "number") return Number.isFinite(value) ? KINDS.number : undefined;
  if (typeof value === "bigint") {
    return value >= MIN_INTEGER && value <= MAX_INTEGER ? KINDS.number : undefined;
  }
  return value instanceof Float ? KINDS.number : undefined;
}

/** What SQLite binds for a value: numbers compare by value there, whether integers or floats. */
export function bindingOf(value: MetadataScalar): string | number | bigint {
  if (typeof value === "boolean") return value ? 1 : 0;
  return value instanceof Float ? value.value : value;
}

/**
 * Metadata as it is stored: JSON in which what JSON would lose is an object of one key: integers beyond 2^53
 * `{"int":"…"}`, floats without a fraction `{"float":"…"}`. No value of metadata is an object, so nothing is ambiguous.
 */
export function encodeMetadata(metadata: Metadata): string {
  return JSON.stringify(metadata, function (this: Record<string, unknown>, key, json) {
    // JSON.stringify hands over what toJSON made of a Float: the holder has the Float itself.
    const value = key === "" ? json : this[key];
    if (typeof value === "bigint") {
      return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER)
        ? Number(value)
        : { int: value.toString() };
    }
    if (value instanceof Float) {
      return Number.isInteger(value.value) ? { float: floatText(value.value) } : value.value;
    }
    return Object.is(value, -0) ? { float: "-0" } : json;
  });
}

export interface DecodeOptions {
  /** Give floats without a fraction as {@link Float}, not as numbers. Default false. */
  readonly floats?: boolean;
}

/** The metadata that {@link encodeMetadata} wrote. */
export function decodeMetadata(text: string, { floats = false }: DecodeOptions = {}): Metadata {
  return undamaged("The metadata of a record or collection", () => decode(text, floats));
}

function decode(text: string, floats: boolean): Metadata {
  const values = JSON.parse(text) as Record<string, unknown>;
  if (!text.includes(':{"') && !text.includes('[{"') && !text.includes(',{"')) {
    return values as Metadata;
  }
  for (const [key, value] of Object.entries(values)) {
    define(
      values,
      key,
      Array.isArray(value)
        ? value.map((x) => decodeScalar(x, floats))
        : decodeScalar(value, floats),
    );
  }
  return values as Metadata;
}

/** Sets a key of any name, "__proto__" too. */
function define(values: object, key: string, value: unknown): void {
  Object.defineProperty(values, key, {
    value,
    configurable: true,
    enumerable: true,
    writable: true,
  });
}

function decodeScalar(value: unknown, floats: boolean): unknown {
  if (value === null || typeof value !== "object") return value;
  const { int, float } = value as { int?: string; float?: string };
  if (int !== undefined) return BigInt(int);
  return floats ? new Float(Number(float)) : Number(float);
}

function floatText(value: number): string {
  return Object.is(value, -0) ? "-0" : String(value);
}

/** Metadata with plain numbers in the place of {@link Float}s. */
export function withoutFloats(metadata: Metadata | null): Metadata | null {
  if (metadata === null) return null;
  const entries = Object.entries(metadata).map(([key, value]): [string, MetadataValue] => [
    key,
    Array.isArray(value) ? value.map(withoutFloat) : withoutFloat(value as MetadataScalar),
  ]);
  return Object.fromEntries(entries);
}

function withoutFloat(value: MetadataScalar): MetadataScalar {
  return value instanceof Float ? value.value : value;
}
