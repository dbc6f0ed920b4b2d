import { CrossEncoder, downloadModel, models, SentenceTransformer } from "nigh";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { CROSS_BERT } from "./cross-encoder/models.js";
import { expectRejection } from "./encoder/errors.js";
import { useHub } from "./hub/hub-environment.js";
import { filesOf, HubServer } from "./hub/hub-server.js";

const FILES = filesOf(CROSS_BERT);
const NEEDED = Object.keys(FILES)
  .filter((name) => name !== "golden.json")
  .sort();
const OWN = "cross-encoder/tiny-rank";

let server: HubServer;
beforeAll(async () => {
  server = await HubServer.start();
  const beside = {
    "README.md": "# a model",
    "pytorch_model.bin": "pickle",
    "onnx/model.onnx": "x",
  };
  for (const id of [OWN, "someone/ranker", "cross-encoder/ms-marco-MiniLM-L6-v2"]) {
    server.commit(id, { ...FILES, ...beside });
  }
});
afterAll(() => server.close());
useHub(() => server);

async function load(name: string, options = {}): Promise<CrossEncoder> {
  const model = await CrossEncoder.load(name, { threads: 1, ...options });
  onTestFinished(() => model.close());
  return model;
}

describe("CrossEncoder.load by a name of the Hub", () => {
  it("downloads what it needs, once, and runs offline afterwards", async () => {
    const model = await load("someone/ranker");
    expect(model.name).toBe("someone/ranker");
    expect(server.fetched()).toEqual(NEEDED);
    const again = await load("someone/ranker", { localFilesOnly: true });
    expect(server.fetched()).toEqual(NEEDED);
    const pair = ["a query", "a document"] as const;
    expect(await again.predict(pair)).toBe(await model.predict(pair));
  });

  it("takes a name without an organization for one of cross-encoder/, as Python does", async () => {
    expect((await load("tiny-rank")).name).toBe("tiny-rank");
    expect((await load(OWN)).name).toBe("tiny-rank");
    await expectRejection(SentenceTransformer.load("tiny-rank"), "ERR_MODEL_NOT_FOUND");
  });

  it("finds a known one that was downloaded by its short name", async () => {
    await downloadModel("ms-marco-MiniLM-L6-v2");
    const known = await load("ms-marco-MiniLM-L6-v2", { localFilesOnly: true });
    expect(known.name).toBe("ms-marco-MiniLM-L6-v2");
  });

  it("names the nearest cross-encoder that it knows for one that is not there", async () => {
    const loading = CrossEncoder.load("ms-marco-MiniLM-L6-v3", { localFilesOnly: true });
    const hint = 'Did you mean "ms-marco-MiniLM-L6-v2"?';
    await expectRejection(loading, "ERR_MODEL_NOT_FOUND", hint);
  });

  it("says that a cross-encoder of the Hub is none that makes vectors", async () => {
    await downloadModel("someone/ranker");
    const advice = "Load it with CrossEncoder.load";
    await expectRejection(
      SentenceTransformer.load("someone/ranker"),
      "ERR_UNSUPPORTED_MODEL",
      advice,
    );
  });
});

describe("models()", () => {
  it("tells cross-encoders from models that make vectors", () => {
    for (const { kind, dimension } of models()) {
      expect(dimension === undefined).toBe(kind === "cross-encoder");
    }
    expect(models().filter(({ kind }) => kind === "cross-encoder").length).toBeGreaterThan(1);
  });
});
