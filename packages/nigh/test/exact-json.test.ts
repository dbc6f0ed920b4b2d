import fc from "fast-check";
import { parse } from "lossless-json";
import { Float, parseExactJson } from "nigh";
import { describe, expect, it } from "vitest";

/** Reads every number by its text, as the slower way does. */
function slowly(text: string): unknown {
  return parse(text, undefined, (number) => {
    const value = Number(number);
    if (/[.eE]/u.test(number)) return Number.isInteger(value) ? new Float(value) : value;
    if (Object.is(value, -0)) return new Float(value);
    return Number.isSafeInteger(value) ? value : BigInt(number);
  });
}

/** Texts of numbers, the odd ones among them. */
const number = fc
  .oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
    fc.integer().map(String),
    fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n).map(String),
    fc.constantFrom(
      ...[
        "1.0",
        "-0",
        "-0.0",
        "0",
        "0.0",
        "1e3",
        "1E+2",
        "10e-1",
        "0e-5",
        "1e-400",
        "5e-0",
        "1.5e-7",
        "1e-7",
      ],
      ...[
        "0.99999999999999999999",
        "123456789012345.999",
        "1234567.0000000001",
        "0.5",
        "100.00",
        "9007199254740993",
      ],
      ...["12345678.5", "1.00000000000000000001", "-1.0e-1", "2e-05", "1e-05", "20.5e-1"],
    ),
    fc
      .tuple(
        fc.nat(99_999_999),
        fc.stringMatching(/^[059]{1,20}$/u),
        fc.constantFrom("", "e-1", "e-12", "e2"),
      )
      .map(([whole, fraction, exponent]) => `${whole}.${fraction}${exponent}`),
  )
  .filter((text) => Number.isFinite(Number(text)) && !text.startsWith("."));

const { json } = fc.letrec<{ json: string }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 4 },
    number.map((text) => text.replace(/e\+/u, "e")),
    fc
      .oneof(fc.string(), fc.constantFrom('"', "\\", '\\"', "1.0:", "a:b", "{", "-0"))
      .map((text) => JSON.stringify(text)),
    fc.constantFrom("true", "false", "null"),
    fc.array(tie("json"), { maxLength: 4 }).map((items) => `[${items.join(", ")}]`),
    fc
      .uniqueArray(
        fc.tuple(
          fc.string().filter((key) => key !== "__proto__"),
          tie("json"),
        ),
        { maxLength: 4, selector: ([key]) => key },
      )
      .map(
        (fields) =>
          `{${fields.map(([key, value]) => `${JSON.stringify(key)} : ${value}`).join(",")}}`,
      ),
  ),
}));

describe("parseExactJson", () => {
  it("reads every number as it is written, whichever way it takes", () => {
    fc.assert(
      fc.property(json, (text) => {
        expect(parseExactJson(text)).toStrictEqual(slowly(text));
      }),
      { numRuns: 3000 },
    );
  });

  it("keeps what JSON.parse would lose, beside much that it would not", () => {
    const vector = `[${Array.from({ length: 384 }, (_, i) => Math.sin(i + 1)).join(",")}]`;
    const text = `{"v":${vector},"s":"\\\\","n":1.0}`;
    expect((parseExactJson(text) as { n: unknown }).n).toEqual(new Float(1));
    expect(parseExactJson(`{"v":${vector},"n":1}`)).toEqual(JSON.parse(`{"v":${vector},"n":1}`));
  });

  it.each(['{"a":1,"a":2}', '{"a":{"b":1},"a":{"b":2}}', '{"a":1', "", "[1,]", '"open', "nul"])(
    "refuses %s",
    (text) => {
      expect(() => parseExactJson(text)).toThrow(SyntaxError);
    },
  );
});
