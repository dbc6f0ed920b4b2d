import { describe, expect, it } from "vitest";
import { loadCl100k } from "../dist/encoder/remote/cl100k-tokens.js";
import { fixture, readJson } from "./encoder/fixtures.js";

interface Entry {
  text: string;
  /** Bytes of each of tiktoken's tokens. */
  lengths: number[];
}

const entries = readJson<Entry[]>(fixture("tokens/cl100k.json"));
const tokens = await loadCl100k();

describe("OpenAI's tokens", () => {
  it("are as many as tiktoken's, for words, spaces of all kinds, odd characters and long runs", () => {
    const wrong = entries.filter(({ text, lengths }) => tokens.count(text) !== lengths.length);
    expect(entries.length).toBeGreaterThan(1200);
    expect(wrong).toEqual([]);
  });

  it("are never more than a text has bytes", () => {
    for (const { text, lengths } of entries)
      expect(lengths.length).toBeLessThanOrEqual(Buffer.byteLength(text));
  });

  it("are counted up to a limit", () => {
    for (const { text, lengths } of entries) {
      expect(tokens.count(text, 5)).toBe(Math.min(lengths.length, 6));
    }
  });

  it("a text is cut to a beginning with no more of them, whole characters only, and as it is where it has no more", () => {
    for (const { text, lengths } of entries) {
      for (const limit of [1, 4, 9]) {
        const cut = tokens.cut(text, limit);
        expect(text.startsWith(cut)).toBe(true);
        expect(cut.isWellFormed()).toBe(true);
        expect(tokens.count(cut)).toBeLessThanOrEqual(limit);
        if (lengths.length <= limit) expect(cut).toBe(text);
      }
    }
  });

  it("a text is cut where tiktoken's tokens end, unless that is inside a character", () => {
    const plain = entries.filter(({ text }) => /^[\x20-\x7e]*$/u.test(text));
    expect(plain.length).toBeGreaterThan(20);
    for (const { text, lengths } of plain) {
      const end = lengths.slice(0, 6).reduce((sum, length) => sum + length, 0);
      const cut = tokens.cut(text, 6);
      expect(cut.length).toBeLessThanOrEqual(end);
      expect(cut.length).toBeGreaterThanOrEqual(end - (lengths[5] ?? 0));
    }
  });

  it("are counted in time that grows with the text, not with its square", () => {
    for (const run of [" ", "a", "漢字仮名"]) {
      const start = performance.now();
      tokens.count(run.repeat(200_000));
      // Joining pairs one after the other in one list takes more than 30 s for each of these, this a fraction of one.
      expect(performance.now() - start).toBeLessThan(10_000);
    }
  });
});
