import { createHash, timingSafeEqual } from "node:crypto";
import { HttpError } from "../http-error.js";
import type { Access } from "../route.js";

/** Who may do what: a token is a secret that a client sends. */
export interface ApiToken {
  readonly token: string;
  /** May not change anything. Default false. */
  readonly readOnly?: boolean | undefined;
}

/** Compares what clients send with the tokens, in a time that does not depend on how much is right. */
export class Authentication {
  readonly #tokens: readonly { readonly digest: Buffer; readonly readOnly: boolean }[];

  /** @param tokens none: everybody may do everything. */
  constructor(tokens: readonly ApiToken[]) {
    this.#tokens = tokens.map(({ token, readOnly = false }) => ({
      digest: digestOf(token),
      readOnly,
    }));
  }

  get isRequired(): boolean {
    return this.#tokens.length > 0;
  }

  /** @throws HttpError 401 without a token that is known, 403 where it may not do this. */
  check(headers: Headers, access: Access): void {
    if (!this.isRequired || access === "open") return;
    const given = sentToken(headers);
    const digest = digestOf(given ?? "");
    // All are compared, whichever is right.
    const [found] = this.#tokens.filter((token) => timingSafeEqual(token.digest, digest));
    if (given === undefined || found === undefined) {
      throw new HttpError(
        401,
        "AuthError",
        `${given === undefined ? "There is no token" : "The token is not known"}: send it as "X-Chroma-Token: TOKEN" or "Authorization: Bearer TOKEN".`,
        { headers: { "WWW-Authenticate": 'Bearer realm="nigh"' } },
      );
    }
    if (found.readOnly && access === "write") {
      throw new HttpError(403, "AuthorizationError", "This token may read only.");
    }
  }
}

/** Digests are of one length, whatever they are of. */
function digestOf(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}

/** Chroma's header is sent bare, or as "Bearer TOKEN". */
function sentToken(headers: Headers): string | undefined {
  const own = headers.get("x-chroma-token");
  const sent = own ?? headers.get("authorization");
  if (sent === null) return undefined;
  const bearer = /^bearer\s+(.+)$/iu.exec(sent.trim())?.[1];
  return bearer ?? own?.trim() ?? undefined;
}
