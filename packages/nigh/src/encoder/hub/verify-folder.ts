import { createHash } from "node:crypto";
import { readFile, readlink, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { blobHash, hashFile } from "./blob-hash.js";
import { onDisk } from "./disk-errors.js";

export interface FileProblem {
  readonly file: string;
  readonly problem: string;
}

const ETAG = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/u;

/** Compares the files of a snapshot with the checksums that their blobs are named by. */
export async function verifySnapshot(
  folder: string,
  blobs: string,
  files: readonly string[],
): Promise<FileProblem[]> {
  const problems: FileProblem[] = [];
  for (const file of files) {
    const path = join(folder, file);
    const linked = basename(await readlink(path).catch(() => ""));
    const { size } = await onDisk(path, () => stat(path));
    const [sha256, sha1] = [createHash("sha256"), blobHash("", size)];
    await onDisk(path, () => hashFile(path, sha256, sha1));
    const digests = [sha256.digest("hex"), sha1.digest("hex")];
    if (ETAG.test(linked)) {
      if (!digests.includes(linked)) {
        const found = digests[linked.length === 64 ? 0 : 1];
        problems.push({ file, problem: `its checksum is ${found}, expected ${linked}` });
      }
      continue;
    }
    // A copy, where links fail: its blob is beside it, under the name of its content.
    const blobsThere = await Promise.all(digests.map((one) => isThere(join(blobs, one))));
    if (!blobsThere.includes(true)) {
      problems.push({ file, problem: "there is no checksum to compare it with in the cache" });
    }
  }
  return problems;
}

/** Compares a folder with its SHA256SUMS. */
export async function verifySums(
  folder: string,
): Promise<{ files: string[]; problems: FileProblem[] }> {
  const lines = (await onDisk(folder, () => readFile(join(folder, "SHA256SUMS"), "utf8"))).split(
    /\r?\n/u,
  );
  const files: string[] = [];
  const problems: FileProblem[] = [];
  for (const line of lines.filter(Boolean)) {
    const [, expected = "", file = line] = /^([0-9a-f]{64}) [ *](.+)$/u.exec(line) ?? [];
    files.push(file);
    const hash = createHash("sha256");
    const isRead = await hashFile(join(folder, file), hash).then(
      () => true,
      () => false,
    );
    const found = hash.digest("hex");
    if (!isRead) problems.push({ file, problem: "it is missing or cannot be read" });
    else if (found !== expected)
      problems.push({ file, problem: `its sha256 is ${found}, expected ${expected}` });
  }
  return { files, problems };
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
