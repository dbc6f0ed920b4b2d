import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { Tokenizer } from "../src/tokens/tokenizer.js";
import { sweepTexts } from "./tokens/texts.js";
import {
  type Changes,
  casesOf,
  changed,
  FOLDERS,
  idsOf,
  MODELS,
  type Model,
  SPECIALS,
} from "./tokens/tokenizers.js";

type TextCase = { text: string } & Record<Model, number[]>;
interface Variant {
  model: Model;
  name: string;
  json: Changes;
  config: Changes | null;
  lowerCase: boolean;
  ids: number[][];
}

for (const model of MODELS) {
  describe(`the tokenizer of ${model}`, () => {
    it("gives Python's ids for texts that tokenizers get wrong", async () => {
      const tokenizer = await Tokenizer.load(FOLDERS[model], { maxLength: 64 });
      const cases = casesOf<TextCase[]>("texts");
      expect(cases.length).toBeGreaterThan(300);
      for (const { text, [model]: ids } of cases) {
        expect(idsOf(tokenizer, text), JSON.stringify(text)).toEqual(ids);
      }
    });

    it("gives the same ids when a text comes again", async () => {
      const tokenizer = await Tokenizer.load(FOLDERS[model], { maxLength: 64 });
      const cases = casesOf<TextCase[]>("texts");
      for (const { text } of cases) tokenizer.encode(text);
      for (const { text, [model]: ids } of cases) expect(idsOf(tokenizer, text)).toEqual(ids);
    });

    it("gives Python's ids for each character of Unicode", { timeout: 120_000 }, async () => {
      const tokenizer = await Tokenizer.load(FOLDERS[model], { maxLength: 1_000_000 });
      const digest = createHash("sha256");
      for (const text of sweepTexts()) digest.update(tokenizer.encode(text).ids);
      const expected = casesOf<{ model: Model; sha256: string }[]>("sweeps");
      expect(digest.digest("hex")).toBe(expected.find((row) => row.model === model)?.sha256);
    });

    it("knows the id that fills batches up", async () => {
      const tokenizer = await Tokenizer.load(FOLDERS[model], { maxLength: 64 });
      expect(tokenizer.padId).toBe(SPECIALS[model].pad);
    });
  });
}

describe("a tokenizer with changed files gives Python's ids", () => {
  const [head, ...variants] = casesOf<[{ texts: string[] }, ...Variant[]]>("variants");

  for (const { model, name, json, config, lowerCase, ids } of variants) {
    it(`${model}: ${name}`, () => {
      const tokenizer = changed(model, json, config, { maxLength: 12, lowerCase });
      for (const [i, text] of head.texts.entries()) {
        expect(idsOf(tokenizer, text), JSON.stringify(text)).toEqual(ids[i]);
      }
    });
  }
});
