import { invalidArgument } from "../http-error.js";
import { isJsonObject, plainNumber, vectorOfNumbers } from "../shapes.js";

/** A search for nearest records within a rank expression. */
export interface Nearest {
  readonly query: Float32Array;
  /** Most records. */
  readonly limit: number;
  /** Of records that are not among them; undefined: these have no score. */
  readonly otherwise: number | undefined;
  /** Whether a record counts by its place, 0 for the nearest, and not by its distance. */
  readonly byRank: boolean;
}

/** Makes the score of a record out of what each {@link Nearest} says of it; undefined for none. */
export type Score = (values: readonly (number | undefined)[]) => number | undefined;

/** A rank expression: lower scores are better. */
export interface Rank {
  readonly nearest: readonly Nearest[];
  readonly score: Score;
}

const DEFAULT_LIMIT = 16;
const MOST_PARTS = 1000;
const DEEPEST = 100;

const OF_MANY: Readonly<Record<string, (values: readonly number[]) => number>> = {
  $sum: (values) => values.reduce((sum, value) => sum + value, 0),
  $mul: (values) => values.reduce((product, value) => product * value, 1),
  $max: (values) => Math.max(...values),
  $min: (values) => Math.min(...values),
};

const OF_TWO: Readonly<Record<string, (left: number, right: number) => number>> = {
  $sub: (left, right) => left - right,
  $div: (left, right) => left / right,
};

const OF_ONE: Readonly<Record<string, (value: number) => number>> = {
  $abs: Math.abs,
  $exp: Math.exp,
  $log: Math.log,
};

/** Reads a rank expression. @throws HttpError 400. */
export function parseRank(expression: unknown): Rank {
  const parser = new Parser();
  const score = parser.parse("rank", expression, 0);
  return { nearest: parser.nearest, score };
}

class Parser {
  readonly nearest: Nearest[] = [];
  #parts = 0;

  parse(path: string, expression: unknown, depth: number): Score {
    this.#parts += 1;
    if (this.#parts > MOST_PARTS) throw wrong(path, `expected at most ${MOST_PARTS} parts`);
    if (depth > DEEPEST) throw wrong(path, `expected parts nested at most ${DEEPEST} deep`);
    const entries = isJsonObject(expression) ? Object.entries(expression) : [];
    const [entry] = entries;
    if (entry === undefined || entries.length > 1) {
      throw wrong(path, 'expected an object of one operator, such as {"$knn": {…}}');
    }
    const [operator, operand] = entry;
    const below = `${path}.${operator}`;
    const inner = (part: unknown, name = "") => this.parse(`${below}${name}`, part, depth + 1);
    if (operator === "$knn") return this.#knn(below, operand);
    if (operator === "$val") {
      const value = numberAt(below, operand);
      return () => value;
    }
    const ofMany = own(OF_MANY, operator);
    if (ofMany) {
      if (!Array.isArray(operand) || operand.length === 0) throw wrong(below, "expected a list");
      const parts = operand.map((part, i) => inner(part, `[${i}]`));
      return (values) => all(parts, values, ofMany);
    }
    const ofTwo = own(OF_TWO, operator);
    if (ofTwo) {
      if (!isJsonObject(operand)) throw wrong(below, "expected left and right");
      const parts = [inner(operand["left"], ".left"), inner(operand["right"], ".right")];
      return (values) =>
        all(parts, values, ([left, right]) => ofTwo(left as number, right as number));
    }
    const ofOne = own(OF_ONE, operator);
    if (ofOne) {
      const parts = [inner(operand)];
      return (values) => all(parts, values, ([value]) => ofOne(value as number));
    }
    const known = ["$knn", "$val", ...[OF_MANY, OF_TWO, OF_ONE].flatMap(Object.keys)];
    throw wrong(below, `expected one of ${known.join(", ")}`);
  }

  #knn(path: string, knn: unknown): Score {
    if (!isJsonObject(knn)) throw wrong(path, "expected an object with a query");
    const {
      query,
      key = "#embedding",
      limit = DEFAULT_LIMIT,
      default: otherwise,
      return_rank,
    } = knn;
    if (key !== "#embedding") {
      throw wrong(`${path}.key`, 'expected "#embedding": there are no sparse vectors here');
    }
    const vector = vectorOfNumbers(query);
    if (vector === undefined) throw wrong(`${path}.query`, "expected a list of numbers");
    if (typeof limit !== "number" || !Number.isInteger(limit) || limit < 1) {
      throw wrong(`${path}.limit`, "expected a whole number of at least 1");
    }
    const place = this.nearest.push({
      query: vector,
      limit,
      otherwise: (otherwise ?? null) === null ? undefined : numberAt(`${path}.default`, otherwise),
      byRank: return_rank === true,
    });
    return (values) => values[place - 1];
  }
}

function all(
  parts: readonly Score[],
  values: readonly (number | undefined)[],
  combine: (scores: readonly number[]) => number,
): number | undefined {
  const scores = parts.map((part) => part(values));
  return scores.includes(undefined) ? undefined : combine(scores as number[]);
}

function own<T>(table: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}

function numberAt(path: string, value: unknown): number {
  const plain = plainNumber(value);
  if (plain !== undefined && Number.isFinite(plain)) return plain;
  throw wrong(path, "expected a number");
}

function wrong(path: string, expected: string) {
  return invalidArgument(`Invalid rank: ${path.slice(0, 300)}: ${expected}.`);
}
