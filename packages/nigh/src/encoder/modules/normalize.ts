import { join } from "#shared/path";
import { readFolderJson } from "../folder-json.js";
import { type FeatureName, FeaturesSchema, featuresOf } from "./features.js";

/** Scales vectors to length 1. */
export interface NormalizeModule {
  readonly kind: "Normalize";
  readonly input: FeatureName;
  readonly output: FeatureName;
}

/** Versions before 5.x write no config.json, and not even the folder. */
export async function readNormalize(folder: string): Promise<NormalizeModule> {
  const config = await readFolderJson(join(folder, "config.json"), FeaturesSchema);
  return { kind: "Normalize", ...featuresOf(config ?? FeaturesSchema.parse({})) };
}
