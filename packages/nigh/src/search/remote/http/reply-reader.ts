import { describe } from "../../../shared/describe.js";
import { NighError } from "../../../shared/errors.js";
import {
  Float,
  kindOf,
  type Metadata,
  type MetadataScalar,
  type MetadataValue,
} from "../../../store/metadata.js";

/** Reads what a server replied; whatever is not as Chroma's API has it is refused. */
export class ReplyReader {
  /** Names the reply in messages. */
  readonly #what: string;

  constructor(what: string) {
    this.#what = what;
  }

  object(value: unknown, name: string): Readonly<Record<string, unknown>> {
    const isObject =
      typeof value === "object" &&
      value !== null &&
      !Array.isArray(value) &&
      !(value instanceof Float);
    if (isObject) return value as Record<string, unknown>;
    throw this.#wrong(name, "an object", value);
  }

  text(value: unknown, name: string): string {
    if (typeof value === "string") return value;
    throw this.#wrong(name, "a string", value);
  }

  textOrNull(value: unknown, name: string): string | null {
    return value === null || value === undefined ? null : this.text(value, name);
  }

  number(value: unknown, name: string): number {
    if (typeof value === "number") return value;
    if (value instanceof Float) return value.value;
    if (typeof value === "bigint") return Number(value);
    throw this.#wrong(name, "a number", value);
  }

  /** @param count how many there must be. */
  list(value: unknown, name: string, count?: number): readonly unknown[] {
    if (!Array.isArray(value)) throw this.#wrong(name, "a list", value);
    if (count === undefined || value.length === count) return value;
    throw this.#wrong(name, `a list of ${count}`, value);
  }

  vector(value: unknown, name: string): Float32Array {
    const list = this.list(value, name);
    const vector = new Float32Array(list.length);
    for (let i = 0; i < vector.length; i++) vector[i] = this.number(list[i], name);
    return vector;
  }

  /** @param floats whether floats without a fraction stay Floats. */
  metadata(value: unknown, name: string, floats: boolean): Metadata | null {
    if (value === null || value === undefined) return null;
    const entries = Object.entries(this.object(value, name)).flatMap(
      ([key, found]): [string, MetadataValue][] =>
        found === null ? [] : [[key, this.#value(found, `${name}.${key}`, floats)]],
    );
    return entries.length === 0 ? null : Object.fromEntries(entries);
  }

  #value(value: unknown, name: string, floats: boolean): MetadataValue {
    if (Array.isArray(value)) {
      return value.map((item) => this.#value(item, name, floats) as MetadataScalar);
    }
    if (kindOf(value) === undefined) {
      throw this.#wrong(name, "a text, a number, a boolean or a list of these", value);
    }
    return value instanceof Float && !floats ? value.value : (value as MetadataScalar);
  }

  #wrong(name: string, expected: string, value: unknown): NighError {
    return new NighError(
      "ERR_SERVER",
      `${this.#what}: expected ${expected} as "${name}", found ${describe(value)}: this is not what Chroma's API v2 gives.`,
    );
  }
}
