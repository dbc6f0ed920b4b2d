import { OpenAIEmbeddings, type OpenAIEmbeddingsOptions } from "nigh";
import { afterEach, beforeEach, vi } from "vitest";
import { OpenAIServer } from "./openai-server.js";

/** Of OpenAI's own environment variables tests know nothing. */
const VARIABLES = ["OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"];

export interface OnServer {
  readonly server: OpenAIServer;
  /** Embeddings by that server, closed after the test. */
  embeddings(options?: OpenAIEmbeddingsOptions): OpenAIEmbeddings;
}

/** A server for each test. */
export function onServer(): OnServer {
  let server: OpenAIServer;
  const open: OpenAIEmbeddings[] = [];
  beforeEach(async () => {
    for (const name of VARIABLES) vi.stubEnv(name, undefined);
    server = new OpenAIServer();
    await server.start();
  });
  afterEach(async () => {
    for (const embeddings of open.splice(0)) await embeddings.close();
    await server.close();
    vi.unstubAllEnvs();
  });
  return {
    get server() {
      return server;
    },
    embeddings: (options = {}) => {
      const made = new OpenAIEmbeddings({ baseURL: server.baseURL, ...options });
      open.push(made);
      return made;
    },
  };
}
