import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cutMarkdown } from "../src/ingest/cut-markdown.js";
import { markdownToText } from "../src/ingest/markdown-to-text.js";
import { splitPassages } from "../src/ingest/split-passages.js";
import { readOne } from "./ingest/files.js";

const textOf = (markdown: string): string => markdownToText(markdown).text;

describe("a Markdown file", () => {
  it("is one document with its first heading as title", async () => {
    const { documents, path } = await readOne(
      "note.MD",
      "Hello.\r\n\r\nA *short* note\r\n===\r\n\r\nText.\r\n\r\n# B\r\n",
    );
    expect(documents).toMatchObject([
      {
        id: path,
        text: "Hello.\n\nA short note\n\nText.\n\nB",
        metadata: { title: "A short note" },
      },
    ]);
  });

  it("has its front matter as metadata and not in its text", async () => {
    const { documents } = await readOne(
      "a.md",
      `---
# about
title: "A: title"
date: 2024-05-01
author: Ann Example # the first
draft: false
stars: 4.5
version: 1.10
tags:
  - one
  - two words
kinds: [a, "b"]
nested:
  key: value
summary: |
  Long
__proto__: x
empty:
---
# Heading

Text: here.`,
    );
    expect(documents[0]?.text).toBe("Heading\n\nText: here.");
    expect(Object.fromEntries(Object.entries(documents[0]?.metadata ?? {}))).toEqual(
      Object.fromEntries([
        ["title", "A: title"],
        ["date", "2024-05-01"],
        ["author", "Ann Example"],
        ["draft", false],
        ["stars", 4.5],
        ["version", "1.10"],
        ["tags", "one, two words"],
        ["kinds", "a, b"],
        ["__proto__", "x"],
      ]),
    );
  });

  it("that begins with a ruler has no front matter", async () => {
    const { documents } = await readOne("a.md", "---\nSome words\n\n---\nmore");
    expect(documents).toMatchObject([{ metadata: {}, text: "Some words\n\nmore" }]);
  });

  it("without any text is skipped", async () => {
    const { problems } = await readOne("a.md", "---\ntitle: x\n---\n<!-- nothing -->\n");
    expect(problems).toMatchObject([{ kind: "skipped", reason: "holds no text" }]);
  });
});

describe("the text of Markdown", () => {
  it.each([
    ["keeps the words of emphasis", "**a** _b_ ~~c~~ `d`", "a b c d"],
    [
      "has a link's text",
      "see [the *docs*](http://x.y 'title'), <http://z.z>",
      "see the docs, http://z.z",
    ],
    [
      "resolves references defined at the end",
      "see [it][1] and [two]\n\n[1]: /a\n[two]: /b",
      "see it and two",
    ],
    ["has an image's alternative text", "![a cat](cat.png) sits", "a cat sits"],
    [
      "keeps code as it stands",
      "```js\nif (a < b) {\n\n  *x* &amp;\n}\n```",
      "if (a < b) {\n\n  *x* &amp;\n}",
    ],
    ["keeps indented code", "a\n\n    <b>code</b>", "a\n\n<b>code</b>"],
    ["has no HTML tags within a line", "H<sub>2</sub>O<br>is <!-- very --> wet", "H2O\nis  wet"],
    [
      "has no HTML tags around blocks",
      "<div><p>one</p><p>a<b>b</b></p></div>\n\ntwo",
      "one\nab\n\ntwo",
    ],
    ["has no scripts and styles", "<div>\n<script>let a = '<p>';</script>x\n</div>", "x"],
    ["has no comments", "<!-- a > b\n<p>c</p> -->\n\nx", "x"],
    ["decodes entities", "a &amp; b &#x41;&#66; &lt;p&gt; &nope; &copy;", "a & b AB <p> &nope; ©"],
    ["keeps escaped characters", "\\*a\\* \\[b\\]", "*a* [b]"],
    ["marks the items of lists", "- a\n- b\n  - c\n\n3. d\n4. e", "- a\n- b\n- c\n\n3. d\n4. e"],
    ["shows what is done", "- [x] a\n- [ ] b", "- [x] a\n- [ ] b"],
    ["keeps the paragraphs of an item", "- a\n\n  b\n- c", "- a\n\nb\n\n- c"],
    ["has tables row by row", "|a|b|\n|-|-|\n|*c*|d|", "a | b\nc | d"],
    ["has quotes without their mark", "> a\n> b\n>\n> > c", "a\nb\n\nc"],
    ["has no rulers", "a\n\n---\n\nb", "a\n\nb"],
  ])("%s", (_, markdown, text) => {
    expect(textOf(markdown)).toBe(text);
  });

  it("keeps what nests too deeply to be understood", () => {
    expect(textOf(`${"> ".repeat(5000)}deep`)).toContain("deep");
    expect(textOf(`${"<div>".repeat(5000)}deep`)).toContain("deep");
  });

  it.each([
    ["*a", 500_000],
    ["[a](", 250_000],
    ["a@", 500_000],
    ["<", 1_000_000],
  ])(
    "takes a line of a megabyte of %s",
    (piece, count) => {
      expect(textOf(piece.repeat(count)).length).toBeGreaterThan(400_000);
    },
    20_000,
  );

  it("takes a list item of a megabyte", () => {
    expect(textOf(`- a\n${"b\n".repeat(500_000)}`).match(/b/g)).toHaveLength(500_000);
  }, 30_000);
});

describe("the sections of Markdown", () => {
  it("begin at headings, and tell passages where they stand", () => {
    const { text, sections } = markdownToText(
      "Intro.\n\n# One\n\nFirst.\n\n## *Two*\n\n- # no\n\nEnd.",
    );
    expect(sections.map((s) => [s.title, text.slice(s.start, s.start + 5)])).toEqual([
      ["", "Intro"],
      ["One", "One\n\n"],
      ["Two", "Two\n\n"],
    ]);
    const passages = splitPassages({ id: "d", text, metadata: { title: "t" }, sections });
    expect(passages.map((p) => [p.text, p.metadata])).toEqual([
      ["Intro.", { title: "t" }],
      ["One\n\nFirst.", { title: "t", section: "One" }],
      ["Two\n\n- no\n\nEnd.", { title: "t", section: "Two" }],
    ]);
  });

  it("include the headings right before them", () => {
    const { text, sections } = markdownToText("# A\n## B\ntext\n# C");
    expect(sections).toEqual([
      { title: "B", start: 0 },
      { title: "C", start: text.indexOf("C") },
    ]);
  });

  it("are none for headings in code", () => {
    expect(markdownToText("```\n# no\n```").sections).toEqual([{ title: "", start: 0 }]);
  });
});

describe("cutMarkdown", () => {
  it("loses nothing, whatever the text", () => {
    const line = fc.constantFrom("", "# a", "- b", "  c", "```", "~~~~", "word ".repeat(300));
    const property = fc.property(fc.array(line, { maxLength: 300, size: "max" }), (lines) => {
      const source = lines.join("\n");
      expect(cutMarkdown(source).join("")).toBe(source);
    });
    fc.assert(property, { numRuns: 50 });
  });

  it("gives the text and sections of the whole, code fences and far references included", () => {
    const chapters = Array.from({ length: 40 }, (_, i) => {
      const code = Array.from({ length: 40 }, (_, j) => `# line ${j} of *${i}*\n\nx = ${j}`).join(
        "\n",
      );
      return `## Chapter ${i}\n\nSee [the end][far].\n\n\`\`\`py\n${code}\n\`\`\`\n\n- a\n- b\n`;
    });
    const source = `${chapters.join("\n")}\n[far]: http://x.y\n`;
    expect(cutMarkdown(source).length).toBeGreaterThan(1);
    const { text, sections } = markdownToText(source);
    expect(sections.map((s) => s.title)).toEqual(chapters.map((_, i) => `Chapter ${i}`));
    expect(text.match(/See the end\./g)).toHaveLength(40);
    expect(text.match(/^# line \d+ of \*\d+\*$/gm)).toHaveLength(1600);
  });

  it("does not cut before what belongs to a list item", () => {
    const items = Array.from({ length: 2000 }, (_, i) => `- one ${i}\n\n    two *words*\n`);
    expect(cutMarkdown(items.join("\n")).length).toBeGreaterThan(1);
    expect(textOf(items.join("\n"))).not.toContain("*");
  });
});
