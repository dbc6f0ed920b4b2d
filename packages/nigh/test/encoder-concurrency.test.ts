import { SentenceTransformer } from "nigh";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { expectRejection } from "./encoder/errors.js";
import { MINILM_GOLDEN, TINY_GOLDEN, TINY_MODEL } from "./encoder/fixtures.js";
import { expectSameVectors } from "./encoder/vectors.js";

/** Texts of about 100 tokens: five fill a batch. */
const PARAGRAPHS = Array.from(
  { length: 300 },
  (_, i) => `Paragraph ${i}. ${"The lighthouse keeper counts the waves until morning. ".repeat(9)}`,
);

async function loadForThisTest(): Promise<SentenceTransformer> {
  const model = await SentenceTransformer.load(TINY_MODEL, { threads: 2 });
  onTestFinished(() => model.close());
  return model;
}

describe("several calls at once", () => {
  let model: SentenceTransformer;
  beforeAll(async () => {
    model = await SentenceTransformer.load("all-MiniLM-L6-v2", { threads: 2 });
  });
  afterAll(() => model.close());

  it("two encodes at once give each its own vectors", async () => {
    const { texts, embeddings } = MINILM_GOLDEN;
    const [forward, backward, single] = await Promise.all([
      model.encode(texts),
      model.encode(texts.toReversed(), { batchSize: 3 }),
      model.encode(texts[0] as string),
    ]);
    expectSameVectors(forward, embeddings);
    expectSameVectors(backward, embeddings.toReversed());
    expectSameVectors([single], embeddings.slice(0, 1));
  });

  it("a hundred encodes at once give each its own vector", async () => {
    const places = Array.from({ length: 100 }, (_, i) => i % MINILM_GOLDEN.texts.length);
    const vectors = await Promise.all(
      places.map((place) => model.encode(MINILM_GOLDEN.texts[place] as string)),
    );
    expectSameVectors(
      vectors,
      places.map((place) => MINILM_GOLDEN.embeddings[place] as readonly number[]),
    );
  });

  it("a query is answered within ten batches while a large encode runs", async () => {
    let batches = 0;
    let askedAt = 0;
    let answeredAt = Number.POSITIVE_INFINITY;
    let query: Promise<void> | undefined;
    const large = model.encode(PARAGRAPHS, {
      onProgress: () => {
        batches++;
        query ??= (async () => {
          askedAt = batches;
          await model.encodeQuery("Who counts the waves?");
          answeredAt = batches;
        })();
      },
    });
    await large;
    await query;
    expect(batches).toBeGreaterThan(50);
    expect(answeredAt - askedAt).toBeLessThan(10);
  });
});

describe("an AbortSignal", () => {
  it("that fired before refuses the work: ERR_ABORTED with the signal's reason", async () => {
    const model = await loadForThisTest();
    const encoding = model.encode("text", { signal: AbortSignal.abort("too late") });
    await expectRejection(encoding, "ERR_ABORTED");
    await expect(encoding).rejects.toMatchObject({ cause: "too late" });
  });

  it("that fires meanwhile stops the work early: ERR_ABORTED, and the model still works", async () => {
    const model = await loadForThisTest();
    const controller = new AbortController();
    let done = 0;
    const encoding = model.encode(PARAGRAPHS, {
      signal: controller.signal,
      onProgress: (progress) => {
        done = progress.done;
        controller.abort();
      },
    });
    await expectRejection(encoding, "ERR_ABORTED", "AbortSignal");
    expect(done).toBeLessThan(PARAGRAPHS.length / 4);
    expectSameVectors(await model.encode(TINY_GOLDEN.texts), TINY_GOLDEN.embeddings);
  });

  it("that fires right after the call stops the work before the first batch", async () => {
    const model = await loadForThisTest();
    const controller = new AbortController();
    let batches = 0;
    const encoding = model.encode(PARAGRAPHS, {
      signal: controller.signal,
      onProgress: () => batches++,
    });
    controller.abort();
    await expectRejection(encoding, "ERR_ABORTED");
    expect(batches).toBe(0);
  });

  it("of one encode does not touch another", async () => {
    const model = await loadForThisTest();
    const controller = new AbortController();
    const aborted = model.encode(PARAGRAPHS, { signal: controller.signal });
    const other = model.encode(TINY_GOLDEN.texts);
    controller.abort();
    await expectRejection(aborted, "ERR_ABORTED");
    expectSameVectors(await other, TINY_GOLDEN.embeddings);
  });
});

describe("close", () => {
  it("twice, at once and one after the other, is no error", async () => {
    const model = await loadForThisTest();
    await Promise.all([model.close(), model.close()]);
    await model.close();
  });

  it("refuses what comes after: ERR_CLOSED", async () => {
    const model = await loadForThisTest();
    await model.close();
    await expectRejection(model.encode("text"), "ERR_CLOSED", "load it again");
    await expectRejection(model.encode(["a", "b"]), "ERR_CLOSED");
    await expectRejection(model.encodeQuery("text"), "ERR_CLOSED");
    await expectRejection(model.encodeDocument("text"), "ERR_CLOSED");
    await expectRejection(model.tokenize(["text"]), "ERR_CLOSED");
  });

  it("during an encode ends it with ERR_CLOSED, and close itself resolves", async () => {
    const model = await loadForThisTest();
    let closing: Promise<void> | undefined;
    const encoding = model.encode(PARAGRAPHS, {
      onProgress: () => {
        closing ??= model.close();
      },
    });
    await expectRejection(encoding, "ERR_CLOSED");
    await closing;
    await expectRejection(model.encode("text"), "ERR_CLOSED");
  });

  it("right after the call of an encode ends it with ERR_CLOSED", async () => {
    const model = await loadForThisTest();
    const encoding = model.encode(PARAGRAPHS);
    const rejected = expectRejection(encoding, "ERR_CLOSED");
    await model.close();
    await rejected;
  });

  it("refuses what waits for a thread, and waits for what runs", async () => {
    const model = await loadForThisTest();
    const waiting = Array.from({ length: 50 }, () => model.tokenize(PARAGRAPHS));
    const outcomes = Promise.allSettled(waiting);
    await model.close();
    const refused = (await outcomes).filter(({ status }) => status === "rejected");
    expect(refused.length).toBeGreaterThan(45);
    for (const outcome of refused)
      expect(outcome).toMatchObject({ reason: { code: "ERR_CLOSED" } });
  });

  it("or a signal, while more is being tokenized ahead, leaves no promise unhandled", async () => {
    const model = await loadForThisTest();
    const unhandled: unknown[] = [];
    const note = (reason: unknown): void => void unhandled.push(reason);
    process.on("unhandledRejection", note);
    onTestFinished(() => void process.off("unhandledRejection", note));
    // Three windows: the second is tokenized while the first is computed.
    const texts = Array.from({ length: 9000 }, (_, i) => `go ${i}`);
    const controller = new AbortController();
    const aborted = model.encode(texts, {
      signal: controller.signal,
      onProgress: () => controller.abort(),
    });
    await expectRejection(aborted, "ERR_ABORTED");
    const closed = model.encode(texts, { onProgress: () => void model.close() });
    await expectRejection(closed, "ERR_CLOSED");
    // Node tells of unhandled rejections after the turn in which they were made.
    await model.close();
    await new Promise((done) => setImmediate(done));
    expect(unhandled).toEqual([]);
  });

  it("lets a model that was loaded beside it live", async () => {
    const [one, two] = await Promise.all([loadForThisTest(), loadForThisTest()]);
    await one.close();
    expectSameVectors(await two.encode(TINY_GOLDEN.texts), TINY_GOLDEN.embeddings);
  });

  it("keeps what needs no model: properties and similarity", async () => {
    const model = await loadForThisTest();
    const vectors = await model.encode(["a", "b"]);
    await model.close();
    expect(model.dimension).toBe(48);
    expect(model.similarity(vectors, vectors).shape).toEqual([2, 2]);
  });
});
