import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { bytesOf, int32, int64, outcome, readable } from "./indexes/faiss-files.js";

describe("a damaged file", () => {
  let allocated = 0;
  let largest = 0;

  beforeAll(() => {
    for (const name of ["Uint8Array", "Int32Array", "Float32Array", "Float64Array"] as const) {
      const counted = new Proxy(globalThis[name], {
        construct(type, [first, ...rest]: [unknown, ...unknown[]], self) {
          if (typeof first === "number") allocated += first * type.BYTES_PER_ELEMENT;
          return Reflect.construct(type, [first, ...rest], self);
        },
      });
      vi.stubGlobal(name, counted);
    }
  });

  /** One of each layout. */
  const damaged = readable.filter(
    ({ name }) => !["flat-l2", "ivf-flat-l2", "hnsw-ip", "sq8-l2", "id-map2-flat"].includes(name),
  );

  beforeEach(() => {
    largest = 0;
  });

  afterAll(() => {
    vi.unstubAllGlobals();
  });

  function measured(bytes: Uint8Array): string {
    allocated = 0;
    const result = outcome(bytes);
    largest = Math.max(largest, allocated);
    return result;
  }

  it.each(damaged)("$name, cut off anywhere, is refused", ({ name }) => {
    const bytes = bytesOf(name);
    for (let length = 0; length < bytes.length; length++) {
      const result = measured(bytes.subarray(0, length));
      if (result !== "ERR_INDEX_FORMAT") expect.fail(`${result} at ${length} bytes`);
    }
    expect(largest).toBeLessThanOrEqual(3 * bytes.length + 1024);
  });

  it.each(damaged)("$name, with any byte changed, is read or refused", ({ name }) => {
    const bytes = bytesOf(name);
    const changed = bytes.slice();
    const results = new Map<string, number>();
    for (const [offset, byte] of bytes.entries()) {
      for (const value of [0xff, byte ^ 1, byte ^ 0x80]) {
        changed[offset] = value;
        const result = measured(changed);
        results.set(result, (results.get(result) ?? 0) + 1);
      }
      changed[offset] = byte;
    }
    expect([...results.keys()].sort()).toEqual(["ERR_INDEX_FORMAT", "ok"]);
    expect(largest).toBeLessThanOrEqual(3 * bytes.length + 1024);
  });

  it("of any bytes is read or refused", () => {
    const codes = ["IxF2", "IxFI", "IwFl", "IHNf", "IxSQ", "IxMp", "IxM2"];
    const garbage = fc.tuple(
      fc.constantFrom(...codes),
      fc.array(
        fc.oneof(
          fc.uint8Array({ maxLength: 40 }),
          fc.constantFrom(...codes, "ilar", "sprs", "full").map((code) => Buffer.from(code)),
          fc.bigInt(0n, 300n).map((value) => Uint8Array.from(int64(value))),
          fc.integer({ min: -2, max: 40 }).map((value) => Uint8Array.from(int32(value))),
        ),
      ),
    );
    fc.assert(
      fc.property(garbage, ([code, rest]) => {
        const bytes = Buffer.concat([Buffer.from(code), ...rest]);
        expect(["ok", "ERR_INDEX_FORMAT"]).toContain(measured(bytes));
        expect(largest).toBeLessThanOrEqual(10_000);
      }),
      { seed: 5, numRuns: 3000 },
    );
  });

  it("of several changed bytes is read or refused", () => {
    const change = fc.tuple(fc.nat(30_000), fc.oneof(fc.integer({ min: 0, max: 255 }), fc.nat(8)));
    fc.assert(
      fc.property(
        fc.constantFrom(...readable),
        fc.array(change, { minLength: 1, maxLength: 8 }),
        ({ name }, changes) => {
          const bytes = bytesOf(name).slice();
          for (const [at, value] of changes) bytes[at % bytes.length] = value;
          expect(["ok", "ERR_INDEX_FORMAT"]).toContain(outcome(bytes));
        },
      ),
      { seed: 6, numRuns: 3000 },
    );
  });
});
