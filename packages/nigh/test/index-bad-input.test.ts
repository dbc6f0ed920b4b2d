import { Matrix, type VectorIndex } from "nigh";
import { describe, expect, it } from "vitest";
import { DATA, FACTORIES } from "./indexes/factories.js";
import { expectRefusal, literally, type Refusal, refusal } from "./indexes/refusals.js";
import { stateOf } from "./indexes/results.js";
import { rowsOf, vectors } from "./indexes/vectors.js";

const D = 6;
const STORED = vectors(DATA, 60, D, 1);
const QUERIES = vectors(DATA, 3, D, 2);
const TWO = rowsOf(STORED, 0, 2);

const WRONG_DIMENSION = refusal("ERR_DIMENSION", /\b5\b/u, /\b6\b/u);
const NAN = refusal("ERR_INVALID_ARGUMENT", /vector 1\b/u, /NaN/u, /finite/u);
const INFINITE = refusal("ERR_INVALID_ARGUMENT", /vector 1\b/u, /-Infinity/u, /finite/u);
const NO_VECTORS = refusal("ERR_INVALID_ARGUMENT", /Matrix/u, /string/u);
const RAGGED = refusal("ERR_DIMENSION", /\b1\b/u, /\b6\b/u);

function withNumber(x: number): Matrix {
  const matrix = new Matrix(TWO.data.slice(), 2, D);
  matrix.data[D + 2] = x;
  return matrix;
}

function shown(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}

type Case = readonly [title: string, call: (index: VectorIndex) => unknown, refusal: Refusal];

/** What every method that takes vectors refuses. */
const WITH_VECTORS: Readonly<Record<string, (index: VectorIndex, x: Matrix) => unknown>> = {
  train: (index, x) => index.train(x),
  add: (index, x) => index.add(x),
  addWithIds: (index, x) => index.addWithIds(x, [100, 101]),
  update: (index, x) => index.update([1, 2], x),
  search: (index, x) => index.search(x, 3),
  rangeSearch: (index, x) => index.rangeSearch(x, 1),
};

const VECTOR_CASES: Case[] = Object.entries(WITH_VECTORS).flatMap(([name, call]) => {
  const given = (title: string, x: unknown, refused: Refusal): Case => [
    `${title} in ${name}`,
    (index) => call(index, x as Matrix),
    refused,
  ];
  return [
    given("vectors of another dimension", Matrix.zeros(2, 5), WRONG_DIMENSION),
    given("NaN", withNumber(Number.NaN), NAN),
    given("-Infinity", withNumber(-Infinity), INFINITE),
    given("numbers beyond float32", [new Array(D).fill(0), new Array(D).fill(1e39)], {
      ...INFINITE,
      says: [/vector 1\b/u, /finite/u],
    }),
    given("text", "vectors", NO_VECTORS),
    given("vectors of different dimensions", [new Array(D).fill(0), [1]], RAGGED),
  ];
});

const K_CASES: Case[] = [0, -1, 1.5, Number.NaN, Infinity, "3", undefined, null].map((k) => [
  `a k of ${shown(k)}`,
  (index) => index.search(QUERIES, k as number),
  refusal("ERR_INVALID_ARGUMENT", /"k"/u, /integer of at least 1/u, literally(k)),
]);

const RADIUS_CASES: Case[] = [Number.NaN, Infinity, "1", undefined].map((radius) => [
  `a radius of ${shown(radius)}`,
  (index) => index.rangeSearch(QUERIES, radius as number),
  refusal("ERR_INVALID_ARGUMENT", /"radius"/u, /finite number/u, literally(radius)),
]);

const ID_CASES: Case[] = [-1, 0.5, 2 ** 53, Number.NaN, Infinity, "7", null].flatMap((bad) => {
  const ids = [1, bad] as number[];
  const refused = refusal("ERR_INVALID_ARGUMENT", /integer from 0 to 2\^53 - 1/u, literally(bad));
  const title = `an id of ${shown(bad)}`;
  return [
    [`${title} in addWithIds`, (index) => index.addWithIds(TWO, [100, bad as number]), refused],
    [`${title} in removeIds`, (index) => index.removeIds(ids), refused],
    [`${title} in update`, (index) => index.update(ids, TWO), refused],
  ] satisfies Case[];
});

const CASES: Case[] = [
  ...VECTOR_CASES,
  ...K_CASES,
  ...RADIUS_CASES,
  ...ID_CASES,
  [
    "an id twice in addWithIds",
    (index) => index.addWithIds(TWO, [77, 77]),
    refusal("ERR_INVALID_ARGUMENT", /\b77\b/u, /twice/u),
  ],
  [
    "an id in use in addWithIds",
    (index) => index.addWithIds(TWO, [77, 59]),
    refusal("ERR_INVALID_ARGUMENT", /\b59\b/u, /in the index already/u),
  ],
  [
    "fewer ids than vectors in addWithIds",
    (index) => index.addWithIds(TWO, [77]),
    refusal("ERR_INVALID_ARGUMENT", /\b1 ids?\b/u, /\b2 vectors\b/u),
  ],
  [
    "more ids than vectors in update",
    (index) => index.update([1, 2, 3], TWO),
    refusal("ERR_INVALID_ARGUMENT", /\b3 ids\b/u, /\b2 vectors\b/u),
  ],
  [
    "an id twice in update",
    (index) => index.update([2, 2], TWO),
    refusal("ERR_INVALID_ARGUMENT", /\b2\b/u, /twice/u),
  ],
  [
    "an unknown id in update",
    (index) => index.update([2, 60], TWO),
    refusal("ERR_UNKNOWN_ID", /\b60\b/u, /not in the index/u),
  ],
  [
    "an unknown id in removeIds",
    (index) => index.removeIds([2, 60]),
    refusal("ERR_UNKNOWN_ID", /\b60\b/u, /not in the index/u),
  ],
  [
    "an unknown id in reconstruct",
    (index) => index.reconstruct(60),
    refusal("ERR_UNKNOWN_ID", /\b60\b/u, /not in the index/u),
  ],
  [
    "no list of ids in removeIds",
    (index) => index.removeIds(3 as never),
    refusal("ERR_INVALID_ARGUMENT", /ids must be a list/u, /the number 3/u),
  ],
  [
    "more results than fit into an array",
    (index) => index.search(QUERIES, 2 ** 40),
    refusal("ERR_INVALID_ARGUMENT", /1099511627776/u, /3 queries/u),
  ],
];

describe.each(FACTORIES)("$name", (factory) => {
  it.each(CASES)("refuses %s, and is as before", (_, call, refused) => {
    const index = factory.make(D);
    index.add(STORED);
    const before = stateOf(index, QUERIES);
    expectRefusal(() => call(index), refused);
    expect(stateOf(index, QUERIES)).toEqual(before);
    index.add(TWO);
    expect([...index.ids()].slice(58)).toEqual([58, 59, 60, 61]);
  });

  it("takes a k above ntotal, and numbers at the ends of float32", () => {
    const index = factory.make(D);
    index.add(rowsOf(STORED, 0, 3));
    expect(index.search(QUERIES, 5).labels.length).toBe(15);
    const ends = [3.4e38, -3.4e38, 1e-45, -0].map((x) => new Array<number>(D).fill(x));
    index.add(ends);
    expect([...index.search(ends, 7).labels].filter((id) => id === -1)).toEqual([]);
  });

  it.runIf(factory.trainingPoints > 0)("must be trained before it is used", () => {
    const index = factory.create(D);
    const refused = refusal("ERR_NOT_TRAINED", /train/u);
    expectRefusal(() => index.add(STORED), refused);
    expectRefusal(() => index.addWithIds(TWO, [1, 2]), refused);
    expectRefusal(() => index.search(QUERIES, 3), refused);
    expectRefusal(() => index.rangeSearch(QUERIES, 3), refused);
    expect([index.isTrained, index.ntotal, index.has(1)]).toEqual([false, 0, false]);
    index.train(STORED);
    index.add(STORED);
    expect(index.search(QUERIES, 3).labels.length).toBe(9);
  });

  it.runIf(factory.trainingPoints > 0)("stays untrained when training fails", () => {
    const index = factory.create(D);
    const few = factory.trainingPoints - 1;
    const numbers = [few, factory.trainingPoints].map((n) => new RegExp(`\\b${n}\\b`, "u"));
    const refused = refusal("ERR_INVALID_ARGUMENT", ...numbers);
    expectRefusal(() => index.train(rowsOf(STORED, 0, few)), refused);
    expectRefusal(() => index.train(withNumber(Number.NaN)), NAN);
    expectRefusal(() => index.train(Matrix.zeros(60, 5)), WRONG_DIMENSION);
    expect(index.isTrained).toBe(false);
    expectRefusal(() => index.add(STORED), refusal("ERR_NOT_TRAINED", /train/u));
    index.train(rowsOf(STORED, 0, factory.trainingPoints));
    expect(index.isTrained).toBe(true);
  });
});
