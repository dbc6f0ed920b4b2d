import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cutRequests } from "../dist/encoder/remote/cut-requests.js";
import { refused } from "./collections/refused.js";
import { onServer } from "./openai/on-server.js";
import { countTokens } from "./openai/openai-server.js";

const on = onServer();

describe("texts are shared among requests", () => {
  const cases = fc.record({
    tokens: fc.array(fc.nat(120), { maxLength: 60 }),
    maxTexts: fc.integer({ min: 1, max: 12 }),
    maxTokens: fc.integer({ min: 1, max: 200 }),
  });

  it("every text in exactly one, in order, within the limits unless a text alone is beyond", () => {
    fc.assert(
      fc.property(cases, ({ tokens, maxTexts, maxTokens }) => {
        const ranges = cutRequests(tokens, maxTexts, maxTokens);
        const places = ranges.flatMap(({ start, end }) =>
          Array.from({ length: end - start }, (_, i) => start + i),
        );
        expect(places).toEqual(tokens.map((_, i) => i));
        for (const { start, end } of ranges) {
          const sum = tokens.slice(start, end).reduce((a, b) => a + b, 0);
          expect(end - start).toBeGreaterThan(0);
          expect(end - start).toBeLessThanOrEqual(maxTexts);
          if (end - start > 1) expect(sum).toBeLessThanOrEqual(maxTokens);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("none could take the first text of the next one", () => {
    fc.assert(
      fc.property(cases, ({ tokens, maxTexts, maxTokens }) => {
        for (const { start, end } of cutRequests(tokens, maxTexts, maxTokens).slice(0, -1)) {
          const sum = tokens.slice(start, end + 1).reduce((a, b) => a + b, 0);
          expect(end + 1 - start > maxTexts || sum > maxTokens).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe("requests to OpenAI", () => {
  it("have at most 2,048 texts", async () => {
    const texts = Array.from({ length: 5000 }, (_, i) => `${i}`);
    await on.embeddings({ dimensions: 4 }).encode(texts);
    const counts = on.server.requests.map(({ input }) => input.length);
    expect(counts).toEqual([2048, 2048, 904]);
    // Also where a call asks for more.
    await on.embeddings({ dimensions: 4 }).encode(texts, { batchSize: 4000 });
    expect(on.server.requests.slice(3).map(({ input }) => input.length)).toEqual(counts);
  });

  it("have at most 300,000 tokens, even where every byte is one, and each text once", async () => {
    // Bytes that no token joins: the bound is reached.
    const dense = "\u0001\u0002".repeat(4000);
    const sparse = "word ".repeat(8000);
    const texts = Array.from({ length: 90 }, (_, i) => `${i} ${i % 3 === 0 ? sparse : dense}`);
    const model = on.embeddings({ dimensions: 4 });
    await model.encode(texts);
    const sums = await Promise.all(on.server.requests.map(({ input }) => countTokens(input)));
    expect(Math.max(...sums)).toBeLessThanOrEqual(300_000);
    expect(Math.max(...sums)).toBeGreaterThan(200_000);
    expect([...on.server.texts].sort()).toEqual([...texts].sort());
    expect(model.usage.promptTokens).toBe(sums.reduce((a, b) => a + b, 0));
  });

  it("of random texts and batch sizes: every text once, the vectors in order", async () => {
    const texts = fc.array(fc.string({ minLength: 1, maxLength: 30, unit: "grapheme" }), {
      maxLength: 50,
    });
    await fc.assert(
      fc.asyncProperty(texts, fc.integer({ min: 1, max: 9 }), async (given, batchSize) => {
        const wellFormed = given.map((text) => text.toWellFormed());
        const before = on.server.requests.length;
        const model = on.embeddings({ dimensions: 6, concurrency: 3 });
        const vectors = await model.encode(wellFormed, { batchSize });
        const sent = on.server.requests.slice(before);
        expect(sent.every(({ input }) => input.length <= batchSize)).toBe(true);
        expect(sent.flatMap(({ input }) => input).sort()).toEqual([...wellFormed].sort());
        const alone = on.embeddings({ dimensions: 6, batchSize: 1 });
        expect(vectors.toArray()).toEqual((await alone.encode(wellFormed)).toArray());
      }),
      { numRuns: 25 },
    );
  });

  it("are 32 texts for other servers, which know less; batchSize says otherwise", async () => {
    const texts = Array.from({ length: 70 }, (_, i) => `${i}`);
    const model = "nomic-embed-text";
    await on.embeddings({ model, concurrency: 1 }).encode(texts);
    await on.embeddings({ model, batchSize: 100 }).encode(texts);
    await refused(() => on.embeddings().encode(texts, { batchSize: 0 }), "ERR_INVALID_ARGUMENT");
    expect(on.server.requests.map(({ input }) => input.length)).toEqual([32, 32, 6, 70]);
  });
});
