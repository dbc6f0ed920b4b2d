import { describe, expect, it } from "vitest";
import { mayPass, waitBeforeRetry } from "../dist/encoder/remote/retry-policy.js";

const NOW = Date.parse("2026-05-01T12:00:00Z");
const answer = (status: number, headers: Record<string, string> = {}, text = "") => ({
  status,
  headers,
  text,
});
const wait = (headers: Record<string, string>, random = 0, attempt = 0) =>
  waitBeforeRetry(attempt, answer(429, headers), NOW, () => random);

describe("the wait before a request is sent again", () => {
  it("doubles from 0.5 s up to 8 s, of which half is chance", () => {
    const bounds = [0, 1, 2, 3, 4, 5, 9].map((attempt) => [
      waitBeforeRetry(attempt, undefined, NOW, () => 0),
      waitBeforeRetry(attempt, undefined, NOW, () => 1),
    ]);
    expect(bounds).toEqual([
      [250, 500],
      [500, 1000],
      [1000, 2000],
      [2000, 4000],
      [4000, 8000],
      [4000, 8000],
      [4000, 8000],
    ]);
  });

  it("is what Retry-After says, in seconds or as a date, or retry-after-ms before it", () => {
    expect(wait({ "retry-after": "3" })).toBe(3000);
    expect(wait({ "retry-after": "0.25" })).toBe(250);
    expect(wait({ "retry-after": "0" })).toBe(0);
    expect(wait({ "retry-after": "Fri, 01 May 2026 12:00:07 GMT" })).toBe(7000);
    expect(wait({ "retry-after": "Fri, 01 May 2026 11:00:00 GMT" })).toBe(0);
    expect(wait({ "retry-after": "9", "retry-after-ms": "40" })).toBe(40);
    expect(wait({ "retry-after": "3" }, 1)).toBeCloseTo(3300, 6);
    expect(wait({ "retry-after": "soon" })).toBe(250);
  });

  it("is none when the server asks for more than two minutes", () => {
    expect(wait({ "retry-after": "120" })).toBe(120_000);
    expect(wait({ "retry-after": "121" })).toBeUndefined();
  });

  it("lasts to the reset of the rate limits that are exhausted, at most a minute", () => {
    expect(wait({ "x-ratelimit-reset-requests": "1s" })).toBe(1000);
    expect(wait({ "x-ratelimit-reset-tokens": "1m2.5s" })).toBe(60_000);
    expect(wait({ "x-ratelimit-reset-tokens": "20.5s" })).toBe(20_500);
    expect(wait({ "x-ratelimit-reset-tokens": "6m0s" })).toBe(60_000);
    expect(wait({ "x-ratelimit-reset-tokens": "12ms" })).toBe(250);
    expect(wait({ "x-ratelimit-reset": "4" })).toBe(4000);
    expect(wait({ "x-ratelimit-reset": String(NOW / 1000 + 5) })).toBe(5000);
    expect(wait({ "x-ratelimit-reset": String(NOW + 6000) })).toBe(6000);
    const both = { "x-ratelimit-reset-requests": "9s", "x-ratelimit-reset-tokens": "2s" };
    expect(wait(both)).toBe(9000);
    expect(wait({ ...both, "x-ratelimit-remaining-requests": "10" })).toBe(2000);
    expect(wait({ ...both, "retry-after": "1" })).toBe(1000);
    expect(wait({ "x-ratelimit-reset-tokens": "later" })).toBe(250);
  });
});

describe("a request is sent again", () => {
  it("after 408, 409, 429 and 5xx", () => {
    const statuses = [200, 301, 400, 401, 403, 404, 408, 409, 413, 422, 429, 500, 502, 503, 504];
    expect(statuses.filter((status) => mayPass(answer(status)))).toEqual([
      408, 409, 429, 500, 502, 503, 504,
    ]);
  });

  it("not when the quota is spent, nor when the server does not know base64", () => {
    expect(mayPass(answer(429, {}, '{"error":{"code":"insufficient_quota"}}'))).toBe(false);
    expect(mayPass(answer(500, {}, "Setting encoding_format is not supported"))).toBe(false);
  });
});
