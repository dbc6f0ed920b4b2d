import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Precompiled } from "../src/tokens/precompiled.js";
import { anyText } from "./tokens/texts.js";
import { casesOf, errorOf } from "./tokens/tokenizers.js";

describe("SentencePiece's own normalizer", () => {
  const [head, ...cases] =
    casesOf<[{ charsmap: string }, ...{ text: string; normalized: string }[]]>("precompiled");

  it("gives Python's texts", () => {
    const precompiled = new Precompiled({ precompiled_charsmap: head.charsmap }, "normalizer");
    for (const { text, normalized } of cases) {
      expect(precompiled.normalize(text), JSON.stringify(text)).toBe(normalized);
    }
  });

  it("replaces a text as a whole as it does in parts between letters", () => {
    const precompiled = new Precompiled({ precompiled_charsmap: head.charsmap }, "normalizer");
    fc.assert(
      fc.property(anyText, anyText, (one, two) => {
        const parts = [`x${one}x`, `x${two}x`].map((part) => precompiled.normalize(part));
        expect(precompiled.normalize(`x${one}xx${two}x`)).toBe(parts.join(""));
      }),
      { numRuns: 300 },
    );
  });

  it("takes a megabyte of marks, of decomposed letters and of ideographs", () => {
    const precompiled = new Precompiled({ precompiled_charsmap: head.charsmap }, "normalizer");
    expect(precompiled.normalize("\u0301".repeat(500_000))).toHaveLength(500_000);
    expect(precompiled.normalize("e\u0301".repeat(300_000))).toBe("é".repeat(300_000));
    expect(precompiled.normalize("中".repeat(350_000))).toHaveLength(350_000);
  });

  it("refuses a table that is none", async () => {
    for (const table of ["", "AAAA", "////////", 5]) {
      const error = await errorOf(
        () => new Precompiled({ precompiled_charsmap: table }, "normalizer"),
      );
      expect(error.code).toBe("ERR_MODEL_FORMAT");
      expect(error.message).toContain("normalizer.precompiled_charsmap");
    }
  });
});
