import { messageOf, NighError } from "../../shared/errors.js";
import type { Asked, HubResponse } from "./hub-client.js";
import type { HubSettings } from "./hub-settings.js";

const TOKENS = "https://huggingface.co/settings/tokens";

/** The error of a response that is no success. */
export function errorOfStatus(
  response: HubResponse,
  asked: Asked,
  { endpoint, token }: HubSettings,
): NighError {
  const { repoId, revision, file } = asked;
  const status = response.statusCode;
  const kind = header(response, "x-error-code");
  const said = header(response, "x-error-message");
  const answer = `(${endpoint} answered ${status}${said ? `: ${said.replace(/\.$/u, "")}` : ""})`;
  if (kind === "GatedRepo" || (status === 403 && kind !== "DisabledRepo")) {
    return new NighError(
      "ERR_CONNECTION",
      token === undefined
        ? `The model "${repoId}" is gated: accept its terms on ${endpoint}/${repoId}, and give an access token by the option "token" or HF_TOKEN (${TOKENS}). ${answer}`
        : `The model "${repoId}" is gated, and the access token that was given may not read it: accept its terms on ${endpoint}/${repoId}, or use a token of an account that has. ${answer}`,
    );
  }
  if (kind === "RevisionNotFound") {
    return new NighError(
      "ERR_MODEL_NOT_FOUND",
      `The model "${repoId}" has no revision "${revision}": give a branch, a tag or a commit of ${endpoint}/${repoId}/commits. ${answer}`,
    );
  }
  // Without a token the Hub says 401 of what does not exist, so that nobody learns names of private models.
  if (status === 401 || status === 404) {
    const what = file === undefined || kind === "RepoNotFound" ? "" : `, or no file ${file} in it`;
    const how =
      token === undefined
        ? "If it is private, give an access token by the option"
        : "If it is private, the access token that was given may not read it: see the option";
    return new NighError(
      "ERR_MODEL_NOT_FOUND",
      `There is no model "${repoId}" on ${endpoint}${what}. ${how} "token" or HF_TOKEN (${TOKENS}). ${answer}`,
    );
  }
  if (status === 429) {
    const wait = waitOf(response);
    const when = wait === undefined ? "later" : `in ${Math.ceil(wait / 1000)} s`;
    const advice = token === undefined ? "; with an access token it allows more" : "";
    return new NighError(
      "ERR_BUSY",
      `The Hub asks to send less: try again ${when}${advice}. What was downloaded is kept. ${answer}`,
    );
  }
  return new NighError(
    "ERR_SERVER",
    `The Hub failed at ${file === undefined ? `the model "${repoId}"` : `${file} of "${repoId}"`}: try again later; what was downloaded is kept. ${answer}`,
  );
}

/** Milliseconds that a server asks to wait, undefined where it does not. */
export function waitOf(response: HubResponse): number | undefined {
  const text = header(response, "retry-after");
  if (text === undefined) return undefined;
  const ms = /^\d+$/u.test(text) ? 1000 * Number(text) : Date.parse(text) - Date.now();
  return Number.isFinite(ms) ? Math.max(ms, 0) : undefined;
}

/** The error of a connection that cannot be made, or that broke. */
export function connectionError(error: unknown, endpoint: string): NighError {
  const { code } = (error ?? {}) as { code?: unknown };
  const reason = [typeof code === "string" ? code : "", messageOf(error)].filter(Boolean).join(" ");
  return new NighError(
    "ERR_CONNECTION",
    `${endpoint} cannot be reached, or the connection broke (${reason}): try again, what was downloaded is kept. HTTPS_PROXY and NO_PROXY name a proxy, HF_ENDPOINT a mirror; with "localFilesOnly" nothing is asked.`,
    { cause: error },
  );
}

export function header(response: HubResponse, name: string): string | undefined {
  const value = response.headers[name];
  return Array.isArray(value) ? value[0] : value;
}
