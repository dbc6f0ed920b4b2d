import { abortError } from "../../shared/abort.js";
import { NighError } from "../../shared/errors.js";
import type { DownloadMeter } from "./download-meter.js";
import { type Asked, type HubClient, type HubResponse, Patience } from "./hub-client.js";
import { connectionError, header } from "./hub-errors.js";
import type { HubSettings } from "./hub-settings.js";
import { type Blob, PartialFile } from "./partial-file.js";

/** A file of a commit, as the Hub announces it. */
export interface RemoteFile extends Blob {
  readonly name: string;
  /** Of the endpoint. */
  readonly path: string;
  readonly asked: Asked;
}

/**
 * Brings a file's content into the cache's blobs: goes on where an earlier download stopped, and after a break; what arrived is
 * checked before it has its place.
 *
 * @throws NighError `ERR_CHECKSUM`, `ERR_DISK_FULL`, `ERR_FILE`, and what {@link HubClient.open} throws.
 */
export async function downloadBlob(
  client: HubClient,
  file: RemoteFile,
  { blobs, meter, settings }: { blobs: string; meter: DownloadMeter; settings: HubSettings },
): Promise<void> {
  const partial = await PartialFile.claim(blobs, file);
  meter.found(partial.size);
  try {
    await fill(client, file, partial, meter, settings);
    let digest = partial.digest();
    if (digest !== file.etag && partial.isResumed) {
      // What was there may have been damaged: once more, all of it.
      await restart(partial, meter);
      await fill(client, file, partial, meter, settings);
      digest = partial.digest();
    }
    if (digest !== file.etag) throw wrongContent(file, digest);
    await partial.complete();
  } catch (error) {
    const isUseless =
      error instanceof NighError && ["ERR_CHECKSUM", "ERR_DISK_FULL"].includes(error.code);
    meter.found(-partial.size);
    await (isUseless ? partial.discard() : partial.release());
    throw error;
  }
  meter.finished(file.name);
}

async function fill(
  client: HubClient,
  file: RemoteFile,
  partial: PartialFile,
  meter: DownloadMeter,
  settings: HubSettings,
): Promise<void> {
  const patience = new Patience(settings.signal);
  while (partial.size < file.size) {
    const from = partial.size;
    const headers: Record<string, string> = from === 0 ? {} : { range: `bytes=${from}-` };
    const response = await client.open("GET", file.path, file.asked, { headers });
    // An unread body that is dropped says so by an event.
    response.body.on("error", () => {});
    try {
      await checkRange(response, file, partial, meter);
      const before = partial.size;
      const broken = await receive(response, file, partial, meter, settings);
      if (partial.size > before) patience.renew();
      if (partial.size < file.size) await patience.wait(broken ?? cutShort(file, partial.size));
    } finally {
      response.body.destroy();
    }
  }
}

/** A server without ranges begins anew; one that announces another length than before has another file. */
async function checkRange(
  response: HubResponse,
  file: RemoteFile,
  partial: PartialFile,
  meter: DownloadMeter,
): Promise<void> {
  if (partial.size > 0 && response.statusCode === 200) await restart(partial, meter);
  const range = header(response, "content-range");
  const isOther = response.statusCode === 206 && !range?.startsWith(`bytes ${partial.size}-`);
  if (isOther) {
    throw new NighError(
      "ERR_SERVER",
      `The server was asked for ${file.name} from byte ${partial.size} on and sends "${range}": it does not keep to HTTP's ranges.`,
    );
  }
  const length = header(response, "content-length");
  if (length !== undefined && Number(length) !== file.size - partial.size)
    throw wrongLength(file, partial.size + Number(length));
}

/** @returns why the body ended early, where it broke. */
async function receive(
  response: HubResponse,
  file: RemoteFile,
  partial: PartialFile,
  meter: DownloadMeter,
  { signal, endpoint }: HubSettings,
): Promise<NighError | undefined> {
  try {
    for await (const chunk of response.body) {
      const bytes = chunk as Buffer;
      const size = partial.size + bytes.byteLength;
      if (size > file.size) throw wrongLength(file, size);
      await partial.append(bytes);
      meter.arrived(file.name, bytes.byteLength);
    }
    return undefined;
  } catch (error) {
    if (error instanceof NighError) throw error;
    if (signal?.aborted) throw abortError(signal);
    return connectionError(error, endpoint);
  }
}

async function restart(partial: PartialFile, meter: DownloadMeter): Promise<void> {
  meter.found(-partial.size);
  await partial.restart();
}

function wrongLength({ name, size, asked }: RemoteFile, found: number): NighError {
  return new NighError(
    "ERR_CHECKSUM",
    `${name} of "${asked.repoId}" has another length than the Hub announced: ${found} bytes or more arrive, expected ${size}. ${RETRY}`,
  );
}

function cutShort({ name, size, asked }: RemoteFile, found: number): NighError {
  return new NighError(
    "ERR_CHECKSUM",
    `${name} of "${asked.repoId}" ends early, again and again: ${found} bytes arrived, expected ${size}. ${RETRY}`,
  );
}

function wrongContent({ name, etag, asked }: RemoteFile, found: string): NighError {
  return new NighError(
    "ERR_CHECKSUM",
    `${name} of "${asked.repoId}" is not what the Hub announced: its checksum is ${found}, expected ${etag}. ${RETRY}`,
  );
}

const RETRY =
  "It was not kept. Try again; if it stays so, a proxy or mirror on the way (HTTPS_PROXY, HF_ENDPOINT) changes it.";
