import { z } from "zod";
import { join } from "#shared/path";
import { NighError } from "../../shared/errors.js";
import { needFolderJson } from "../folder-json.js";
import { TORCH_ACTIVATIONS } from "../graph/activations.js";
import { type FeatureName, FeaturesSchema, featuresOf } from "./features.js";

/** A linear layer with an activation, and weights of its own. */
export interface DenseModule {
  readonly kind: "Dense";
  readonly path: string;
  readonly inputs: number;
  readonly outputs: number;
  readonly bias: boolean;
  /** As {@link TORCH_ACTIVATIONS} calls it. */
  readonly activation: string;
  /** The input is added to the output, through a matrix of its own where lengths differ. */
  readonly residual: boolean;
  readonly input: FeatureName;
  readonly output: FeatureName;
}

const DenseSchema = FeaturesSchema.extend({
  in_features: z.int().positive(),
  out_features: z.int().positive(),
  bias: z.boolean().default(true),
  activation_function: z.string().default("torch.nn.modules.activation.Tanh"),
  use_residual: z.boolean().default(false),
});

/**
 * @throws NighError `ERR_MODEL_FORMAT` when config.json is missing or malformed, `ERR_UNSUPPORTED_MODEL`
 * for an activation that nigh does not know.
 */
export async function readDense(folder: string): Promise<DenseModule> {
  const path = join(folder, "config.json");
  const config = await needFolderJson(path, DenseSchema);
  const activation = activationOf(config.activation_function);
  if (activation === undefined) {
    throw new NighError(
      "ERR_UNSUPPORTED_MODEL",
      `${path}: activation_function is "${config.activation_function}"; nigh runs torch.nn's ${[...TORCH_ACTIVATIONS.keys()].join(", ")}.`,
    );
  }
  return {
    kind: "Dense",
    path: folder,
    inputs: config.in_features,
    outputs: config.out_features,
    bias: config.bias,
    activation,
    residual: config.use_residual,
    ...featuresOf(config),
  };
}

function activationOf(name: string): string | undefined {
  const torch = /^torch\.nn\.(?:.*\.)?(\w+)$/.exec(name)?.[1];
  return torch === undefined ? undefined : TORCH_ACTIVATIONS.get(torch);
}
