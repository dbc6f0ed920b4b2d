import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Passage } from "../src/ingest/split-passages.js";
import { splitPassages } from "../src/ingest/split-passages.js";

const split = (text: string, options?: Parameters<typeof splitPassages>[1]): Passage[] =>
  splitPassages({ id: "d", text, metadata: { lang: "en" } }, options);
const texts = (text: string, options?: Parameters<typeof splitPassages>[1]): string[] =>
  split(text, options).map((passage) => passage.text);
const solid = (text: string): string => text.replace(/\s+/g, "");
const words = (text: string): number => text.split(/\s+/).length;

describe("splitPassages", () => {
  it("gives a short text as one passage with its document's metadata", () => {
    expect(split(" One. Two.\n\nThree. \n")).toEqual([
      {
        id: "d#0",
        documentId: "d",
        text: "One. Two.\n\nThree.",
        metadata: { lang: "en" },
        position: 0,
      },
    ]);
    expect(split(" \n ")).toEqual([]);
  });

  it("keeps paragraphs whole where they fit", () => {
    const paragraphs = ["a a a. A a a.", "b b b. B b b.", "c c c. C c c."];
    expect(texts(paragraphs.join("\n\n"), { maxWords: 9 })).toEqual(paragraphs);
    expect(texts(paragraphs.join("\n \n"), { maxWords: 12 })).toEqual([
      `${paragraphs[0]}\n \n${paragraphs[1]}`,
      paragraphs[2],
    ]);
  });

  it("splits a longer paragraph between sentences, wherever its lines are wrapped", () => {
    expect(texts("One two\nthree four. Five six\nseven eight. Nine.", { maxWords: 5 })).toEqual([
      "One two\nthree four.",
      "Five six\nseven eight. Nine.",
    ]);
  });

  it("splits a list between its items", () => {
    const list = "- one two\n- three four\n  going on\n1. five";
    expect(texts(list, { maxWords: 5 })).toEqual([
      "- one two",
      "- three four\n  going on",
      "1. five",
    ]);
  });

  it("splits a sentence that is too long evenly, at spaces", () => {
    const sentence = Array.from({ length: 130 }, (_, i) => `w${i}`).join(" ");
    expect(texts(sentence).map(words)).toEqual([65, 65]);
    const long = "l".repeat(60); // counts as three words
    expect(texts(`a b c ${long} d e`, { maxWords: 4 })).toEqual(["a b c", `${long} d`, "e"]);
  });

  it("does not end a sentence at an abbreviation, an initial or an item's number", () => {
    const sentences = [
      "Mr. Smith met Dr. J. R. Jones of the U.S. Army.",
      "See Fig. 5 and e.g. Vol. 2 of it.",
      "“Prof. Moriarty,” he said (cf. Doyle et al. 1893).",
      "1. Open the box and look into it.",
    ];
    expect(texts(sentences.join(" "), { maxWords: 11 })).toEqual(sentences);
  });

  it("counts a Chinese or Japanese character as half a word", () => {
    const passages = texts("我喜欢读书。".repeat(100), { maxWords: 60 });
    expect(passages.every((p) => p.length >= 90 && p.length <= 120 && p.endsWith("。"))).toBe(true);
  });

  it("gives a last passage of a few words sentences from the one before", () => {
    const sentences = Array.from({ length: 5 }, () => "One two three four five.");
    const sizes = texts(`${sentences.join(" ")} The end.`, { maxWords: 25 }).map(words);
    expect(sizes).toEqual([15, 12]);
  });

  it("repeats as many sentences as asked, where they fit", () => {
    const text = "A b c. D e f. G h i. J k l.";
    expect(texts(text, { maxWords: 6, overlapSentences: 1 })).toEqual([
      "A b c. D e f.",
      "D e f. G h i.",
      "G h i. J k l.",
    ]);
    expect(texts(text, { maxWords: 5, overlapSentences: 1 })).toHaveLength(4);
  });

  it("refuses options that it does not know or cannot use", () => {
    expect(() => split("a", { maxWord: 5 } as object)).toThrow(/Did you mean "maxWords"/);
    expect(() => split("a", { maxWords: 0 })).toThrow(
      /"maxWords" must be an integer of at least 1/,
    );
    expect(() => split("a", { overlapSentences: 0.5 })).toThrow(/"overlapSentences" must be/);
  });
});

const pieces = fc.constantFrom(
  ..."a|word|Mr.|End. |It is. |\n|\n\n|\n- |\r\n|  |\t|é|e\u0301|😀|👩‍👩‍👧|日本。|ไทย|\ud83d|\u00a0|\u3000|- |1. ".split(
    "|",
  ),
  "x".repeat(70),
  "word ".repeat(40),
  " ".repeat(100),
);
const anyText = fc.oneof(
  fc.array(pieces, { maxLength: 200, size: "max" }).map((parts) => parts.join("")),
  fc.string({ unit: "binary", maxLength: 300, size: "max" }),
);

describe("the passages of any text", () => {
  it("hold every non-space character once and in order, in at most maxWords words", () => {
    const property = fc.property(anyText, fc.integer({ min: 1, max: 30 }), (text, maxWords) => {
      const passages = texts(text, { maxWords });
      expect(solid(passages.join(""))).toBe(solid(text));
      for (const passage of passages) expect(words(passage)).toBeLessThanOrEqual(maxWords);
    });
    fc.assert(property, { numRuns: 500 });
  });

  it("never reach into another section", () => {
    const property = fc.property(fc.array(anyText, { maxLength: 5 }), (parts) => {
      let start = 0;
      const sections = parts.map((part, i) => {
        const section = { title: `s${i}`, start };
        start += part.length;
        return section;
      });
      const document = { id: "d", text: parts.join(""), metadata: {}, sections };
      const passages = splitPassages(document, { maxWords: 8 });
      for (const [i, part] of parts.entries()) {
        const own = passages.filter((passage) => passage.metadata.section === `s${i}`);
        expect(solid(own.map((passage) => passage.text).join(""))).toBe(solid(part));
      }
      expect(passages.map((passage) => passage.id)).toEqual(passages.map((_, i) => `d#${i}`));
    });
    fc.assert(property, { numRuns: 200 });
  });

  it("are stretches of the text that overlap by at most as many sentences as asked", () => {
    const lengths = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 30 });
    const property = fc.property(
      lengths,
      fc.integer({ min: 1, max: 4 }),
      (sizes, overlapSentences) => {
        const text = sizes
          .map((size, i) => Array.from({ length: size }, (_, j) => `W${i}x${j}`).join(" "))
          .map((sentence, i) => `${sentence}.${i % 3 === 0 ? "\n\n" : " "}`)
          .join("")
          .trim();
        let start = -1;
        let end = 0;
        for (const passage of texts(text, { maxWords: 12, overlapSentences })) {
          expect(words(passage)).toBeLessThanOrEqual(12);
          const at = text.indexOf(passage);
          expect(at).toBeGreaterThan(start);
          expect(text.slice(end, at).trim()).toBe("");
          const repeated = text.slice(at, end);
          expect(repeated.split(".").length - 1).toBeLessThanOrEqual(overlapSentences);
          start = at;
          end = at + passage.length;
        }
        expect(end).toBe(text.length);
      },
    );
    fc.assert(property, { numRuns: 200 });
  });

  it("do not tear characters apart", () => {
    const character = fc.constantFrom("😀", "𠀀", "e\u0301", "👍🏽", "a");
    const property = fc.property(
      fc.array(character, { minLength: 1, maxLength: 400, size: "max" }),
      (characters) => {
        for (const passage of texts(characters.join(""), { maxWords: 2 })) {
          expect(passage).not.toMatch(/^\p{M}|\p{Surrogate}/u);
        }
      },
    );
    fc.assert(property);
  });
});

describe("a large text", () => {
  const line = "The quick brown fox jumps over the lazy dog near the river today. ".repeat(3000);

  // The limit is for slow machines: quadratic time would take minutes.
  it.each([
    ["10 MB in lines of 200 KB", `${line}\n`.repeat(50)],
    ["10 MB in one line", line.repeat(50)],
    ["a word of 1 MB", "a".repeat(1e6)],
    ["1 MB of full stops", ". ".repeat(5e5)],
    ["1 MB of initials", "A. ".repeat(3e5)],
    ["1 MB without spaces or sentences", "你".repeat(1e6)],
    ["1 MB of combining marks", `a${"\u0301".repeat(1e6)}`],
    ["1 MB of spaces between two words", `a${" ".repeat(1e6)}b`],
    ["1 MB of line feeds and spaces", `a${"\n ".repeat(5e5)}b`],
    ["1 MB of short lines", "a\n".repeat(5e5)],
  ])(
    "of %s is split in seconds, and nothing is lost",
    (_, text) => {
      const passages = texts(text);
      expect(solid(passages.join("")) === solid(text)).toBe(true);
    },
    20_000,
  );
});
