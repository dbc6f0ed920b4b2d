import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { doctor, PersistentClient } from "nigh";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { only } from "./encoder/platform.js";

const BYTES = 6 * 2 ** 20;

function mount(folder: string): boolean {
  const size = `size=${BYTES}`;
  return spawnSync("mount", ["-t", "tmpfs", "-o", size, "tmpfs", folder]).status === 0;
}

function unmount(folder: string): void {
  // At once, though Node 20 may not yet have let go of a closed database.
  spawnSync("umount", ["--lazy", folder]);
}

const disk = mkdtempSync(join(tmpdir(), "nigh-disk-"));
const mounted = mount(disk);
if (mounted) unmount(disk);
afterAll(() => rmSync(disk, { recursive: true }));
const SMALL_DISK = only(mounted, "a small file system (tmpfs) cannot be mounted here");

describe.skipIf(SMALL_DISK.skip)(SMALL_DISK.title("on a disk that is full"), () => {
  beforeAll(() => expect(mount(disk)).toBe(true));
  afterAll(() => unmount(disk));

  it("a write is refused with ERR_DISK_FULL, all before it is there, and with room again it goes on", async () => {
    const filler = join(disk, "filler");
    writeFileSync(filler, new Uint8Array(BYTES / 2));
    const path = join(disk, "db");
    const client = new PersistentClient({ path });
    const notes = await client.createCollection({ name: "notes", embeddingFunction: null });
    const batch = (n: number) => ({
      ids: Array.from({ length: 20 }, (_, i) => `${n}-${i}`),
      embeddings: Array.from({ length: 20 }, (_, i) => new Float32Array(384).fill(n + i)),
      documents: Array.from({ length: 20 }, (_, i) => `document ${i} of batch ${n}`),
    });
    let stored = 0;
    let failure: unknown;
    while (failure === undefined && stored < 1000) {
      await notes.add(batch(stored)).then(
        () => stored++,
        (error: unknown) => {
          failure = error;
        },
      );
    }
    expect(failure).toMatchObject({
      name: "NighError",
      code: "ERR_DISK_FULL",
      message: expect.stringMatching(/nigh\.sqlite3.*Free some space and try again/u),
    });
    expect(stored).toBeGreaterThan(5);
    expect(await notes.count()).toBe(20 * stored);
    await expect(notes.add(batch(stored))).rejects.toMatchObject({ code: "ERR_DISK_FULL" });
    const query = { queryEmbeddings: [new Float32Array(384).fill(1)], nResults: 10_000 };
    expect((await notes.query(query)).ids[0]).toHaveLength(20 * stored);
    rmSync(filler);
    expect(await notes.add(batch(stored))).toMatchObject({ added: 20 });
    await client.close();
    const again = new PersistentClient({ path });
    const { ids } = await (
      await again.getCollection({ name: "notes", embeddingFunction: null })
    ).get();
    expect(ids).toEqual(Array.from({ length: stored + 1 }, (_, n) => batch(n).ids).flat());
    await again.close();
    expect((await doctor({ path })).problems).toEqual([]);
  });

  it("a new database is refused in a NighError, and made when there is room", async () => {
    const filler = join(disk, "filler");
    rmSync(join(disk, "db"), { recursive: true, force: true });
    let size = BYTES;
    for (; size > 0; size -= 4096) {
      try {
        writeFileSync(filler, new Uint8Array(size));
        break;
      } catch {
        // Too big: the file system has pages of its own.
      }
    }
    const path = join(disk, "db2");
    expect(() => new PersistentClient({ path })).toThrow(
      expect.objectContaining({ name: "NighError" }),
    );
    rmSync(filler);
    const client = new PersistentClient({ path });
    expect(await client.countCollections()).toBe(0);
    await client.close();
  });
});
