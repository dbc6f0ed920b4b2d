import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { nigh, type Run } from "./cli/run-nigh.js";
import { TINY_MODEL } from "./encoder/fixtures.js";
import { hubVariables, useHub } from "./hub/hub-environment.js";
import { filesOf, HubServer } from "./hub/hub-server.js";

const ID = "someone/tiny-model";
const FILES = filesOf(TINY_MODEL);

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

const models = (...args: string[]): Promise<Run> =>
  nigh(["models", ...args], "", hubVariables(server, hub.home));

describe("nigh models", () => {
  it("get downloads, list has it, verify checks it, remove removes it", async () => {
    const got = await models("get", ID);
    expect(got).toMatchObject({ code: 0, stderr: "" });
    expect(got.stdout).toContain(`${ID} ${commit.slice(0, 8)}`);
    for (const args of [["list"], []]) {
      const listed = await models(...args);
      expect(listed.stdout).toMatch(new RegExp(`${ID} +${commit.slice(0, 8)} +main`, "u"));
      expect(listed.stdout).toContain("BAAI/bge-small-en-v1.5");
    }
    const verified = await models("verify", ID);
    expect(verified).toMatchObject({ code: 0 });
    expect(verified.stdout).toContain(`sound ${ID}`);
    expect(await models("remove", ID)).toMatchObject({ code: 0, stderr: "" });
    const gone = await models("remove", ID);
    expect(gone.code).toBe(1);
    expect(gone.stderr).toContain("[ERR_MODEL_NOT_FOUND]");
  });

  it("each gives JSON with --json", async () => {
    const got = JSON.parse((await models("get", ID, "--revision", commit, "--json")).stdout);
    expect(got).toMatchObject({ name: ID, commit, missing: [] });
    const listed = JSON.parse((await models("list", "--json")).stdout);
    expect(listed[0]).toMatchObject({ name: "all-MiniLM-L6-v2", bundled: true, cached: [] });
    expect(listed.at(-1)).toMatchObject({ name: ID, bundled: false, cached: [{ commit }] });
    const verified = JSON.parse((await models("verify", "--json")).stdout);
    expect(verified.map(({ name }: { name: string }) => name)).toEqual(["all-MiniLM-L6-v2", ID]);
    const file = join(hub.home, "a.lock");
    const locked = JSON.parse(
      (await models("lock", ID, "--file", file, "--revision", commit, "--json")).stdout,
    );
    expect(locked).toEqual({ file, models: JSON.parse(readFileSync(file, "utf8")).models });
    const removed = JSON.parse((await models("remove", ID, "--json")).stdout);
    expect(removed).toMatchObject({ name: ID, commits: 1 });
  });

  it("verify ends with exit 1 where a byte is flipped, and names the file and the command that mends it", async () => {
    await models("get", ID);
    const path = join(
      hub.home,
      "hub/models--someone--tiny-model/snapshots",
      commit,
      "model.safetensors",
    );
    const bytes = readFileSync(path);
    bytes[7000] = (bytes[7000] ?? 0) ^ 1;
    writeFileSync(path, bytes);
    const { code, stdout, stderr } = await models("verify");
    expect(code).toBe(1);
    expect(stdout).toContain("model.safetensors: its checksum is");
    expect(stderr).toContain("[ERR_CHECKSUM]");
    expect(stderr).toContain(`nigh models get ${ID}`);
    expect((await models("get", ID)).code).toBe(0);
    expect((await models("verify")).code).toBe(0);
  });

  it("a model of the Hub works wherever --model stands", async () => {
    const args = ["encode", "a text", "--model", ID, "--json"];
    const { code, stdout } = await nigh(args, "", hubVariables(server, hub.home));
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ model: ID, dimension: 48 });
  });

  it("progress is plain lines of bytes in a pipe, where it takes long", {
    timeout: 60_000,
  }, async () => {
    server.failure = ({ seen, response, body }) => {
      if (seen.host !== "cdn") return false;
      response.writeHead(200, { "content-length": body.length });
      let sent = 0;
      const trickle = setInterval(() => {
        const part = body.subarray(sent, sent + 100_000);
        sent += part.length;
        if (part.length > 0) response.write(part);
        else {
          clearInterval(trickle);
          response.end();
        }
      }, 100);
      return true;
    };
    const { code, stderr } = await models("get", ID);
    expect(code).toBe(0);
    expect(stderr).toMatch(
      /^Downloading someone\/tiny-model \d+% \| [\d.]+ MB\/2\.5 MB \| [\d.]+ [KM]B\/s \| ETA \d+ s$/mu,
    );
  });

  it.each([
    ["an unknown flag", ["get", ID, "--revison", "x"]],
    ["no name", ["get"]],
    ["an unknown command", ["fetch"]],
  ])("answers %s with exit 2", async (_, args) => {
    expect((await models(...args)).code).toBe(2);
  });
});
