import { NighError } from "../shared/errors.js";
import { nearestName } from "../shared/options.js";
import type { EncodeOptions } from "./embedder.js";
import type { ModelFolder } from "./model-folder.js";

/** What has prompts. */
type Prompted = Pick<ModelFolder, "name" | "prompts" | "defaultPromptName">;

/** Names under which models keep their prompts, as sentence-transformers looks for them. */
export const QUERY_PROMPTS = ["query"] as const;
export const DOCUMENT_PROMPTS = ["document", "passage", "corpus"] as const;

/**
 * The text to put before every text: `prompt`, else the prompt that is named, else the first of
 * `candidates` that the model has, else the model's default.
 */
export function choosePrompt(
  folder: Prompted,
  options: Pick<EncodeOptions, "prompt" | "promptName">,
  candidates: readonly string[],
): string {
  const prompt = options.prompt ?? namedPrompt(folder, options.promptName, candidates);
  if (!prompt.isWellFormed()) {
    throw new NighError(
      "ERR_INVALID_ARGUMENT",
      "The prompt has a lone surrogate (half of a character): use prompt.toWellFormed().",
    );
  }
  return prompt;
}

function namedPrompt(
  folder: Prompted,
  asked: string | undefined,
  candidates: readonly string[],
): string {
  const name =
    asked ??
    candidates.find((candidate) => Object.hasOwn(folder.prompts, candidate)) ??
    folder.defaultPromptName;
  if (name === null) return "";
  const prompt = Object.hasOwn(folder.prompts, name) ? folder.prompts[name] : undefined;
  if (prompt !== undefined) return prompt;
  const names = Object.keys(folder.prompts);
  const nearest = nearestName(name, names);
  throw new NighError(
    "ERR_INVALID_ARGUMENT",
    `${folder.name} has no prompt "${name}".${nearest ? ` Did you mean "${nearest}"?` : ""} It has: ${names.join(", ") || "none"}.`,
  );
}
