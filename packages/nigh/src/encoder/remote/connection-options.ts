import { describe } from "../../shared/describe.js";
import { NighError } from "../../shared/errors.js";
import { checkTypes } from "../../shared/options.js";

/** Whose options these are, for messages. */
export const WHERE = "OpenAIEmbeddings";

/** The value stands in no message: it may be a key in the wrong place. */
export function checkString(name: string, value: unknown): void {
  if (value === undefined || (typeof value === "string" && value.trim() !== "")) return;
  const found = typeof value === "string" ? "an empty one" : `a value of type ${typeof value}`;
  throw new NighError(
    "ERR_INVALID_ARGUMENT",
    `${WHERE}: "${name}" must be a string that is not empty, found ${found}.`,
  );
}

export function checkBaseURL(text: string): string {
  const refuse = (expected: string): NighError =>
    new NighError(
      "ERR_INVALID_ARGUMENT",
      `${WHERE}: "baseURL" (or OPENAI_BASE_URL) must be ${expected}.`,
    );
  const url = URL.canParse(text.trim()) ? new URL(text.trim()) : undefined;
  if (url?.protocol !== "http:" && url?.protocol !== "https:")
    throw refuse("an http or https address, such as http://localhost:11434/v1");
  if (url.username !== "" || url.password !== "")
    throw refuse('without name and password: give "apiKey", or "headers" with authorization');
  if (url.search !== "" || url.hash !== "") throw refuse('without "?" and "#"');
  const path = url.pathname.replace(/\/+$/u, "");
  if (path.endsWith("/embeddings"))
    throw refuse('without "/embeddings" at its end, which is added to it');
  return `${url.origin}${path}`;
}

export function checkKey(given: string | undefined): string | undefined {
  const key = given?.trim();
  if (key === undefined || /^[\x21-\x7e]+$/u.test(key)) return key;
  throw new NighError(
    "ERR_INVALID_ARGUMENT",
    `${WHERE}: the API key has characters that no key has: copy it again.`,
  );
}

export function checkHeaders(given: unknown): Record<string, string> {
  checkRecord("headers", given);
  for (const [name, value] of Object.entries(given)) {
    // RFC 9110: a token, and visible characters with spaces between them.
    if (/^[\w!#$%&'*+.^`|~-]+$/u.test(name) && /^[\x20-\x7e]*$/u.test(value)) continue;
    throw new NighError(
      "ERR_INVALID_ARGUMENT",
      `${WHERE}: the header ${JSON.stringify(name)} cannot be sent: names and values of headers are printable ASCII.`,
    );
  }
  return Object.fromEntries(
    Object.entries(given).map(([name, value]) => [name.toLowerCase(), value]),
  );
}

/** Whatever is short enough to be part of a sentence is no secret. */
export function secretsOf(
  key: string | undefined,
  headers: Readonly<Record<string, string>>,
): string[] {
  const parts = Object.values(headers).flatMap((value) => value.split(" "));
  const longest = parts.filter((part) => part.length >= 8);
  return key === undefined || key.length < 4 ? longest : [key, ...longest];
}

export function checkRecord(name: string, given: unknown): asserts given is Record<string, string> {
  if (given === null || typeof given !== "object" || Array.isArray(given)) {
    throw new NighError(
      "ERR_INVALID_ARGUMENT",
      `${WHERE}: "${name}" must be an object of strings, found ${describe(given)}.`,
    );
  }
  checkTypes(
    `${WHERE}: ${name}`,
    given,
    Object.fromEntries(Object.keys(given).map((key) => [key, "string"])),
  );
}

/** Empty counts as not set. */
export function variable(name: string): string | undefined {
  return process.env[name]?.trim() || undefined;
}
