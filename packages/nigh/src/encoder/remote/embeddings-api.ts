import { type EmbeddingsAnswer, readEmbeddings } from "./embeddings-answer.js";
import { errorOfAnswer } from "./error-of-answer.js";
import { OpenAIHttp } from "./openai-http.js";
import type { OpenAISettings } from "./openai-options.js";
import { speaksOfEncoding } from "./retry-policy.js";

/** Bytes of a number in JSON, generously. */
const NUMBER_BYTES = 32;
/** Where the length of vectors is not known yet. */
const LONG_VECTOR = 16_384;
const OTHER_BYTES = 1_000_000;

/** `POST /embeddings` of OpenAI's API. */
export class EmbeddingsApi {
  readonly #settings: OpenAISettings;
  readonly #http: OpenAIHttp;
  /** A quarter of the bytes of numbers; some servers do not know it. */
  #isBase64 = true;

  constructor(settings: OpenAISettings) {
    this.#settings = settings;
    this.#http = new OpenAIHttp(settings);
  }

  /**
   * Vectors of texts, which one request carries.
   *
   * @param dimension length of the vectors, where it is known.
   * @throws NighError `ERR_CONNECTION`, `ERR_BUSY`, `ERR_SERVER`, `ERR_MODEL_NOT_FOUND`, `ERR_INVALID_ARGUMENT`, `ERR_DIMENSION`,
   * `ERR_ABORTED`, `ERR_CLOSED`.
   */
  async embed(
    texts: readonly string[],
    dimension: number | undefined,
    signal: AbortSignal | undefined,
  ): Promise<EmbeddingsAnswer> {
    const { model, dimensions, baseURL, secrets } = this.#settings;
    const maxBytes = texts.length * (dimension ?? LONG_VECTOR) * NUMBER_BYTES + OTHER_BYTES;
    for (;;) {
      const isBase64 = this.#isBase64;
      const body = JSON.stringify({
        model,
        input: texts,
        ...(dimensions === undefined ? {} : { dimensions }),
        ...(isBase64 ? { encoding_format: "base64" } : {}),
      });
      const { answer, attempts } = await this.#http.post(body, { signal, maxBytes });
      if (answer.status >= 200 && answer.status < 300) {
        const expected = { count: texts.length, dimension, model, baseURL, secrets };
        return readEmbeddings(answer.text, expected);
      }
      if (!isBase64 || !speaksOfEncoding(answer)) {
        throw errorOfAnswer(answer, this.#settings, attempts);
      }
      this.#isBase64 = false;
    }
  }

  close(): Promise<void> {
    return this.#http.close();
  }
}
