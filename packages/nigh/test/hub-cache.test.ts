import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { cachedModels, downloadModel, removeModel, SentenceTransformer, verifyModels } from "nigh";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { expectRejection } from "./encoder/errors.js";
import { TINY_MODEL } from "./encoder/fixtures.js";
import { program, run } from "./encoder/run-program.js";
import { hubVariables, useHub } from "./hub/hub-environment.js";
import { filesOf, HubServer } from "./hub/hub-server.js";
import { temporaryFolder } from "./shared/temporary-folder.js";

const ID = "someone/tiny-model";
const FILES = filesOf(TINY_MODEL);
const SLOW = { timeout: 120_000 };

let server: HubServer;
let commit: string;
beforeAll(async () => {
  server = await HubServer.start();
});
afterAll(() => server.close());
const hub = useHub(() => server);
beforeEach(() => {
  commit = server.commit(ID, FILES);
});

const repository = (): string => join(hub.home, "hub/models--someone--tiny-model");
const snapshot = (): string => join(repository(), "snapshots", commit);
const here = (name: string): string => fileURLToPath(new URL(`./hub/${name}`, import.meta.url));
const loadOffline = (): Promise<SentenceTransformer> =>
  SentenceTransformer.load(ID, { threads: 1, localFilesOnly: true });

describe("the cache", () => {
  it.each([
    ["HF_HUB_CACHE", (home: string) => ({ HF_HUB_CACHE: join(home, "x") }), "x"],
    ["HF_HOME", () => ({}), "hub"],
    [
      "XDG_CACHE_HOME",
      (home: string) => ({ HF_HOME: "", XDG_CACHE_HOME: home }),
      "huggingface/hub",
    ],
  ])("lies where %s says", async (_, variables, place) => {
    Object.assign(process.env, variables(hub.home));
    const { folder } = await downloadModel(ID);
    expect(folder.startsWith(join(hub.home, place, "models--"))).toBe(true);
  });

  it("lies where the option cacheFolder says", async () => {
    const cacheFolder = join(temporaryFolder(), "models");
    const model = await SentenceTransformer.load(ID, { threads: 1, cacheFolder });
    await model.close();
    expect(existsSync(join(cacheFolder, "models--someone--tiny-model/refs/main"))).toBe(true);
  });

  it("may be moved: its links are relative", async () => {
    await downloadModel(ID);
    const cacheFolder = join(temporaryFolder(), "elsewhere");
    renameSync(join(hub.home, "hub"), cacheFolder);
    const options = { threads: 1, localFilesOnly: true, cacheFolder };
    await (await SentenceTransformer.load(ID, options)).close();
  });

  it("keeps commits beside each other, with the files that they share once", async () => {
    await downloadModel(ID);
    const before = readdirSync(join(repository(), "blobs")).length;
    const next = server.commit(ID, {
      ...FILES,
      "config_sentence_transformers.json": '{"prompts":{}}',
    });
    // What the cache has is taken, until one asks for what is new.
    await (await SentenceTransformer.load(ID, { threads: 1 })).close();
    expect((await cachedModels()).map((model) => model.commit)).toEqual([commit]);
    await downloadModel(ID);
    expect(readdirSync(join(repository(), "blobs"))).toHaveLength(before + 1);
    const found = await cachedModels();
    expect(found.map((model) => model.commit).sort()).toEqual([commit, next].sort());
    expect(found.find((model) => model.commit === next)?.revisions).toEqual(["main"]);
  });
});

describe("a snapshot that another program made", () => {
  /** A snapshot without the names that nigh notes, as if only some files had been asked for. */
  async function withOnly(names: readonly string[]): Promise<void> {
    await downloadModel(ID);
    server.reset();
    rmSync(join(repository(), ".no_exist"), { recursive: true, force: true });
    const files = Object.keys(FILES).filter((name) => !names.includes(name));
    for (const name of files) rmSync(join(snapshot(), name), { force: true });
  }

  it("without modules.json is no model: it would give other vectors", async () => {
    await withOnly(["config.json", "tokenizer.json", "tokenizer_config.json", "model.safetensors"]);
    await expectRejection(loadOffline(), "ERR_MODEL_NOT_FOUND", "no whole model", "modules.json");
    expect((await cachedModels())[0]?.missing).toContain("modules.json");
  });

  it("is completed from the Hub, and what it has is not fetched again", async () => {
    await withOnly(["config.json", "tokenizer.json", "tokenizer_config.json", "model.safetensors"]);
    const blobs = join(repository(), "blobs");
    const small = readdirSync(blobs).filter((name) => name.length === 40);
    for (const name of small)
      if (readFileSync(join(blobs, name)).length < 400) rmSync(join(blobs, name));
    await (await SentenceTransformer.load(ID, { threads: 1 })).close();
    expect(server.fetched()).toContain("modules.json");
    expect(server.fetched()).not.toContain("tokenizer.json");
    expect(server.fetched()).not.toContain("model.safetensors");
    await (await loadOffline()).close();
  });

  it("is a model without a file that is noted as absent, or where all of the repository was brought", async () => {
    const { "config_sentence_transformers.json": _, ...files } = FILES;
    commit = server.commit(ID, files);
    await withOnly(Object.keys(files));
    expect((await cachedModels())[0]?.missing).toEqual(["config_sentence_transformers.json"]);
    writeFileSync(join(snapshot(), ".gitattributes"), "");
    expect((await cachedModels())[0]?.missing).toEqual([]);
    rmSync(join(snapshot(), ".gitattributes"));
    const note = join(repository(), ".no_exist", commit);
    mkdirSync(note, { recursive: true });
    writeFileSync(join(note, "config_sentence_transformers.json"), "");
    await (await loadOffline()).close();
  });

  it("lacks what its list of all names has", async () => {
    await downloadModel(ID);
    mkdirSync(join(repository(), "trees"));
    const files = Object.fromEntries(
      [...Object.keys(FILES), "vocab.txt"].map((name) => [name, {}]),
    );
    writeFileSync(
      join(repository(), "trees", `${commit}.json`),
      JSON.stringify({ format_version: 1, files }),
    );
    expect((await cachedModels())[0]?.missing).toEqual(["vocab.txt"]);
  });

  it("whose blob is gone is no model", async () => {
    await downloadModel(ID);
    const blobs = join(repository(), "blobs");
    for (const name of readdirSync(blobs)) if (name.length === 64) rmSync(join(blobs, name));
    await expectRejection(loadOffline(), "ERR_MODEL_NOT_FOUND", "no whole model");
  });
});

describe("without a network", () => {
  const preload = pathToFileURL(program("record-network.mjs")).href;

  it.each([
    ["localFilesOnly", {}, { localFilesOnly: true }],
    ["HF_HUB_OFFLINE", { HF_HUB_OFFLINE: "1" }, {}],
    ["a whole cache", {}, {}],
  ])("%s opens no socket and looks no name up", SLOW, async (_, variables, options) => {
    await downloadModel(ID);
    const log = join(temporaryFolder(), "network.log");
    const environment = {
      ...hubVariables(server, hub.home),
      ...variables,
      ...{ NETWORK_LOG: log, NODE_OPTIONS: `--import=${preload}` },
    };
    const ended = await run(here("load-cached.mjs"), {
      args: [ID, JSON.stringify({ ...options, threads: 1 })],
      environment,
    });
    expect(ended).toMatchObject({ code: 0, stdout: "48" });
    expect(new Set(readFileSync(log, "utf8").trim().split("\n"))).toEqual(
      new Set(["main armed", "worker armed"]),
    );
  });

  it("a model that is not there is answered at once: ERR_MODEL_NOT_FOUND that says why nobody asks", async () => {
    await expectRejection(loadOffline(), "ERR_MODEL_NOT_FOUND", "localFilesOnly is set", hub.home);
    process.env["TRANSFORMERS_OFFLINE"] = "1";
    await expectRejection(
      SentenceTransformer.load(ID),
      "ERR_MODEL_NOT_FOUND",
      ...["TRANSFORMERS_OFFLINE is set", "nigh models get"],
    );
    await expectRejection(downloadModel(ID), "ERR_CONNECTION", "TRANSFORMERS_OFFLINE is set");
    expect(server.seen).toEqual([]);
  });
});

describe("processes that download at once", () => {
  it("do not damage each other's files", SLOW, async () => {
    const environment = hubVariables(server, hub.home);
    const options = { args: [ID], environment };
    const ended = await Promise.all([1, 2, 3].map(() => run(here("download.mjs"), options)));
    for (const { code, stdout, stderr } of ended) {
      expect(stderr).toBe("");
      expect({ code, stdout: JSON.parse(stdout) }).toEqual({
        code: 0,
        stdout: { commit, missing: [] },
      });
    }
    expect(readdirSync(join(repository(), "blobs")).filter((name) => /\./u.test(name))).toEqual([]);
    for (const { problems } of await verifyModels(ID)) expect(problems).toEqual([]);
  });

  it("go on with what a killed one left", SLOW, async () => {
    server.failure = ({ seen, response, body }) => {
      if (seen.host !== "cdn" || seen.range !== undefined) return false;
      response.writeHead(200, { "content-length": body.length });
      response.write(body.subarray(0, 400_000));
      return true;
    };
    const env = { ...process.env, ...hubVariables(server, hub.home) };
    const child = spawn(process.execPath, [here("download.mjs"), ID, "model.safetensors"], { env });
    await once(child.stdout, "data");
    child.kill("SIGKILL");
    await once(child, "close");
    expect(await cachedModels()).toEqual([]);
    server.reset();
    await downloadModel(ID);
    const weights = server.seen.filter(({ host, method }) => host === "cdn" && method === "GET");
    expect(weights.map(({ range }) => range)).toEqual([
      expect.stringMatching(/^bytes=[1-9]\d*-$/u),
    ]);
    expect(readdirSync(join(repository(), "blobs")).filter((name) => /\./u.test(name))).toEqual([]);
  });
});

describe("models of the cache", () => {
  it("are verified: a flipped byte and a missing file are named, and downloading again mends them", async () => {
    await downloadModel(ID);
    expect((await verifyModels(ID)).map(({ problems }) => problems)).toEqual([[]]);
    const path = join(snapshot(), "model.safetensors");
    const bytes = readFileSync(path);
    bytes[5000] = (bytes[5000] ?? 0) ^ 1;
    writeFileSync(path, bytes);
    rmSync(join(snapshot(), "1_Pooling/config.json"));
    const [found] = await verifyModels(ID);
    expect(found?.problems.map(({ file }) => file).sort()).toEqual([
      "1_Pooling/config.json",
      "model.safetensors",
    ]);
    await downloadModel(ID);
    expect((await verifyModels(ID)).map(({ problems }) => problems)).toEqual([[]]);
  });

  it("are verified where links fail, too", async () => {
    process.env["HF_HUB_DISABLE_SYMLINKS"] = "1";
    await downloadModel(ID);
    expect((await verifyModels(ID)).map(({ problems }) => problems)).toEqual([[]]);
    // Another content, not through the hard link.
    const path = join(snapshot(), "modules.json");
    const content = readFileSync(path);
    rmSync(path);
    writeFileSync(path, `${content} `);
    const [found] = await verifyModels(ID);
    expect(found?.problems.map(({ file }) => file)).toEqual(["modules.json"]);
  });

  it("are removed with all commits, and others stay", async () => {
    server.commit("someone/other", FILES);
    await downloadModel(ID);
    await downloadModel("someone/other");
    cpSync(join(repository(), "refs/main"), join(repository(), "refs/copy"));
    expect(await removeModel(ID)).toMatchObject({ name: ID, commits: 1 });
    expect(existsSync(repository())).toBe(false);
    expect((await cachedModels()).map(({ name }) => name)).toEqual(["someone/other"]);
    await expectRejection(removeModel(ID), "ERR_MODEL_NOT_FOUND", ID, hub.home);
    await expectRejection(verifyModels(ID), "ERR_MODEL_NOT_FOUND", ID);
  });

  it("the bundled model is verified by its own list", async () => {
    const [found] = await verifyModels("all-MiniLM-L6-v2");
    expect(found).toMatchObject({ name: "all-MiniLM-L6-v2", problems: [] });
    expect(found?.files).toBeGreaterThan(5);
  });
});
