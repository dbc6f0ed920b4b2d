import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Tokenizer } from "../src/tokens/tokenizer.js";
import { anyText, megabytes } from "./tokens/texts.js";
import { changed, errorOf, FOLDERS, idsOf, MODELS, SPECIALS } from "./tokens/tokenizers.js";

for (const model of MODELS) {
  const { first, last, pad } = SPECIALS[model];

  describe(`the tokenizer of ${model}`, () => {
    it("cuts at maxLength and keeps the special tokens", async () => {
      const long = await Tokenizer.load(FOLDERS[model], { maxLength: 1000 });
      const short = await Tokenizer.load(FOLDERS[model], { maxLength: 5 });
      const text = "the quick brown fox jumps over the lazy dog";
      const all = idsOf(long, text);
      expect(short.maxLength).toBe(5);
      expect(short.encode(text)).toEqual({
        ids: Int32Array.of(first, ...all.slice(1, 4), last),
        truncated: true,
      });
    });

    it("calls a text that just fits not truncated", async () => {
      const long = await Tokenizer.load(FOLDERS[model], { maxLength: 1000 });
      const { ids } = long.encode("the quick brown fox");
      const exact = await Tokenizer.load(FOLDERS[model], { maxLength: ids.length });
      const less = await Tokenizer.load(FOLDERS[model], { maxLength: ids.length - 1 });
      expect(exact.encode("the quick brown fox")).toEqual({ ids, truncated: false });
      expect(less.encode("the quick brown fox").truncated).toBe(true);
    });

    it("ignores the truncation and padding of tokenizer.json", () => {
      const changes = {
        truncation: { max_length: 8, strategy: "LongestFirst", stride: 0, direction: "Left" },
        padding: { strategy: { Fixed: 400 }, direction: "Left", pad_id: 7, pad_token: "[MASK]" },
      };
      const tokenizer = changed(model, changes, {}, { maxLength: 300 });
      expect(tokenizer.encode("a ".repeat(100).trimEnd()).ids).toHaveLength(102);
      expect(tokenizer.encode("a ".repeat(500)).ids).toHaveLength(300);
      expect(tokenizer.padId).toBe(pad);
    });

    it("keeps to maxLength and to the special tokens whatever the text", async () => {
      const cut = await Tokenizer.load(FOLDERS[model], { maxLength: 9 });
      const whole = await Tokenizer.load(FOLDERS[model], { maxLength: 100_000 });
      fc.assert(
        fc.property(anyText, (text) => {
          const { ids, truncated } = cut.encode(text);
          const all = whole.encode(text);
          expect(all.truncated).toBe(false);
          expect(ids.length).toBe(Math.min(9, all.ids.length));
          expect(truncated).toBe(all.ids.length > 9);
          expect([ids[0], ids.at(-1)]).toEqual([first, last]);
          expect([...ids.slice(0, -1)]).toEqual([...all.ids.slice(0, ids.length - 1)]);
        }),
        { numRuns: 300 },
      );
    });

    // A byte-level word is another one with a space in front.
    it.skipIf(model === "tiny-roberta")(
      "gives words between spaces the same ids as alone",
      async () => {
        const tokenizer = await Tokenizer.load(FOLDERS[model], { maxLength: 100_000 });
        fc.assert(
          fc.property(anyText, anyText, (one, two) => {
            const content = (text: string) => idsOf(tokenizer, text).slice(1, -1);
            expect(content(`${one} ${two}`)).toEqual([...content(one), ...content(two)]);
          }),
          { numRuns: 300 },
        );
      },
    );

    for (const [name, text] of Object.entries(megabytes())) {
      it(`tokenizes a megabyte of ${name} within seconds`, { timeout: 20_000 }, async () => {
        const tokenizer = await Tokenizer.load(FOLDERS[model], { maxLength: 10_000_000 });
        const { ids, truncated } = tokenizer.encode(text);
        expect(truncated).toBe(false);
        expect([ids[0], ids.at(-1)]).toEqual([first, last]);
      });
    }

    it("refuses half of a surrogate pair, with its position and a remedy", async () => {
      const tokenizer = await Tokenizer.load(FOLDERS[model], { maxLength: 64 });
      for (const [text, position] of [
        ["ab\ud83d", 2],
        ["\ude00", 0],
        ["😀\ude00\ud83d", 2],
        ["\ud83d\ud83d\ude00", 0],
      ] as const) {
        const error = await errorOf(() => tokenizer.encode(text));
        expect(error.code).toBe("ERR_INVALID_TEXT");
        expect(error.message).toContain(`position ${position} `);
        expect(error.message).toContain("text.toWellFormed()");
      }
      expect(tokenizer.encode("😀").truncated).toBe(false);
    });
  });
}
