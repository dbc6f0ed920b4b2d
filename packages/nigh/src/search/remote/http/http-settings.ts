import { messageOf, NighError } from "../../../shared/errors.js";
import type { HttpSettings } from "./chroma-http.js";

interface Given {
  readonly token?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly timeoutMs: number;
}

/**
 * Where a server is and what goes with every request. Name and password of a URL become basic authentication: they are in no message.
 *
 * @throws NighError `ERR_INVALID_ARGUMENT` for what is no URL or no header.
 */
export function httpSettings(where: string, address: string, given: Given): HttpSettings {
  const url = parse(where, address);
  const { username, password } = url;
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  const basic = `Basic ${Buffer.from(credentials).toString("base64")}`;
  const headers = checkHeaders(where, {
    accept: "application/json",
    ...(username === "" ? {} : { authorization: basic }),
    ...(given.token === undefined
      ? {}
      : { authorization: `Bearer ${given.token}`, "x-chroma-token": given.token }),
    ...given.headers,
  });
  const path = url.pathname.replace(/\/+$/u, "");
  return { base: `${url.origin}${path}`, headers, timeoutMs: given.timeoutMs };
}

function parse(where: string, address: string): URL {
  let url: URL;
  try {
    url = new URL(address);
  } catch (cause) {
    throw new NighError("ERR_INVALID_ARGUMENT", `${where}: the address is no URL.`, { cause });
  }
  if (url.search === "" && url.hash === "") return url;
  throw new NighError(
    "ERR_INVALID_ARGUMENT",
    `${where}: expected the address of a server, such as "${url.origin}", without "?" and "#".`,
  );
}

function checkHeaders(
  where: string,
  headers: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  try {
    return Object.fromEntries(new Headers(headers));
  } catch (cause) {
    throw new NighError(
      "ERR_INVALID_ARGUMENT",
      `${where}: "token" or "headers" cannot be sent as headers: ${messageOf(cause).split(/["“]/u, 1)[0]?.trim()}.`,
      { cause },
    );
  }
}
