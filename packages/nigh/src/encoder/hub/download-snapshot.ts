import { mkdir, readFile, statfs, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { z } from "zod";
import { NighError } from "../../shared/errors.js";
import { formatBytes } from "../../shared/format-bytes.js";
import { syncFolder } from "../../shared/write-durably.js";
import { blobHash, hashFile } from "./blob-hash.js";
import { isCommit, RepoCache, sizeOf } from "./cache-layout.js";
import { diskFull, onDisk } from "./disk-errors.js";
import { downloadBlob, type RemoteFile } from "./download-blob.js";
import { DownloadMeter } from "./download-meter.js";
import { type Asked, HubClient } from "./hub-client.js";
import { header } from "./hub-errors.js";
import { DEFAULT_REVISION, type HubSettings } from "./hub-settings.js";
import {
  chooseFiles,
  type FileSource,
  filesThatMatter,
  indispensableFiles,
  modulesOf,
} from "./model-files.js";
import { partialSize } from "./partial-file.js";

export interface Downloaded {
  readonly folder: string;
  readonly commit: string;
  /** Names with bytes. */
  readonly files: readonly { readonly name: string; readonly size: number }[];
}

const InfoSchema = z.looseObject({
  sha: z.string().refine(isCommit, "expected a commit of 40 hexadecimal digits"),
  siblings: z.array(z.looseObject({ rfilename: z.string() })),
});

const CHECKSUM = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/u;
/** Without "..", roots, drives and backslashes: a name is a path below the snapshot, whatever a server says. */
const FILE_NAME = /^(?!.*(?:^|\/)\.\.?(?:\/|$))[^/\\:\p{Cc}][^\\:\p{Cc}]*$/u;
const AT_ONCE = 4;
/** They make a folder a model, so they come last. */
const LAST = ["config.json", "modules.json"];
/**
 * Brings the files of a model that nigh needs into the cache, as one: a snapshot gets its files when all are there.
 *
 * @param verify whether contents that are there are checked, and brought again where they are damaged.
 * @throws NighError `ERR_MODEL_NOT_FOUND`, `ERR_UNSUPPORTED_MODEL`, `ERR_CONNECTION`, `ERR_BUSY`, `ERR_SERVER`, `ERR_CHECKSUM`,
 * `ERR_DISK_FULL`, `ERR_FILE`, `ERR_ABORTED`.
 */
export async function downloadSnapshot(
  repoId: string,
  settings: HubSettings,
  { verify = false } = {},
): Promise<Downloaded> {
  const client = new HubClient(settings);
  try {
    return await new SnapshotDownload(client, repoId, settings, verify).run();
  } finally {
    await client.close();
  }
}

class SnapshotDownload {
  readonly #client: HubClient;
  readonly #repoId: string;
  readonly #settings: HubSettings;
  readonly #verify: boolean;
  readonly #cache: RepoCache;
  readonly #revision: string;
  readonly #announced = new Map<string, Promise<RemoteFile>>();

  constructor(client: HubClient, repoId: string, settings: HubSettings, verify: boolean) {
    this.#client = client;
    this.#repoId = repoId;
    this.#settings = settings;
    this.#verify = verify;
    this.#cache = new RepoCache(settings.cacheFolder, repoId);
    this.#revision = settings.revision ?? DEFAULT_REVISION;
  }

  async run(): Promise<Downloaded> {
    const { sha: commit, siblings } = await this.#info();
    const source: FileSource = {
      name: `"${this.#repoId}"`,
      files: new Set(siblings.map(({ rfilename }) => rfilename)),
      readJson: (name) => this.#readJson(commit, name),
    };
    const modules = await modulesOf(source);
    const names = await chooseFiles(source);
    const lacking = indispensableFiles(modules).filter((name) => !source.files.has(name));
    if (lacking.length > 0) {
      throw new NighError(
        "ERR_UNSUPPORTED_MODEL",
        `"${this.#repoId}" has no ${lacking.join(", ")}, without which nigh cannot run it. Python's SentenceTransformer("${this.#repoId}").save_pretrained(folder) may write it; give that folder.`,
      );
    }
    const files = await Promise.all(names.map((name) => this.#announce(commit, name)));
    await this.#fetch(files);
    const absent = filesThatMatter(modules).filter((name) => !source.files.has(name));
    await onDisk(this.#cache.folder, () => this.#assemble(commit, files, absent));
    return {
      folder: this.#cache.snapshot(commit),
      commit,
      files: files.map(({ name, size }) => ({ name, size })),
    };
  }

  async #info(): Promise<z.infer<typeof InfoSchema>> {
    const path = `/api/models/${this.#repoId}/revision/${encodeURIComponent(this.#revision)}`;
    const answer = InfoSchema.safeParse(await this.#client.json(path, this.#asked(undefined)));
    if (answer.success) return answer.data;
    throw new NighError(
      "ERR_SERVER",
      `${this.#settings.endpoint}${path} does not answer as a Hugging Face Hub does (HF_ENDPOINT, or a proxy on the way): ${z.prettifyError(answer.error)}`,
    );
  }

  /** Length and checksum of a file. */
  #announce(commit: string, name: string): Promise<RemoteFile> {
    const known = this.#announced.get(name);
    if (known !== undefined) return known;
    const asking = this.#head(commit, name);
    this.#announced.set(name, asking);
    return asking;
  }

  async #head(commit: string, name: string): Promise<RemoteFile> {
    const asked = this.#asked(name);
    if (!FILE_NAME.test(name)) {
      throw new NighError(
        "ERR_SERVER",
        `The server lists a file ${JSON.stringify(name)} in "${this.#repoId}", which would lie outside of the model's folder.`,
      );
    }
    const path = `/${this.#repoId}/resolve/${commit}/${name.split("/").map(encodeURIComponent).join("/")}`;
    const response = await this.#client.open("HEAD", path, asked, {
      until: ({ headers }) => headers["x-linked-etag"] !== undefined,
    });
    const given = header(response, "x-linked-etag") ?? header(response, "etag") ?? "";
    const etag = given.replace(/^W\//u, "").replaceAll('"', "");
    const length = header(response, "x-linked-size") ?? header(response, "content-length") ?? "";
    const size = Number(length);
    if (!CHECKSUM.test(etag) || !/^\d+$/u.test(length) || !Number.isSafeInteger(size)) {
      throw new NighError(
        "ERR_SERVER",
        `${this.#settings.endpoint}${path} has no checksum (ETag "${etag}") or no length ("${length}") as a Hugging Face Hub gives them: nothing is downloaded that cannot be checked.`,
      );
    }
    return { name, path, asked, etag, size };
  }

  async #readJson(commit: string, name: string): Promise<unknown> {
    const file = await this.#announce(commit, name);
    if (!(await this.#has(file))) {
      const meter = new DownloadMeter(undefined, [file]);
      const { blobs } = this.#cache;
      await downloadBlob(this.#client, file, { blobs, meter, settings: this.#settings });
    }
    const text = await readFile(this.#place(file), "utf8");
    try {
      return JSON.parse(text);
    } catch (cause) {
      throw new NighError("ERR_MODEL_FORMAT", `${name} of "${this.#repoId}" is no JSON.`, {
        cause,
      });
    }
  }

  async #fetch(files: readonly RemoteFile[]): Promise<void> {
    const meter = new DownloadMeter(this.#settings.onProgress, files);
    const missing: RemoteFile[] = [];
    for (const file of files) {
      if (await this.#has(file)) meter.has(file);
      else missing.push(file);
    }
    await this.#checkSpace(missing);

    const stop = new AbortController();
    const { signal } = this.#settings;
    const signals = signal === undefined ? [stop.signal] : [signal, stop.signal];
    const settings = { ...this.#settings, signal: AbortSignal.any(signals) };
    const client = new HubClient(settings);
    const { blobs } = this.#cache;
    missing.sort((a, b) => a.size - b.size);
    let failure: { error: unknown } | undefined;
    const work = async (): Promise<void> => {
      for (let file = missing.shift(); file !== undefined; file = missing.shift()) {
        if (failure !== undefined) return;
        try {
          await downloadBlob(client, file, { blobs, meter, settings });
        } catch (error) {
          // The first one tells why; the others stop, and leave what they have to the next download.
          failure ??= { error };
          stop.abort();
        }
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    await client.close();
    if (failure !== undefined) throw failure.error;
  }

  async #has(file: RemoteFile): Promise<boolean> {
    const path = this.#place(file);
    if ((await sizeOf(path)) !== file.size) return false;
    if (!this.#verify) return true;
    const hash = blobHash(file.etag, file.size);
    await hashFile(path, hash);
    return hash.digest("hex") === file.etag;
  }

  #place({ etag }: RemoteFile): string {
    return join(this.#cache.blobs, etag);
  }

  async #checkSpace(missing: readonly RemoteFile[]): Promise<void> {
    const { cacheFolder } = this.#settings;
    const free = await onDisk(cacheFolder, async () => {
      await mkdir(cacheFolder, { recursive: true });
      const { bavail, bsize } = await statfs(cacheFolder);
      return bavail * bsize;
    });
    let needed = 0;
    for (const file of missing) needed += file.size - (await partialSize(this.#cache.blobs, file));
    if (needed <= free) return;
    throw diskFull(
      `"${this.#repoId}" needs ${formatBytes(needed)} more, and the disk of ${cacheFolder} has ${formatBytes(free)} free`,
    );
  }

  async #assemble(
    commit: string,
    files: readonly RemoteFile[],
    absent: readonly string[],
  ): Promise<void> {
    // Nobody could tell from a snapshot otherwise.
    for (const name of absent) {
      const note = this.#cache.absent(commit, name);
      await mkdir(dirname(note), { recursive: true });
      await writeFile(note, "");
    }
    const inOrder = [...files].sort((a, b) => LAST.indexOf(a.name) - LAST.indexOf(b.name));
    for (const { name, etag } of inOrder) await this.#cache.addToSnapshot(commit, name, etag);
    await syncFolder(this.#cache.snapshot(commit));
    await this.#cache.keepCommit(this.#revision, commit);
  }

  #asked(file: string | undefined): Asked {
    return { repoId: this.#repoId, revision: this.#revision, file };
  }
}
