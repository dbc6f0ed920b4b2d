/** The least of an HTTP client: the generator of the load shares the machine with what it measures. */
import { Agent, request } from "node:http";

export interface Reply {
  readonly status: number;
  readonly text: string;
}

/** Keeps as many connections to one server as there are requests at a time. */
export class HttpClient {
  readonly #agent = new Agent({ keepAlive: true });
  readonly #port: number;

  constructor(port: number) {
    this.#port = port;
  }

  /** @param body JSON. @throws Error when the connection fails. */
  send(method: string, path: string, body = ""): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const sent = request(
        {
          host: "127.0.0.1",
          port: this.#port,
          method,
          path,
          agent: this.#agent,
          headers:
            body === ""
              ? {}
              : { "content-type": "application/json", "content-length": Buffer.byteLength(body) },
        },
        (reply) => {
          const chunks: Buffer[] = [];
          reply.on("data", (chunk: Buffer) => chunks.push(chunk));
          reply.on("error", reject);
          reply.on("end", () =>
            resolve({ status: reply.statusCode ?? 0, text: Buffer.concat(chunks).toString() }),
          );
        },
      );
      sent.on("error", reject);
      sent.end(body);
    });
  }

  async json(method: string, path: string, body?: unknown): Promise<unknown> {
    const { status, text } = await this.send(
      method,
      path,
      body === undefined ? "" : JSON.stringify(body),
    );
    if (status >= 300) throw new Error(`${method} ${path}: ${status} ${text.slice(0, 300)}`);
    return JSON.parse(text);
  }

  close(): void {
    this.#agent.destroy();
  }
}
