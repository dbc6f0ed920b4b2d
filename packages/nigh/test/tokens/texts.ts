import fc from "fast-check";

/** Well-formed text of characters that matter to tokenizers, and of any others. */
export const anyText = fc
  .array(
    fc.oneof(
      fc.constantFrom(" ", "\t", "\u00a0", "[MASK]", "</s>", "the", "ing", "▁", ".", "Σ", "東"),
      fc.constantFrom("e\u0301", "\u0301", "\u200d", "\u00ad", "각", "ﬁ", "İ", "\u{1e130}", "😀"),
      fc.string({ unit: "binary", maxLength: 8 }),
      fc.string({ unit: "grapheme", maxLength: 8 }),
    ),
    { maxLength: 8 },
  )
  .map((parts) => parts.join(""));

/** All of Unicode, as in the script of the fixtures. */
export function* sweepTexts(): Generator<string> {
  for (let start = 0; start < 0x110000; start += 256) {
    if (start >= 0xd800 && start < 0xe000) continue;
    const points = Array.from({ length: 256 }, (_, i) => String.fromCodePoint(start + i));
    yield points.map((c) => `a${c}b`).join(" ");
    yield points.join(" ");
    yield points.map((c) => `${c}e\u0301 o${c}\u0323\u0345`).join("");
  }
}

/** A megabyte of what may take long, by name. */
export function megabytes(): Record<string, string> {
  return {
    "one word": "x".repeat(1_000_000),
    "unknown words": "☃ ".repeat(250_000),
    emoji: "😀".repeat(250_000),
    spaces: " ".repeat(1_000_000),
    punctuation: "!".repeat(1_000_000),
    "special tokens": "[MASK]</s>".repeat(100_000),
    "open brackets": "[<".repeat(500_000),
    marks: "\u0301".repeat(500_000),
    "characters newer than Rust's tables": "\u{1e130}".repeat(250_000),
    prose: "The quick brown fox jumps over the lazy dog. ".repeat(22_000),
  };
}
