import { z } from "zod";

/** What modules hand on: the vectors of a text's tokens, or the one vector of a text. */
export const FEATURE_NAMES = ["token_embeddings", "sentence_embedding"] as const;
export type FeatureName = (typeof FEATURE_NAMES)[number];

/** Which feature a module reads and writes; a config.json before 5.x says neither. */
export const FeaturesSchema = z.object({
  module_input_name: z.enum(FEATURE_NAMES).default("sentence_embedding"),
  module_output_name: z.enum(FEATURE_NAMES).nullish(),
});

export function featuresOf(config: z.infer<typeof FeaturesSchema>): {
  readonly input: FeatureName;
  readonly output: FeatureName;
} {
  const input = config.module_input_name;
  return { input, output: config.module_output_name ?? input };
}
