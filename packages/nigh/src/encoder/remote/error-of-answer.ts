import { type ErrorCode, NighError } from "../../shared/errors.js";
import type { OpenAISettings } from "./openai-options.js";
import { type Answer, askedWait, isOutOfQuota, LONGEST_WAIT } from "./retry-policy.js";

/** Characters of a server's message that are shown. */
const SHOWN = 400;

/**
 * The error of an answer that is no success: what to do, what the server says, its status.
 *
 * @param attempts how often the request was sent.
 */
export function errorOfAnswer(
  answer: Answer,
  settings: Pick<OpenAISettings, "baseURL" | "model" | "secrets" | "hasKey">,
  attempts: number,
): NighError {
  const { status, headers } = answer;
  const [code, what] = meaningOf(answer, settings);
  const message = shown(withoutSecrets(messageOfAnswer(answer.text), settings.secrets));
  const says = message === "" ? "" : ` The server says: ${message.replace(/[.\s]*$/u, ".")}`;
  const often = attempts > 1 ? `, sent ${attempts} times` : "";
  const id = headers["x-request-id"] === undefined ? "" : `, request ${headers["x-request-id"]}`;
  return new NighError(
    code,
    `${what}${says} (POST ${settings.baseURL}/embeddings, status ${status}${often}${withoutSecrets(id, settings.secrets)})`,
  );
}

function meaningOf(
  answer: Answer,
  { baseURL, model, hasKey, secrets }: Parameters<typeof errorOfAnswer>[1],
): [ErrorCode, string] {
  const { status, headers, text } = answer;
  if (isOutOfQuota(answer)) {
    return [
      "ERR_SERVER",
      "The account has nothing left to spend, and waiting does not help: look at its plan and billing.",
    ];
  }
  if (status >= 300 && status < 400) {
    const to = withoutSecrets(headers["location"] ?? "another address", secrets);
    return ["ERR_SERVER", `The server redirects to ${to}: give that as "baseURL".`];
  }
  switch (status) {
    case 401:
    case 403:
      return [
        "ERR_CONNECTION",
        hasKey
          ? 'The server does not accept the API key for this: look at OPENAI_API_KEY or "apiKey".'
          : 'The server wants an API key: set OPENAI_API_KEY or give "apiKey".',
      ];
    case 404:
      return /model/iu.test(messageOfAnswer(text))
        ? ["ERR_MODEL_NOT_FOUND", `The server has no model "${model}".`]
        : [
            "ERR_SERVER",
            `There is no /embeddings at ${baseURL}: most servers have it below /v1, such as http://localhost:11434/v1.`,
          ];
    case 413:
      return ["ERR_INVALID_ARGUMENT", 'That was too much for one request: lower "batchSize".'];
    case 400:
    case 422:
      return [
        "ERR_INVALID_ARGUMENT",
        "The server refuses the request: its texts, the model or the dimensions.",
      ];
    case 429: {
      const wait = askedWait(answer, Date.now()) ?? 0;
      return wait > LONGEST_WAIT
        ? ["ERR_BUSY", `The server asks to wait ${Math.ceil(wait / 1000)} s: go on then.`]
        : [
            "ERR_BUSY",
            'The server asks to send less: lower "concurrency", or raise "maxRetries" or the account\'s limits.',
          ];
    }
    default:
      return status >= 500 || status === 408 || status === 409
        ? ["ERR_SERVER", "The server failed: try again later."]
        : ["ERR_SERVER", "The server did not do what it was asked."];
  }
}

/** What OpenAI, Ollama, vLLM, LM Studio, FastAPI or a proxy have to say. */
function messageOfAnswer(text: string): string {
  const json = parsed(text);
  if (json === undefined) {
    const title = /<title>([^<]*)<\/title>/iu.exec(text)?.[1];
    return text.trimStart().startsWith("<") ? (title ?? "") : text;
  }
  const { error, message, detail } = json;
  const inner = (error as { message?: unknown } | null | undefined)?.message;
  const found = [inner, error, message, detail].find((one) => one !== undefined && one !== null);
  return typeof found === "string" ? found : (JSON.stringify(found) ?? "");
}

function parsed(text: string): Record<string, unknown> | undefined {
  try {
    const json: unknown = JSON.parse(text);
    return json !== null && typeof json === "object" ? (json as Record<string, unknown>) : {};
  } catch {
    return undefined;
  }
}

function shown(message: string): string {
  const line = message.replace(/\s+/gu, " ").trim();
  return line.length > SHOWN ? `${line.slice(0, SHOWN)}…` : line;
}

/** A server may repeat what it was sent. */
export function withoutSecrets(message: string, secrets: readonly string[]): string {
  return secrets.reduce((left, secret) => left.replaceAll(secret, "***"), message);
}
