import { type Context, Hono } from "hono";
import { cors } from "hono/cors";
import { requestId } from "hono/request-id";
import { secureHeaders } from "hono/secure-headers";
import type { Logger } from "pino";
import { type ExactJson, stringifyExactJson } from "../index.js";
import { HttpError, httpErrorOf, notFound } from "./http-error.js";
import type { Admission } from "./operations/admission.js";
import type { Authentication } from "./operations/authentication.js";
import { checkOrigin, type OriginRules } from "./operations/same-origin.js";
import type { ServerMetrics } from "./operations/server-metrics.js";
import { readJson } from "./read-body.js";
import { Answer, type Route, type Service } from "./route.js";
import { checkBody, checkQuery } from "./shapes.js";

export interface AppParts {
  readonly service: Service;
  readonly routes: readonly Route[];
  readonly admission: Admission;
  readonly authentication: Authentication;
  readonly origins: OriginRules;
  readonly metrics: ServerMetrics;
  readonly log: Logger;
  readonly requestTimeoutMs: number;
}

/** Of the context of each request. */
interface Variables {
  requestId: string;
  /** The pattern of the path. */
  route: string;
}

type Request_ = Context<{ Variables: Variables }>;

const UNKNOWN_ROUTE = "unknown";

/** All routes, with what every request passes before and after them. */
export function buildApp(parts: AppParts): Hono<{ Variables: Variables }> {
  const app = new Hono<{ Variables: Variables }>();
  app.use(requestId());
  app.use(async (c, next) => {
    const start = performance.now();
    await next();
    observe(parts, c, performance.now() - start);
  });
  app.use(
    secureHeaders({
      contentSecurityPolicy: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
      referrerPolicy: "no-referrer",
    }),
  );
  app.use(async (c, next) => {
    checkOrigin(c.req.raw.headers, parts.origins);
    await next();
  });
  if (parts.origins.cors.length > 0) {
    app.use(cors({ origin: [...parts.origins.cors], maxAge: 600 }));
  }
  for (const route of parts.routes) {
    app.on(route.method, honoPath(route.path), (c) => {
      c.set("route", route.path);
      return answer(parts, route, c);
    });
  }
  for (const [path, methods] of methodsByPath(parts.routes)) {
    app.all(honoPath(path), () => {
      throw new HttpError(405, "ChromaError", `Expected ${methods.join(" or ")} here.`, {
        headers: { Allow: methods.join(", ") },
      });
    });
  }
  app.all("/api/v1/*", () => {
    throw new HttpError(
      410,
      "Unimplemented",
      "The v1 API is gone: this server has /api/v2. Use a newer client.",
    );
  });
  app.notFound((c) => failure(parts, c, notFound(`There is no route ${c.req.method} here.`)));
  app.onError((error, c) => failure(parts, c, error));
  return app;
}

function honoPath(path: string): string {
  return path.replaceAll(/\{(\w+)\}/gu, ":$1");
}

function methodsByPath(routes: readonly Route[]): Map<string, string[]> {
  const methods = new Map<string, string[]>();
  for (const { path, method } of routes) methods.set(path, [...(methods.get(path) ?? []), method]);
  return methods;
}

async function answer(parts: AppParts, route: Route, c: Request_): Promise<Response> {
  const { service, admission, authentication } = parts;
  authentication.check(c.req.raw.headers, route.access);
  if (route.access !== "open" && !service.isReady()) throw stopping();
  const work = async (signal: AbortSignal) => {
    const query = route.query && checkQuery(route.query, c.req.query());
    const body = route.body && checkBody(route.body, await readJson(c.req.raw, admission));
    return route.handle({ service, path: c.req.param(), query, body, signal });
  };
  const result =
    route.access === "open"
      ? await work(c.req.raw.signal)
      : await admission.run(() => inTime(parts.requestTimeoutMs, c.req.raw.signal, work));
  const reply = result instanceof Answer ? result : new Answer(result, statusOf(route));
  const { status, type = "application/json" } = reply;
  const text =
    reply.type === undefined ? stringifyExactJson(reply.body as ExactJson) : String(reply.body);
  return c.newResponse(text, status as 200, { "Content-Type": type });
}

function statusOf({ status = 200 }: Route): { status: number } {
  return { status };
}

function stopping(): HttpError {
  return new HttpError(503, "ChromaError", "The server is stopping.", {
    headers: { "Retry-After": "5", Connection: "close" },
  });
}

/** @throws HttpError 504. */
async function inTime<T>(
  ms: number,
  client: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const stop = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const message = `The request took longer than ${ms} ms. What it writes may still be written.`;
      reject(new HttpError(504, "ChromaError", message));
      stop.abort();
    }, ms);
  });
  try {
    client.addEventListener("abort", () => stop.abort(), { once: true });
    return await Promise.race([work(stop.signal), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Chroma's form of errors; below /v1 it is OpenAI's. */
function failure({ log }: AppParts, c: Request_, thrown: unknown): Response {
  const error = httpErrorOf(thrown);
  const { status, kind, message, headers } = error;
  if (status >= 500) log.error({ requestId: c.get("requestId"), err: thrown }, "request failed");
  const body = c.req.path.startsWith("/v1/")
    ? { error: { message, type: typeOf(status), param: null, code: null } }
    : { error: kind, message };
  return c.newResponse(JSON.stringify(body), status as 500, {
    ...headers,
    "Content-Type": "application/json",
  });
}

function typeOf(status: number): string {
  if (status === 401) return "authentication_error";
  if (status === 429) return "rate_limit_error";
  return status < 500 ? "invalid_request_error" : "server_error";
}

function observe({ log, metrics }: AppParts, c: Request_, ms: number): void {
  const { method } = c.req;
  const route = c.get("route") ?? UNKNOWN_ROUTE;
  const { status } = c.res;
  metrics.observe(method, route, status, ms / 1000);
  const line = {
    requestId: c.get("requestId"),
    method,
    route,
    status,
    ms: Math.round(ms * 10) / 10,
  };
  if (status >= 500) log.error(line, "request");
  else log.info(line, "request");
}
