import { parseExactJson } from "../index.js";
import { messageOf } from "../shared/errors.js";
import { HttpError, invalidArgument } from "./http-error.js";
import type { Admission } from "./operations/admission.js";

/** The JSON of a request, its numbers as they are written. @throws HttpError 400, 408, 413, 415, 429. */
export async function readJson(request: Request, admission: Admission): Promise<unknown> {
  const type = request.headers.get("content-type") ?? "";
  if (!/^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/iu.test(type.trim())) {
    throw new HttpError(
      415,
      "InvalidArgumentError",
      `Expected "Content-Type: application/json", found ${type === "" ? "none" : JSON.stringify(type.slice(0, 100))}.`,
    );
  }
  const encoding = request.headers.get("content-encoding") ?? "identity";
  if (encoding !== "identity") {
    throw new HttpError(
      415,
      "InvalidArgumentError",
      `Expected a body without Content-Encoding, found ${JSON.stringify(encoding.slice(0, 100))}.`,
    );
  }
  return admission.holding(async (hold) => {
    const declared = Number(request.headers.get("content-length") ?? 0);
    hold.check(declared);
    const chunks: Uint8Array[] = [];
    for await (const chunk of request.body ?? []) {
      hold.add(chunk.length);
      chunks.push(chunk);
    }
    return parse(Buffer.concat(chunks));
  });
}

function parse(bytes: Uint8Array): unknown {
  try {
    return parseExactJson(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    if (error instanceof RangeError) throw invalidArgument("The JSON is nested too deep.");
    throw invalidArgument(`The body is no JSON: ${messageOf(error).slice(0, 200)}`);
  }
}
