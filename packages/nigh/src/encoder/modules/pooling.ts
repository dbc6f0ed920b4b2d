import { z } from "zod";
import { join } from "#shared/path";
import { needFolderJson } from "../folder-json.js";
import { POOLING_MODES, type PoolingMode } from "../graph/pooling-graph.js";

/** Makes one vector of the vectors of a text's tokens. */
export interface PoolingModule {
  readonly kind: "Pooling";
  /** Side by side, in this order. */
  readonly modes: readonly PoolingMode[];
  /** False: the tokens of a prompt do not count. */
  readonly includePrompt: boolean;
  /** Length of a token's vector, as the module says; undefined where it does not. */
  readonly inputs: number | undefined;
}

/** `pooling_mode` is the spelling since 6.x, the flags are that of all versions before. */
const PoolingSchema = z.object({
  pooling_mode: z.union([z.enum(POOLING_MODES), z.array(z.enum(POOLING_MODES)).min(1)]).optional(),
  pooling_mode_cls_token: z.boolean().default(false),
  pooling_mode_max_tokens: z.boolean().default(false),
  pooling_mode_mean_tokens: z.boolean().default(false),
  pooling_mode_mean_sqrt_len_tokens: z.boolean().default(false),
  pooling_mode_weightedmean_tokens: z.boolean().default(false),
  pooling_mode_lasttoken: z.boolean().default(false),
  include_prompt: z.boolean().default(true),
  embedding_dimension: z.int().positive().optional(),
  word_embedding_dimension: z.int().positive().optional(),
});

/** What a plain transformer gets, in Python, too. */
export const MEAN_POOLING: PoolingModule = {
  kind: "Pooling",
  modes: ["mean"],
  includePrompt: true,
  inputs: undefined,
};

/** @throws NighError `ERR_MODEL_FORMAT` when config.json is missing or malformed. */
export async function readPooling(folder: string): Promise<PoolingModule> {
  const config = await needFolderJson(join(folder, "config.json"), PoolingSchema);
  return {
    kind: "Pooling",
    modes: poolingModes(config),
    includePrompt: config.include_prompt,
    inputs: config.embedding_dimension ?? config.word_embedding_dimension,
  };
}

function poolingModes(config: z.infer<typeof PoolingSchema>): readonly PoolingMode[] {
  if (config.pooling_mode !== undefined) return [config.pooling_mode].flat();
  const flags: readonly [boolean, PoolingMode][] = [
    [config.pooling_mode_cls_token, "cls"],
    [config.pooling_mode_max_tokens, "max"],
    [config.pooling_mode_mean_tokens, "mean"],
    [config.pooling_mode_mean_sqrt_len_tokens, "mean_sqrt_len_tokens"],
    [config.pooling_mode_weightedmean_tokens, "weightedmean"],
    [config.pooling_mode_lasttoken, "lasttoken"],
  ];
  const modes = flags.filter(([on]) => on).map(([, mode]) => mode);
  return modes.length === 0 ? ["mean"] : modes;
}
