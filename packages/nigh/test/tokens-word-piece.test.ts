import { describe, expect, it } from "vitest";
import { Tokenizer } from "../src/tokens/tokenizer.js";
import { idsOf } from "./tokens/tokenizers.js";

describe("WordPiece", () => {
  const vocab = Object.fromEntries(
    ["[UNK]", "[PAD]", "😀", "##😀", "a", "##a"].map((t, i) => [t, i]),
  );
  const model = { type: "WordPiece", vocab, max_input_chars_per_word: 3 };
  const tokenizer = new Tokenizer({ model }, undefined, { maxLength: 100 });

  it("counts characters rather than UTF-16 units of a word", () => {
    expect(idsOf(tokenizer, "😀 😀😀😀 😀😀😀😀")).toEqual([2, 2, 3, 3, 0]);
    expect(idsOf(tokenizer, "aaa aaaa 😀aa 😀aaa")).toEqual([4, 5, 5, 0, 2, 5, 5, 0]);
  });

  it("has no place in its vocabulary for a word that is too long", () => {
    const long = { ...model, vocab: { ...vocab, aaaa: 6 } };
    const other = new Tokenizer({ model: long }, undefined, { maxLength: 100 });
    expect(idsOf(other, "aaaa")).toEqual([0]);
  });
});
