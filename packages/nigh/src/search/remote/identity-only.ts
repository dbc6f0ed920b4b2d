import type { Embedder } from "../../encoder/embedder.js";
import { NighError } from "../../shared/errors.js";
import type { StoredEmbedder } from "../../store/collection-row.js";

/** Says what vectors are from, for vectors that are there already: it makes none. */
export function identityOnly({
  name,
  fingerprint,
  dimension,
  dtype,
  longText,
}: StoredEmbedder): Embedder {
  const refuse = (): Promise<never> =>
    Promise.reject(
      new NighError(
        "ERR_INVALID_ARGUMENT",
        `A collection that copyCollection gives embeds no texts: open it with getCollection({ name, embeddingFunction }), where embeddingFunction is "${name}".`,
      ),
    );
  return {
    name,
    fingerprint,
    dimension,
    ...(dtype === undefined ? {} : { dtype }),
    ...(longText === undefined ? {} : { longText }),
    encode: refuse,
    encodeQuery: refuse,
    encodeDocument: refuse,
    close: async () => undefined,
  };
}
