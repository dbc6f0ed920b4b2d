import { HttpError } from "../http-error.js";

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/iu;

/** Whether a host means this machine alone. */
export function isLoopback(host: string): boolean {
  return LOOPBACK.test(host.includes(":") && !host.startsWith("[") ? `[${host}]` : host);
}

/** Web pages of other sites may not use a server by the browser of somebody who may. */
export interface OriginRules {
  /** Of other sites that may; "*" is any. */
  readonly cors: readonly string[];
  /** Refuse names of hosts that are not this machine's: what a site's own DNS points here (DNS rebinding). */
  readonly loopbackOnly: boolean;
}

/** @throws HttpError 403. */
export function checkOrigin(headers: Headers, { cors, loopbackOnly }: OriginRules): void {
  const host = headers.get("host") ?? "";
  const name = host.replace(/:\d+$/u, "");
  if (loopbackOnly && name !== "" && !isLoopback(name)) {
    throw forbidden(
      `The Host ${JSON.stringify(host.slice(0, 100))} is not this machine: a server without tokens answers to localhost only.`,
    );
  }
  const origin = headers.get("origin");
  if (origin === null || cors.includes("*") || cors.includes(origin)) return;
  if (hostOf(origin) === host) return;
  throw forbidden(
    `Pages of ${JSON.stringify(origin.slice(0, 100))} may not use this server: start it with this origin allowed (cors).`,
  );
}

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}

function forbidden(message: string): HttpError {
  return new HttpError(403, "AuthorizationError", message);
}
