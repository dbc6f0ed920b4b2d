import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
// Counts as tiktoken does: openai-tokens.test.ts holds it against it.
import { loadCl100k } from "../../dist/encoder/remote/cl100k-tokens.js";
import type { Failure } from "./failures.js";

export interface EmbeddingsRequest {
  readonly model: string;
  readonly input: readonly string[];
  readonly dimensions?: number;
  readonly encoding_format?: "float" | "base64";
}

/** How the server takes encoding_format: gives base64, gives numbers all the same, or refuses the request. */
export type Base64 = "known" | "ignored" | "refused";

const DIMENSIONS: Readonly<Record<string, number>> = {
  "text-embedding-3-small": 1536,
  "text-embedding-3-large": 3072,
  "text-embedding-ada-002": 1536,
};
export const OTHER_DIMENSION = 8;

/** A server with OpenAI's embeddings API, with the limits of the real one for its models. */
export class OpenAIServer {
  readonly requests: EmbeddingsRequest[] = [];
  readonly headers: IncomingHttpHeaders[] = [];
  readonly paths: string[] = [];
  base64: Base64 = "known";
  /** Gives the vectors in another order than the texts. */
  isShuffled = false;
  /** Of the key that requests must have; undefined for any or none. */
  key: string | undefined;
  /** Most requests that were under way at once. */
  mostAtOnce = 0;
  /** Called with every request that came, before it is answered. */
  onRequest: (request: EmbeddingsRequest) => void | Promise<void> = () => undefined;
  readonly #failures: Failure[] = [];
  #underWay = 0;
  readonly #server = createServer(async (request, response) => {
    this.#underWay += 1;
    this.mostAtOnce = Math.max(this.mostAtOnce, this.#underWay);
    response.on("close", () => {
      this.#underWay -= 1;
    });
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = JSON.parse(Buffer.concat(chunks).toString()) as EmbeddingsRequest;
    this.requests.push(body);
    this.headers.push(request.headers);
    this.paths.push(`${request.method} ${request.url}`);
    const failure = this.#failures.shift();
    await this.onRequest(body);
    if (failure) return failure(response, body);
    const refusal = this.#whyNot(request.headers.authorization) ?? (await whyNot(body));
    if (this.base64 === "refused" && body.encoding_format !== undefined) {
      return sendError(response, 400, "Unknown parameter: 'encoding_format'.");
    }
    if (refusal) return sendError(response, ...refusal);
    await this.#answer(response, body);
  });

  async start(): Promise<void> {
    await new Promise<void>((done) => this.#server.listen(0, "127.0.0.1", done));
  }

  get baseURL(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/v1`;
  }

  /** The next requests fail, one each. */
  fail(...failures: Failure[]): void {
    this.#failures.push(...failures);
  }

  /** Texts of all requests, in their order. */
  get texts(): string[] {
    return this.requests.flatMap(({ input }) => input);
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((done) => this.#server.close(done));
  }

  #whyNot(authorization: string | undefined): [number, string] | undefined {
    if (this.key === undefined || authorization === `Bearer ${this.key}`) return undefined;
    // Worse than OpenAI, which shows only the ends of it.
    return [401, `Incorrect API key provided: ${authorization?.replace("Bearer ", "")}.`];
  }

  async #answer(response: ServerResponse, { input, ...request }: EmbeddingsRequest) {
    const data = input.map((text, index) => ({
      object: "embedding",
      index,
      embedding: this.#encoded(vectorOf(text, dimensionOf(request)), request.encoding_format),
    }));
    if (this.isShuffled) data.reverse();
    const tokens = await countTokens(input);
    sendJson(response, 200, {
      object: "list",
      data,
      model: request.model,
      usage: { prompt_tokens: tokens, total_tokens: tokens },
    });
  }

  #encoded(vector: Float32Array, format: string | undefined): string | number[] {
    const isBase64 = format === "base64" && this.base64 === "known";
    return isBase64 ? base64Of(vector) : Array.from(vector);
  }
}

/** What the server gives for a text: the same for equal texts, nearer the more characters they have in common. */
export function vectorOf(text: string, dimension: number): Float32Array {
  const vector = new Float32Array(dimension).fill(1 / 64);
  for (const [i, character] of [...text].entries()) {
    const place = ((character.codePointAt(0) as number) * 7 + (i % 5)) % dimension;
    vector[place] = (vector[place] as number) + 0.25;
  }
  return vector;
}

export function base64Of(vector: Float32Array): string {
  return Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength).toString("base64");
}

export function dimensionOf({ model, dimensions }: Omit<EmbeddingsRequest, "input">): number {
  return dimensions ?? DIMENSIONS[model] ?? OTHER_DIMENSION;
}

export async function countTokens(texts: readonly string[]): Promise<number> {
  const tokens = await loadCl100k();
  return texts.reduce((sum, text) => sum + tokens.count(text), 0);
}

export function sendJson(response: ServerResponse, status: number, json: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(json));
}

export function sendError(response: ServerResponse, status: number, message: string): void {
  sendJson(response, status, { error: { message, type: "invalid_request_error", code: null } });
}

/** OpenAI's limits, for its models. */
async function whyNot({ model, input }: EmbeddingsRequest): Promise<[number, string] | undefined> {
  if (model === "unknown-model") return [404, `The model \`${model}\` does not exist.`];
  if (DIMENSIONS[model] === undefined) return undefined;
  if (input.length > 2048) return [400, "'$.input' is too long."];
  const tokens = await loadCl100k();
  const counts = input.map((text) => tokens.count(text));
  if (counts.some((count) => count === 0)) return [400, "'$.input' is invalid."];
  if (counts.some((count) => count > 8192)) return [400, "maximum context length is 8192 tokens"];
  const sum = counts.reduce((a, b) => a + b, 0);
  return sum > 300_000 ? [400, "Requested more than 300000 tokens"] : undefined;
}
