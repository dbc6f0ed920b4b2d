import { z } from "zod";
import { join } from "#shared/path";
import { needFolderJson } from "../folder-json.js";

/** Layer normalization of a text's vector, with weights of its own. */
export interface LayerNormModule {
  readonly kind: "LayerNorm";
  readonly path: string;
  readonly dimension: number;
}

const LayerNormSchema = z.object({ dimension: z.int().positive() });

/** @throws NighError `ERR_MODEL_FORMAT` when config.json is missing or malformed. */
export async function readLayerNorm(folder: string): Promise<LayerNormModule> {
  const { dimension } = await needFolderJson(join(folder, "config.json"), LayerNormSchema);
  return { kind: "LayerNorm", path: folder, dimension };
}
