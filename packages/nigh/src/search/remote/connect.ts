import { describe } from "../../shared/describe.js";
import { invalid } from "../../shared/errors.js";
import { checkInteger, checkKeys, checkTypes } from "../../shared/options.js";
import { DEFAULT_DATABASE, DEFAULT_TENANT } from "../../store/tenants.js";
import { type ClientOptions, WAIT_MS } from "../collections/client-options.js";
import type { CollectionsClient } from "../collections/collections-client.js";
import { EphemeralClient, PersistentClient } from "../collections/local-clients.js";
import { checkSpaceName } from "../collections/names.js";
import { ChromaHttp } from "./http/chroma-http.js";
import { HttpCatalogue } from "./http/http-catalogue.js";
import { httpSettings } from "./http/http-settings.js";
import { openPostgres } from "./postgres/open-postgres.js";
import { RemoteClient } from "./remote-client.js";

export interface ConnectOptions extends ClientOptions {
  /** Of a server: sent as `X-Chroma-Token` and as `Authorization: Bearer`. */
  readonly token?: string | undefined;
  /** More headers for a server; they win over those of `token`. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** How long a server may take for one request, or Postgres for a connection, in milliseconds. Default 60,000. */
  readonly timeoutMs?: number | undefined;
  /** How long a write waits for another's in a folder or in Postgres, in milliseconds. Default 5,000. */
  readonly waitMs?: number | undefined;
  /** Of a folder or memory: as `PersistentClient` has it. */
  readonly indexMemoryBytes?: number | undefined;
}

const WHERE = "connect";
const TIMEOUT_MS = 60_000;
/** Schemes of what looks like an address without "//" are those of other places: folders' names may have a colon. */
const SCHEME = /^(?:([a-z][a-z0-9+.-]*):\/\/|(https?|postgres|postgresql|file|chroma|sqlite):)/iu;
const EXPECTED =
  'expected a folder such as "./db", ":memory:", "http://host:8000", "https://…" or "postgres://user:password@host/database"';

/**
 * Collections by where they are: a folder, the memory of this process, a server with Chroma's REST API v2, or Postgres with
 * pgvector. What {@link CollectionsClient} and its collections have works on all of them; `search`, `reembed`, tenants, databases and
 * files to import and export are of `PersistentClient` and `EphemeralClient`.
 *
 * ```ts
 * const client = await connect("http://localhost:8000", { token: process.env.TOKEN });
 * const notes = await client.getOrCreateCollection({ name: "notes" });
 * ```
 *
 * @throws NighError `ERR_CONNECTION` when a server or Postgres is not reached; `ERR_INVALID_ARGUMENT`, `ERR_UNKNOWN_OPTION`.
 */
export async function connect(
  url: string,
  options: ConnectOptions = {},
): Promise<CollectionsClient> {
  const keys = [
    "tenant",
    "database",
    "token",
    "headers",
    "timeoutMs",
    "waitMs",
    "indexMemoryBytes",
  ];
  checkKeys(WHERE, options, keys);
  if (typeof url !== "string" || url === "")
    throw invalid(`${WHERE}: ${EXPECTED}, found ${describe(url)}`);
  const { tenant = DEFAULT_TENANT, database = DEFAULT_DATABASE } = options;
  const place = {
    tenant: checkSpaceName(WHERE, "tenant", tenant),
    database: checkSpaceName(WHERE, "database", database),
  };
  const { indexMemoryBytes } = options;
  const local = { ...place, ...(indexMemoryBytes !== undefined && { indexMemoryBytes }) };
  const timeoutMs = checkInteger(
    WHERE,
    "timeoutMs",
    options.timeoutMs ?? TIMEOUT_MS,
    1,
    2 ** 31 - 1,
  );
  const waitMs = checkInteger(WHERE, "waitMs", options.waitMs ?? WAIT_MS, 0, 2 ** 31 - 1);
  checkTypes(WHERE, { token: options.token }, { token: "string" });
  const [, scheme, bare] = SCHEME.exec(url) ?? [];
  if (bare !== undefined) throw invalid(`${WHERE}: ${EXPECTED}, found "${bare}:" without "//"`);
  switch (scheme?.toLowerCase()) {
    case undefined:
      refuse(options, ["token", "headers", "timeoutMs"], "a folder or memory");
      if (url !== ":memory:") return new PersistentClient({ path: url, ...local, waitMs });
      refuse(options, ["waitMs"], "memory");
      return new EphemeralClient(local);
    case "http":
    case "https": {
      refuse(options, ["waitMs", "indexMemoryBytes"], "a server");
      const http = new ChromaHttp(httpSettings(WHERE, url, { ...options, timeoutMs }));
      const catalogue = new HttpCatalogue(http, place.tenant, place.database);
      await catalogue.checkServer();
      return new RemoteClient(catalogue);
    }
    case "postgres":
    case "postgresql":
      refuse(options, ["token", "headers", "indexMemoryBytes"], "Postgres");
      return new RemoteClient(await openPostgres(url, { ...place, timeoutMs, waitMs }));
    default:
      throw invalid(`${WHERE}: ${EXPECTED}, found the scheme "${scheme}://"`);
  }
}

/** An option that would do nothing is refused. */
function refuse(options: ConnectOptions, names: (keyof ConnectOptions)[], what: string): void {
  const name = names.find((key) => options[key] !== undefined);
  if (name !== undefined) throw invalid(`${WHERE}: "${name}" means nothing for ${what}`);
}
