import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { downloadModel, lockModels, SentenceTransformer } from "nigh";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { expectRejection } from "./encoder/errors.js";
import { TINY_MODEL } from "./encoder/fixtures.js";
import { tinyFolder } from "./encoder/folders.js";
import { run } from "./encoder/run-program.js";
import { hubVariables, useHub } from "./hub/hub-environment.js";
import { filesOf, HubServer } from "./hub/hub-server.js";
import { temporaryFolder } from "./shared/temporary-folder.js";

const ID = "someone/tiny-model";
const FILES = filesOf(TINY_MODEL);

let server: HubServer;
let commit: string;
let lockfile: string;
beforeAll(async () => {
  server = await HubServer.start();
});
afterAll(() => server.close());
const hub = useHub(() => server);
beforeEach(() => {
  commit = server.commit(ID, FILES);
  lockfile = join(temporaryFolder(), "nigh-models.lock");
});

async function load(name = ID, options = {}): Promise<void> {
  await (await SentenceTransformer.load(name, { threads: 1, lockfile, ...options })).close();
}

const snapshot = (): string => join(hub.home, "hub/models--someone--tiny-model/snapshots", commit);

describe("a lockfile", () => {
  it("has commit, and length and sha256 of every file", async () => {
    const { models } = await lockModels([ID], { file: lockfile });
    const written = JSON.parse(readFileSync(lockfile, "utf8"));
    expect(written).toEqual({ lockfileVersion: 1, models });
    const { revision, files } = written.models[ID];
    expect(revision).toBe(commit);
    expect(files).toContainEqual({
      name: "model.safetensors",
      size: FILES["model.safetensors"]?.length,
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/u),
    });
  });

  it("lets the locked model load, at its commit, whatever the branch has become", async () => {
    await lockModels([ID], { file: lockfile });
    server.commit(ID, { ...FILES, "config_sentence_transformers.json": "{}" });
    rmSync(join(hub.home, "hub"), { recursive: true });
    server.reset();
    await load();
    expect(
      new Set(server.seen.filter(({ host }) => host === "hub").map((one) => one.revision)),
    ).toEqual(new Set([commit]));
    await load(ID, { revision: commit });
    await expectRejection(load(ID, { revision: "main" }), "ERR_CHECKSUM", commit, "main");
  });

  it.each(["model.safetensors", "tokenizer.json", "1_Pooling/config.json"])(
    "refuses a model whose %s was changed: ERR_CHECKSUM that names file and remedy",
    async (name) => {
      await lockModels([ID], { file: lockfile });
      const path = join(snapshot(), name);
      const bytes = readFileSync(path);
      bytes[bytes.length - 2] = (bytes.at(-2) ?? 0) ^ 1;
      writeFileSync(path, bytes);
      await expectRejection(load(), "ERR_CHECKSUM", path, lockfile, "nigh models lock", "sha256");
    },
  );

  it("refuses another length, a missing and an added file", async () => {
    await lockModels([ID], { file: lockfile });
    writeFileSync(join(snapshot(), "vocab.txt"), "x");
    await expectRejection(load(), "ERR_CHECKSUM", "vocab.txt", "was not there");
    rmSync(join(snapshot(), "vocab.txt"));
    writeFileSync(join(snapshot(), "sentence_bert_config.json"), "{}");
    await expectRejection(load(), "ERR_CHECKSUM", "sentence_bert_config.json", "2 bytes");
  });

  it("refuses models that it does not have, and leaves the bundled one to its own list", async () => {
    await lockModels([ID], { file: lockfile });
    server.commit("someone/other", FILES);
    server.reset();
    await expectRejection(
      load("someone/other"),
      "ERR_CHECKSUM",
      ...["someone/other", "nigh models lock someone/other"],
    );
    expect(server.seen).toEqual([]);
    await load("all-MiniLM-L6-v2");
  });

  it("locks folders by their path from the lockfile", async () => {
    const folder = tinyFolder();
    await lockModels([folder], { file: lockfile });
    const [key] = Object.keys(JSON.parse(readFileSync(lockfile, "utf8")).models);
    expect(key).toMatch(/^\.\.\//u);
    await load(folder);
    cpSync(join(folder, "config.json"), join(folder, "tokenizer_config.json"));
    await expectRejection(load(folder), "ERR_CHECKSUM", join(folder, "tokenizer_config.json"));
    await expectRejection(load(tinyFolder()), "ERR_CHECKSUM", "does not have the model");
  });

  it("keeps its other models when some are locked, and takes all of the cache when none is named", async () => {
    server.commit("someone/other", FILES);
    await lockModels([ID], { file: lockfile });
    const { models } = await lockModels(["someone/other"], { file: lockfile });
    expect(Object.keys(models).sort()).toEqual(["someone/other", ID]);
    await downloadModel("someone/third").catch(() => {});
    expect((await lockModels([], { file: lockfile })).models).toEqual(models);
  });

  it("in the working directory is obeyed without an option", async () => {
    const folder = join(lockfile, "..");
    const program = fileURLToPath(new URL("./hub/load-cached.mjs", import.meta.url));
    const options = { args: [ID], folder, environment: hubVariables(server, hub.home) };
    await lockModels([ID], { file: lockfile });
    expect(await run(program, options)).toMatchObject({ code: 0, stdout: "48" });
    writeFileSync(join(snapshot(), "modules.json"), "[]");
    const refused = await run(program, options);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain("ERR_CHECKSUM");
    expect(refused.stderr).toContain("modules.json");
  });

  it.each([
    ["no JSON", "{"],
    ["another version", '{"lockfileVersion":2,"models":{}}'],
    [
      "a checksum that is none",
      '{"lockfileVersion":1,"models":{"x":{"files":[{"name":"a","size":1,"sha256":"z"}]}}}',
    ],
  ])("that is %s lets nothing load: ERR_FILE", async (_, content) => {
    writeFileSync(lockfile, content);
    await expectRejection(load(), "ERR_FILE", lockfile, "malformed");
  });

  it("that is named and not there lets nothing load: ERR_FILE", async () => {
    await expectRejection(load(), "ERR_FILE", lockfile);
  });

  it("refuses to lock the bundled model, which is locked already: ERR_INVALID_ARGUMENT", async () => {
    await expectRejection(
      lockModels(["all-MiniLM-L6-v2"], { file: lockfile }),
      "ERR_INVALID_ARGUMENT",
      "package-lock.json",
    );
  });
});
