import { NighError } from "../shared/errors.js";
import { Tokenizer } from "../tokens/tokenizer.js";
import { planOf } from "./graph/architectures.js";
import type { ModelFolder } from "./model-folder.js";

/**
 * The tokenizer of a model.
 *
 * @throws NighError `ERR_MODEL_FORMAT` when it can give ids that the model has no vector for, and what
 * `Tokenizer.load` throws.
 */
export async function loadTokenizer({
  input,
  following,
}: Pick<ModelFolder, "input" | "following">): Promise<Tokenizer> {
  if (input.kind === "StaticEmbedding") throw new TypeError("a static model has no maximum length");
  const { path, maxSeqLength: maxLength, lowerCase, encoder } = input;
  const pairs = following.some(({ kind }) => kind === "ClassificationHead");
  const tokenizer = await Tokenizer.load(path, { maxLength, lowerCase, pairs });
  const types = encoder.kind === "graph" ? planOf(encoder.config).tokenTypes : 0;
  if (types > 0 && tokenizer.typeLimit > types) {
    throw new NighError(
      "ERR_MODEL_FORMAT",
      `${path}: tokenizer.json gives a second text the token type ${tokenizer.typeLimit - 1}, but config.json says that the model knows ${types} (type_vocab_size). They do not belong together: bring the whole model folder from its source.`,
    );
  }
  const rows = encoder.kind === "graph" ? planOf(encoder.config).vocabulary : encoder.vocabulary;
  if (rows === undefined || tokenizer.idLimit <= rows) return tokenizer;
  throw new NighError(
    "ERR_MODEL_FORMAT",
    `${path}: tokenizer.json has ids up to ${tokenizer.idLimit - 1}, but config.json says that the model knows ${rows} tokens (vocab_size). They do not belong together: bring the whole model folder from its source.`,
  );
}
