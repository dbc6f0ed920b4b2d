import { abortError } from "../../shared/abort.js";
import { messageOf, NighError } from "../../shared/errors.js";

/** Raised when what is kept is kept in another way. */
const CACHE = "nigh-models-1";

/** A file that is arriving, or was kept from an earlier visit. */
export interface ArrivingFile {
  /** undefined where the server does not say it, or sends it packed. */
  readonly size: number | undefined;
  readonly isKept: boolean;
  /** Its bytes. @param onBytes told how many more there are. */
  read(onBytes: (bytes: number) => void): Promise<Uint8Array<ArrayBuffer>>;
}

/**
 * A file by its URL: from the browser's cache where it is kept there, else from the network.
 *
 * @returns undefined where the server has none.
 * @throws NighError `ERR_CONNECTION`, `ERR_SERVER`, `ERR_ABORTED`.
 */
export async function fetchFile(
  url: string,
  signal: AbortSignal | undefined,
): Promise<ArrivingFile | undefined> {
  const kept = await (await openCache())?.match(url);
  const response = kept ?? (await request(url, signal));
  if (response === undefined) return undefined;
  const { headers } = response;
  const length = headers.get("content-encoding") === null ? headers.get("content-length") : null;
  return {
    size: length === null ? undefined : Number(length),
    isKept: kept !== undefined,
    read: (onBytes) => readBody(url, response, signal, onBytes),
  };
}

/** Whether there is a file, without fetching it. @throws NighError as {@link fetchFile}. */
export async function hasFile(url: string, signal: AbortSignal | undefined): Promise<boolean> {
  return (await request(url, signal, "HEAD")) !== undefined;
}

/** Keeps a file for the next visit, where there is a cache and room in it. */
export async function keepFile(url: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  const headers = { "content-length": String(bytes.length) };
  try {
    await (await openCache())?.put(url, new Response(bytes, { headers }));
  } catch (error) {
    console.warn(`nigh: ${url} is not kept for the next visit: ${messageOf(error)}`);
  }
}

/** Forgets all files below a URL. @returns how many there were. */
export async function forgetFiles(folder: string): Promise<number> {
  const cache = await openCache();
  const requests = (await cache?.keys())?.filter(({ url }) => url.startsWith(folder)) ?? [];
  await Promise.all(requests.map((one) => cache?.delete(one)));
  return requests.length;
}

/** undefined where the page is not served by https or from localhost. */
async function openCache(): Promise<Cache | undefined> {
  return typeof caches === "undefined" ? undefined : caches.open(CACHE);
}

async function request(
  url: string,
  signal: AbortSignal | undefined,
  method = "GET",
): Promise<Response | undefined> {
  const response = await attempt(url, signal, () => fetch(url, { method, signal: signal ?? null }));
  if (response.ok) {
    // Servers of single-page applications answer with the page where there is no such file.
    const isPage = response.headers.get("content-type")?.startsWith("text/html") ?? false;
    return isPage ? undefined : response;
  }
  if (response.status === 404 || response.status === 403) return undefined;
  throw new NighError(
    "ERR_SERVER",
    `${url}: the server answered ${response.status} ${response.statusText}. Try again, or look at the server.`,
  );
}

async function readBody(
  url: string,
  response: Response,
  signal: AbortSignal | undefined,
  onBytes: (bytes: number) => void,
): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  await attempt(url, signal, async () => {
    const reader = response.body?.getReader();
    for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) {
      parts.push(part.value);
      onBytes(part.value.length);
    }
  });
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

async function attempt<T>(
  url: string,
  signal: AbortSignal | undefined,
  act: () => Promise<T>,
): Promise<T> {
  try {
    return await act();
  } catch (cause) {
    if (signal?.aborted) throw abortError(signal);
    throw new NighError(
      "ERR_CONNECTION",
      `${url} cannot be fetched: ${messageOf(cause)}. Is there a network, and does the server let this page read it?`,
      { cause },
    );
  }
}
