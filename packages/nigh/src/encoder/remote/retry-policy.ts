/** A server's answer to a request. */
export interface Answer {
  readonly status: number;
  /** By names in small letters. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly text: string;
}

/** Milliseconds before the first repetition, doubled with every other. */
const FIRST_WAIT = 500;
const LONGEST_OWN_WAIT = 8000;
/** A server that asks for more patience is reported, not waited for. */
export const LONGEST_WAIT = 120_000;
/** A rate limit's reset is when all of it is there again: part of it is there before. */
const LONGEST_RESET = 60_000;

/** Whether the same request may be answered otherwise later. */
export function mayPass(answer: Answer): boolean {
  const { status } = answer;
  if (speaksOfEncoding(answer) || isOutOfQuota(answer)) return false;
  return status === 408 || status === 409 || status === 429 || status >= 500;
}

/** OpenAI has one status for "too fast" and "nothing left to spend"; only waiting for the first helps. */
export function isOutOfQuota({ status, text }: Answer): boolean {
  return status === 429 && /"insufficient_quota"/u.test(text);
}

/** Whether a server refuses base64. */
export function speaksOfEncoding({ status, text }: Answer): boolean {
  return status >= 400 && /encoding_format|base64/iu.test(text);
}

/** Milliseconds to wait before the request is sent again; undefined when the server asks for more than is waited. */
export function waitBeforeRetry(
  attempt: number,
  answer: Answer | undefined,
  now = Date.now(),
  random = Math.random,
): number | undefined {
  const own = Math.min(FIRST_WAIT * 2 ** attempt, LONGEST_OWN_WAIT);
  // Programs that failed together do not come back together.
  const backoff = own * (0.5 + 0.5 * random());
  const asked = answer && askedWait(answer, now);
  if (asked !== undefined) return asked > LONGEST_WAIT ? undefined : asked * (1 + 0.1 * random());
  const reset = answer && resetWait(answer, now);
  return reset === undefined ? backoff : Math.max(backoff, Math.min(reset, LONGEST_RESET));
}

/** What Retry-After or OpenAI's retry-after-ms ask for, in milliseconds. */
export function askedWait({ headers }: Answer, now: number): number | undefined {
  const milliseconds = numberOf(headers["retry-after-ms"]);
  if (milliseconds !== undefined) return milliseconds;
  const text = headers["retry-after"];
  const seconds = numberOf(text);
  if (seconds !== undefined) return 1000 * seconds;
  const date = text === undefined ? Number.NaN : Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

/** Milliseconds until a rate limit is reset: of those that are exhausted, the last. */
function resetWait({ headers }: Answer, now: number): number | undefined {
  const waits = ["", "-requests", "-tokens"].flatMap((which) => {
    const wait = resetTime(headers[`x-ratelimit-reset${which}`], now);
    const left = numberOf(headers[`x-ratelimit-remaining${which}`]);
    return wait === undefined || (left !== undefined && left > 0) ? [] : [wait];
  });
  return waits.length === 0 ? undefined : Math.max(...waits);
}

/** "6m0s" or "12ms" as OpenAI writes it, or a number: of seconds, or since 1970 in seconds or milliseconds. */
function resetTime(text: string | undefined, now: number): number | undefined {
  const number = numberOf(text);
  if (number !== undefined) {
    if (number > 1e11) return Math.max(0, number - now);
    return number > 1e9 ? Math.max(0, 1000 * number - now) : 1000 * number;
  }
  const parts = /^(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:([\d.]+)s)?(?:([\d.]+)ms)?$/u.exec(
    text ?? "",
  );
  if (!text || !parts) return undefined;
  const [days = 0, hours = 0, minutes = 0, seconds = 0, rest = 0] = parts
    .slice(1)
    .map((part) => Number(part ?? 0));
  return 1000 * (60 * (60 * (24 * days + hours) + minutes) + seconds) + rest;
}

function numberOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+(?:\.\d+)?$/u.test(text) ? Number(text) : undefined;
}
