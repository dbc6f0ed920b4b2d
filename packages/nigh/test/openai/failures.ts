import type { OutgoingHttpHeaders, ServerResponse } from "node:http";
import type { EmbeddingsRequest } from "./openai-server.js";

/** What a server does instead of answering. */
export type Failure = (response: ServerResponse, request: EmbeddingsRequest) => void;

/** A status with a message as OpenAI gives it. */
export function status(
  code: number,
  message = "It failed.",
  { headers = {}, error = {} }: { headers?: OutgoingHttpHeaders; error?: object } = {},
): Failure {
  return (response) => {
    response
      .writeHead(code, { "content-type": "application/json", ...headers })
      .end(JSON.stringify({ error: { message, type: "server_error", code: null, ...error } }));
  };
}

/** Anything as the body. */
export function body(
  text: string | ((request: EmbeddingsRequest) => unknown),
  code = 200,
  headers: OutgoingHttpHeaders = {},
): Failure {
  return (response, request) => {
    const content = typeof text === "string" ? text : JSON.stringify(text(request));
    response.writeHead(code, headers).end(content);
  };
}

/** The connection ends before a byte of the answer, or in the middle of its body. */
export function drop(when: "at once" | "in the body"): Failure {
  return (response) => {
    if (when === "at once") {
      response.socket?.destroy();
      return;
    }
    response.writeHead(200, { "content-type": "application/json", "content-length": "100000" });
    response.write('{"data":[{"index":0,"embedding":[0.1,', () => response.socket?.destroy());
  };
}

/** No answer, ever. */
export const hang: Failure = () => undefined;

/** An answer that does not end. */
export const endless: Failure = (response) => {
  response.writeHead(200, { "content-type": "application/json" });
  const chunk = Buffer.alloc(256 * 1024, " ");
  const more = (): void => {
    if (response.destroyed) return;
    if (response.write(chunk)) setImmediate(more);
    else response.once("drain", more);
  };
  more();
};

/** An HTML page, as a proxy gives it. */
export const htmlPage = "<!doctype html><html><head><title>502 Bad Gateway</title></head></html>";
