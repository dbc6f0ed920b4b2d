import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cachedModels, downloadModel, SentenceTransformer } from "nigh";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expectRejection } from "./encoder/errors.js";
import { TINY_MODEL } from "./encoder/fixtures.js";
import { only } from "./encoder/platform.js";
import { useHub } from "./hub/hub-environment.js";
import { filesOf, HubServer } from "./hub/hub-server.js";

const ID = "someone/tiny-model";
const BYTES = 4 * 2 ** 20;

function mount(folder: string): boolean {
  const size = `size=${BYTES}`;
  return spawnSync("mount", ["-t", "tmpfs", "-o", size, "tmpfs", folder]).status === 0;
}

const disk = mkdtempSync(join(tmpdir(), "nigh-hub-disk-"));
const isMounted = mount(disk);
const SMALL_DISK = only(isMounted, "a small file system (tmpfs) cannot be mounted here");

let server: HubServer;
beforeAll(async () => {
  server = await HubServer.start();
  server.commit(ID, filesOf(TINY_MODEL));
});
afterAll(async () => {
  await server.close();
  if (isMounted) spawnSync("umount", ["--lazy", disk]);
  rmSync(disk, { recursive: true });
});
useHub(() => server);

describe.skipIf(SMALL_DISK.skip)(SMALL_DISK.title("on a disk that is full"), () => {
  const cacheFolder = join(disk, "hub");
  const filler = join(disk, "filler");

  it("nothing is begun that does not fit: ERR_DISK_FULL with what is needed and what is free", async () => {
    writeFileSync(filler, new Uint8Array(3 * 2 ** 20));
    await expectRejection(
      downloadModel(ID, { cacheFolder }),
      "ERR_DISK_FULL",
      ...["needs 2.", "MB", "free", cacheFolder],
    );
    expect(server.fetched()).not.toContain("model.safetensors");
    rmSync(filler);
  });

  it("that gets full meanwhile: ERR_DISK_FULL, no model and no part of one, and with room again it goes on", async () => {
    server.failure = ({ seen, response, body }) => {
      if (seen.host !== "cdn") return false;
      writeFileSync(filler, new Uint8Array(3 * 2 ** 20));
      response.writeHead(200, { "content-length": body.length });
      response.end(body);
      return true;
    };
    await expectRejection(
      SentenceTransformer.load(ID, { cacheFolder }),
      "ERR_DISK_FULL",
      ...["free some space", "HF_HOME"],
    );
    expect(await cachedModels({ cacheFolder })).toEqual([]);
    const blobs = readdirSync(join(cacheFolder, "models--someone--tiny-model/blobs"));
    expect(blobs.filter((name) => /^[0-9a-f]{64}/u.test(name))).toEqual([]);
    rmSync(filler);
    server.reset();
    expect((await downloadModel(ID, { cacheFolder })).missing).toEqual([]);
  });
});
