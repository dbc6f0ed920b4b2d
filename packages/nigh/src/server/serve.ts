import { interpretServe, type ServeOptions } from "./server-options.js";
import { type NighServer, startServer } from "./start-server.js";

export type { ApiToken } from "./operations/authentication.js";
export type { ServeOptions } from "./server-options.js";
export type { NighServer } from "./start-server.js";

/**
 * Serves the collections of a folder over HTTP: Chroma's REST API v2, so that Chroma's clients work unmodified, and OpenAI's
 * embeddings API. Of `nigh/server`.
 *
 * ```ts
 * const server = await serve({ path: "./db", port: 8000 });
 * ```
 *
 * @throws NighError `ERR_INVALID_ARGUMENT`, also off loopback without tokens; `ERR_UNKNOWN_OPTION`; `ERR_BUSY` when the port is
 * taken; as `PersistentClient`.
 */
export async function serve(options: ServeOptions): Promise<NighServer> {
  return startServer(interpretServe(options));
}
