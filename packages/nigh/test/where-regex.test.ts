import { describe, expect, it } from "vitest";
import type { Condition } from "../src/store/where/condition.js";
import { matches } from "../src/store/where/matches.js";
import { parseWhere } from "../src/store/where/parse-where.js";
import { compileRegex } from "../src/store/where/regex.js";

const finds = (pattern: string, document: string) =>
  matches(parseWhere(undefined, { $regex: pattern }) as Condition, null, document);

describe("A regular expression of a filter", () => {
  it("matches anywhere, with case, unless it says otherwise", () => {
    expect(finds("engine", "the engines")).toBe(true);
    expect(finds("^engine", "the engines")).toBe(false);
    expect(finds("ENGINE", "the engines")).toBe(false);
    expect(finds("(?i)ENGINE", "the engines")).toBe(true);
    expect(finds("(?m)^b$", "a\nb\nc")).toBe(true);
    expect(finds("a.b", "a\nb")).toBe(false);
    expect(finds("(?s)a.b", "a\nb")).toBe(true);
  });

  it("knows Unicode's classes and characters beyond 16 bits", () => {
    expect(finds("^\\p{Greek}+$", "λόγος")).toBe(true);
    expect(finds("^.$", "😀")).toBe(true);
    expect(finds("\\x{1F600}", "a😀")).toBe(true);
    expect(finds("(?i)ÄRGER", "ärger")).toBe(true);
  });

  it("takes time linear in the text, where JavaScript's own would not end", () => {
    expect(finds("(a+)+$", `${"a".repeat(100_000)}b`)).toBe(false);
    expect(finds("(a|aa)*c", "a".repeat(100_000))).toBe(false);
  });

  it("is refused with look-around, back-references and what does not end, saying why", () => {
    for (const pattern of ["a(?=b)", "(?<!a)b", "(a)\\1", "a{1001}", "[a", "(a", "a**"]) {
      expect(() => finds(pattern, ""), pattern).toThrow(
        expect.objectContaining({
          code: "ERR_INVALID_FILTER",
          message: expect.stringContaining(`whereDocument.$regex: expected a regular expression`),
        }),
      );
    }
    expect(() => compileRegex("(a)\\1")).toThrow(/found "\(a\)\\\\1": .*invalid escape sequence/u);
  });

  it("is compiled once, and again only after many others", () => {
    const first = compileRegex("a+b");
    expect(compileRegex("a+b")).toBe(first);
    for (let i = 0; i < 1_000; i++) compileRegex(`a${i}`);
    expect(compileRegex("a+b")).not.toBe(first);
  });
});
