import { z } from "zod";
import { invalidArgument } from "../http-error.js";
import { route } from "../route.js";
import { isJsonObject, optional } from "../shapes.js";

/** As OpenAI has it. */
const MOST_INPUTS = 2048;

const input = z
  .unknown()
  .meta({ anyOf: [{ type: "string" }, { type: "array", items: { type: "string" } }] });

export const embeddingsRoute = route({
  method: "POST",
  path: "/v1/embeddings",
  name: "create_embedding",
  summary: "Vectors of texts, as OpenAI's API has it",
  access: "read",
  body: z.object({
    model: z.string(),
    input,
    dimensions: optional(z.int().min(1)),
    encoding_format: optional(z.enum(["float", "base64"])),
    user: optional(z.string()),
  }),
  handle: async ({ service, body, signal }) => {
    const texts = textsOf(body.input);
    const model = await service.models.get(body.model);
    const { dimensions, encoding_format: format = "float" } = body;
    if (dimensions !== undefined && dimensions > model.dimension) {
      throw invalidArgument(
        `dimensions is ${dimensions}: vectors of ${model.name} have ${model.dimension}.`,
      );
    }
    const shortened =
      dimensions === undefined ? {} : { truncateDim: dimensions, normalizeEmbeddings: true };
    const vectors = await model.encode(texts, { ...shortened, signal });
    const tokens = (await model.tokenize(texts)).reduce((sum, { ids }) => sum + ids.length, 0);
    return {
      object: "list",
      data: Array.from(vectors, (vector, index) => ({
        object: "embedding",
        index,
        embedding: format === "base64" ? base64Of(vector) : vector,
      })),
      model: body.model,
      usage: { prompt_tokens: tokens, total_tokens: tokens },
    };
  },
});

/** @throws HttpError 400 for anything but texts. */
function textsOf(given: unknown): string[] {
  const list = Array.isArray(given) ? given : [given];
  if (list.length === 0 || list.length > MOST_INPUTS) {
    throw invalidArgument(`input has ${list.length} texts: expected 1 to ${MOST_INPUTS}.`);
  }
  for (const [i, item] of list.entries()) {
    if (typeof item === "string") continue;
    const isTokens = item !== null && typeof item !== "boolean" && !isJsonObject(item);
    throw invalidArgument(
      isTokens
        ? "input is a list of tokens, which are those of OpenAI's models and mean something else to these: send texts (in LangChain: check_embedding_ctx_length=False)."
        : `input[${i}] is no text: expected a string or a list of strings.`,
    );
  }
  return list as string[];
}

/** Little-endian float32, as every machine that runs Node.js has it. */
function base64Of({ buffer, byteOffset, byteLength }: Float32Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString("base64");
}
