import { once } from "node:events";
import type { Server } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { setTimeout } from "node:timers/promises";
import { createAdaptorServer } from "@hono/node-server";
import { pino } from "pino";
import { NighError, PersistentClient } from "../index.js";
import { messageOf } from "../shared/errors.js";
import { buildApp } from "./app.js";
import { ServedModels } from "./openai/served-models.js";
import { Admission } from "./operations/admission.js";
import { Authentication } from "./operations/authentication.js";
import { isLoopback } from "./operations/same-origin.js";
import { ServerMetrics } from "./operations/server-metrics.js";
import type { Service } from "./route.js";
import { routes } from "./routes.js";
import type { ServerSettings } from "./server-options.js";

/** A server that runs. */
export interface NighServer {
  /** Where it is reached: "http://127.0.0.1:8000". */
  readonly url: string;
  readonly port: number;
  /** Takes no more requests, finishes those that have begun, and closes the database. */
  close(): Promise<void>;
}

/** Bodies that are being read may take so many times what one may. */
const BODIES_AT_A_TIME = 8;
/** How long a client may take to send the head of a request. */
const HEADERS_TIMEOUT_MS = 20_000;
const KEEP_ALIVE_MS = 65_000;
/** How often slow clients are looked for. */
const CHECK_MS = 1000;
/** Each takes some kilobytes, whatever it does. */
const MOST_CONNECTIONS = 16_384;
/** How long answers that were given may take to reach their clients when the server closes. */
const FLUSH_MS = 1000;

/** Opens the database and listens. @throws NighError `ERR_BUSY` when the port is taken, and as `PersistentClient`. */
export async function startServer(settings: ServerSettings): Promise<NighServer> {
  const { host, port, tokens, cors, maxConcurrent, maxBodyBytes, requestTimeoutMs } = settings;
  const { version } = createRequire(import.meta.url)("../../package.json") as { version: string };
  const log = pino({ level: settings.logLevel, base: {} }, pino.destination({ fd: 2, sync: true }));
  const client = new PersistentClient({ path: settings.path });
  const models = new ServedModels(settings.models);
  const maxPendingBytes = BODIES_AT_A_TIME * maxBodyBytes;
  const admission = new Admission({ maxConcurrent, maxBodyBytes, maxPendingBytes });
  const metrics = new ServerMetrics(() => admission.running);
  const authentication = new Authentication(tokens);
  const loopbackOnly = isLoopback(host) && !authentication.isRequired;
  let isReady = true;
  const service: Service = {
    client,
    models,
    version,
    allowReset: settings.allowReset,
    isReady: () => isReady,
    metrics: () => metrics.text(),
  };
  const origins = { cors, loopbackOnly };
  const parts = { service, routes, admission, authentication, origins, metrics, log };
  const app = buildApp({ ...parts, requestTimeoutMs });
  const server = createAdaptorServer({
    fetch: app.fetch,
    overrideGlobalObjects: false,
    serverOptions: {
      requestTimeout: requestTimeoutMs,
      headersTimeout: Math.min(HEADERS_TIMEOUT_MS, requestTimeoutMs),
      keepAliveTimeout: KEEP_ALIVE_MS,
      connectionsCheckingInterval: CHECK_MS,
    },
  }) as Server;
  server.maxConnections = MOST_CONNECTIONS;
  try {
    server.listen(port, host);
    await once(server, "listening");
  } catch (cause) {
    await client.close();
    throw new NighError(
      "ERR_BUSY",
      `serve: cannot listen on ${host}:${port}: ${messageOf(cause)}. Is another server running there? Choose another port.`,
      { cause },
    );
  }
  const address = server.address() as AddressInfo;
  const url = `http://${host.includes(":") ? `[${host}]` : host}:${address.port}`;
  log.info({ url, path: settings.path, tokens: tokens.length, version }, "listening");

  let closing: Promise<void> | undefined;
  const close = async () => {
    isReady = false;
    log.info("stopping");
    const closed = once(server, "close");
    server.close();
    const stop = new AbortController();
    const late = setTimeout(settings.graceMs, "late", { signal: stop.signal }).catch(() => "");
    if ((await Promise.race([admission.idle(), late])) === "late") {
      log.warn({ running: admission.running }, "requests did not end in time");
    }
    stop.abort();
    const flushed = new AbortController();
    setTimeout(FLUSH_MS, undefined, { signal: flushed.signal }).then(
      () => server.closeAllConnections(),
      () => undefined,
    );
    await closed;
    flushed.abort();
    await models.close();
    await client.close();
    log.info("stopped");
  };
  return {
    url,
    port: address.port,
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}
