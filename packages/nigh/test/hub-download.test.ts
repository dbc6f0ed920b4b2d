import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { cachedModels, type DownloadProgress, downloadModel, SentenceTransformer } from "nigh";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expectRejection } from "./encoder/errors.js";
import { TINY_GOLDEN, TINY_MODEL } from "./encoder/fixtures.js";
import { expectSameVectors } from "./encoder/vectors.js";
import { useHub } from "./hub/hub-environment.js";
import { filesOf, HubServer, TOKEN } from "./hub/hub-server.js";

const ID = "someone/tiny-model";
const FILES = filesOf(TINY_MODEL);
const NEEDED = Object.keys(FILES)
  .filter((name) => name !== "golden.json")
  .sort();
/** What repositories have beside. */
const BESIDE = {
  "README.md": "# a model",
  ".gitattributes": "*.safetensors filter=lfs",
  "pytorch_model.bin": "pickle",
  "tf_model.h5": "h5",
  "rust_model.ot": "ot",
  "train_script.py": "print()",
  "data_config.json": "[]",
  "picture.png": "png",
  "openvino/openvino_model.xml": "<x/>",
  "onnx/model.onnx": "onnx",
  "onnx/model_O2.onnx": "onnx",
};

let server: HubServer;
let commit: string;
beforeAll(async () => {
  server = await HubServer.start();
  server.commit(ID, { "config.json": "{}" }, "older");
  commit = server.commit(ID, { ...FILES, ...BESIDE });
});
afterAll(() => server.close());
const hub = useHub(() => server);

const repository = (): string => join(hub.home, "hub/models--someone--tiny-model");
const snapshot = (): string => join(repository(), "snapshots", commit);

describe("SentenceTransformer.load by a name of the Hub", () => {
  it("downloads the model and gives Python's vectors", async () => {
    const model = await SentenceTransformer.load(ID, { threads: 1 });
    expect(model.name).toBe(ID);
    expectSameVectors(await model.encode(TINY_GOLDEN.texts), TINY_GOLDEN.embeddings);
    await model.close();
  });

  it("fetches the files that it needs, each once, and no other format of the weights", async () => {
    await downloadModel(ID);
    expect(server.fetched()).toEqual(NEEDED);
  });

  it("lays the cache out as Python's huggingface_hub does, with relative links", async () => {
    await downloadModel(ID);
    expect(readFileSync(join(repository(), "refs/main"), "utf8")).toBe(commit);
    const link = join(snapshot(), "1_Pooling/config.json");
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(readlinkSync(link)).toMatch(/^\.\.\/\.\.\/\.\.\/blobs\/[0-9a-f]{40}$/u);
    expect(readlinkSync(join(snapshot(), "model.safetensors"))).toMatch(
      /^\.\.\/\.\.\/blobs\/[0-9a-f]{64}$/u,
    );
    for (const name of NEEDED)
      expect(FILES[name]?.equals(readFileSync(join(snapshot(), name))), name).toBe(true);
    expect(readdirSync(join(repository(), "blobs")).filter((name) => /\./u.test(name))).toEqual([]);
  });

  it("has files instead of links where HF_HUB_DISABLE_SYMLINKS is set, which verify as well", async () => {
    process.env["HF_HUB_DISABLE_SYMLINKS"] = "1";
    await downloadModel(ID);
    expect(lstatSync(join(snapshot(), "model.safetensors")).isFile()).toBe(true);
    expect((await cachedModels())[0]?.missing).toEqual([]);
  });

  it("asks nothing when the cache has it", async () => {
    await downloadModel(ID);
    server.reset();
    const model = await SentenceTransformer.load(ID, { threads: 1 });
    await model.close();
    expect(server.seen).toEqual([]);
  });

  it("tells bytes, rate, time left and files while it downloads", async () => {
    const told: DownloadProgress[] = [];
    await downloadModel(ID, { onProgress: (progress) => told.push({ ...progress }) });
    const total = NEEDED.reduce((sum, name) => sum + (FILES[name]?.length ?? 0), 0);
    const last = told.at(-1) as DownloadProgress;
    expect(last).toMatchObject({
      ...{ done: total, total, etaSeconds: 0 },
      ...{ filesDone: NEEDED.length, filesTotal: NEEDED.length },
    });
    const done = told.map((progress) => progress.done);
    expect(done).toEqual(done.toSorted((a, b) => a - b));
    const middle = told.filter((progress) => progress.done < total && progress.perSecond > 0);
    expect(middle.length).toBeGreaterThan(0);
    for (const progress of middle) expect(progress.etaSeconds).toBeGreaterThan(0);
  });

  it("takes a branch, a tag and a commit as revision", async () => {
    const other = server.commit(
      ID,
      { ...FILES, "config_sentence_transformers.json": "{}" },
      "v2/x",
    );
    for (const revision of ["v2/x", other]) {
      const found = await downloadModel(ID, { revision });
      expect(found.commit).toBe(other);
      expect(found.revisions).toEqual(["v2/x"]);
    }
    await expectRejection(
      downloadModel(ID, { revision: "nowhere" }),
      "ERR_MODEL_NOT_FOUND",
      'no revision "nowhere"',
    );
    await expectRejection(
      downloadModel(ID, { revision: "../../x" }),
      "ERR_INVALID_ARGUMENT",
      '"revision"',
    );
  });

  it("puts sentence-transformers/ before a name without organization, in the known names' own spelling", async () => {
    server.commit("sentence-transformers/all-mpnet-base-v2", FILES);
    for (const name of ["ALL-mpnet-base-v2", "sentence-transformers/all-mpnet-base-v2"]) {
      const model = await SentenceTransformer.load(name, { threads: 1 });
      expect(model.name).toBe("all-mpnet-base-v2");
      await model.close();
    }
    server.commit("sentence-transformers/some-model", FILES);
    const model = await SentenceTransformer.load("some-model", { threads: 1 });
    expect(model.name).toBe("some-model");
    await model.close();
  });

  it("takes shards by their index, and onnx/model.onnx where there are no safetensors", async () => {
    const { "model.safetensors": weights = "", ...others } = FILES;
    const [one, two] = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"];
    const index = JSON.stringify({ metadata: {}, weight_map: { a: one, b: two, c: one } });
    const sharded = { [one]: weights, [two]: weights, "model.safetensors.index.json": index };
    server.commit("someone/sharded", { ...others, ...BESIDE, ...sharded });
    expect((await downloadModel("someone/sharded")).files).toEqual(
      expect.arrayContaining(Object.keys(sharded)),
    );
    server.commit("someone/onnx", { ...others, ...BESIDE, "onnx/model.onnx_data": "data" });
    const { files } = await downloadModel("someone/onnx");
    expect(files.filter((name) => name.startsWith("onnx/"))).toEqual([
      "onnx/model.onnx",
      "onnx/model.onnx_data",
    ]);
  });

  it("takes onnx/model.onnx of an architecture that it does not build, and model2vec's models without modules.json", async () => {
    const config = JSON.stringify({ model_type: "something-new" });
    server.commit("someone/new", { ...FILES, ...BESIDE, "config.json": config });
    const { files } = await downloadModel("someone/new");
    expect(files).toContain("onnx/model.onnx");
    expect(files).not.toContain("model.safetensors");
    server.commit("someone/other", { ...FILES, "config.json": config });
    await expectRejection(
      downloadModel("someone/other"),
      "ERR_UNSUPPORTED_MODEL",
      ...['"something-new"', "onnx/model.onnx"],
    );
    const small = ["tokenizer.json", "model.safetensors"].map((name) => [name, FILES[name] ?? ""]);
    const model2vec = {
      ...Object.fromEntries(small),
      "config.json": '{"model_type":"model2vec","normalize":true}',
    };
    server.commit("someone/static", { ...model2vec, "README.md": "" });
    const found = await downloadModel("someone/static");
    expect([...found.files].sort()).toEqual(Object.keys(model2vec).sort());
    expect(found.missing).toEqual([]);
  });

  it("refuses weights in PyTorch's format only before anything large is fetched", async () => {
    const { "model.safetensors": _, ...others } = FILES;
    server.commit("someone/pickled", { ...others, "pytorch_model.bin": "pickle" });
    await expectRejection(
      SentenceTransformer.load("someone/pickled"),
      "ERR_UNSUPPORTED_MODEL",
      ...["pytorch_model.bin", "save_pretrained"],
    );
    expect(server.fetched()).not.toContain("pytorch_model.bin");
  });

  it("refuses names of files that would lie outside of the model's folder", async () => {
    const path = "../../../1_Pooling/config.json";
    const modules = JSON.stringify([
      { idx: 0, name: "0", path: "", type: "sentence_transformers.models.Transformer" },
      {
        idx: 1,
        name: "1",
        path: "../../../1_Pooling",
        type: "sentence_transformers.models.Pooling",
      },
    ]);
    server.commit("someone/evil", { ...FILES, "modules.json": modules, [path]: "{}" });
    await expectRejection(downloadModel("someone/evil"), "ERR_SERVER", "outside");
    expect(existsSync(join(hub.home, "hub/1_Pooling"))).toBe(false);
  });
});

describe("the token", () => {
  it("opens a gated model, from the option, HF_TOKEN or the file of hf auth login", async () => {
    server.commit("someone/gated", FILES);
    server.gated.add("someone/gated");
    await expectRejection(
      downloadModel("someone/gated"),
      "ERR_CONNECTION",
      ...["gated", "HF_TOKEN", `${server.url}/someone/gated`],
    );
    await expectRejection(downloadModel("someone/gated", { token: "wrong" }), "ERR_CONNECTION");
    await downloadModel("someone/gated", { token: TOKEN });
    process.env["HF_TOKEN"] = `${TOKEN}\n`;
    await downloadModel("someone/gated");
  });

  it("goes to the Hub with every request, and not to the host that redirects lead to", async () => {
    await downloadModel(ID, { token: TOKEN });
    const hosts = (host: string) => server.seen.filter((one) => one.host === host);
    for (const { authorization } of hosts("hub")) expect(authorization).toBe(`Bearer ${TOKEN}`);
    expect(hosts("cdn").map(({ file }) => file)).toEqual(["model.safetensors"]);
    for (const { authorization } of hosts("cdn")) expect(authorization).toBeUndefined();
  });
});

describe("a model that the Hub does not have", () => {
  it("is answered with the nearest known name: ERR_MODEL_NOT_FOUND", async () => {
    await expectRejection(
      SentenceTransformer.load("all-mpnet-base-v3"),
      "ERR_MODEL_NOT_FOUND",
      ...['no model "all-mpnet-base-v3"', 'Did you mean "all-mpnet-base-v2"?', server.url],
    );
  });

  it("has a remedy where it may be private", async () => {
    await expectRejection(downloadModel("someone/private"), "ERR_MODEL_NOT_FOUND", "HF_TOKEN");
  });
});
