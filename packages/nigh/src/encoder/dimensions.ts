import { NighError } from "../shared/errors.js";
import { planOf } from "./graph/architectures.js";
import type { ModelFolder } from "./model-folder.js";
import type { FeatureName } from "./modules/features.js";
import type { FollowingModule } from "./modules/module.js";
import type { TransformerModule } from "./modules/transformer.js";

/**
 * Length of a model's vectors, before `truncateDim`. Follows the modules one by one and checks that each
 * gets what it expects.
 *
 * @throws NighError `ERR_MODEL_FORMAT` when two modules do not fit together.
 */
export function dimensionOf(folder: ModelFolder): number {
  const features: Partial<Record<FeatureName, number>> = {};
  if (folder.input.kind === "Transformer") {
    features.token_embeddings = hiddenSize(folder, folder.input);
  }
  for (const module of folder.following) {
    switch (module.kind) {
      case "Pooling":
        features.sentence_embedding =
          given(folder, module, features, "token_embeddings") * module.modes.length;
        break;
      case "Normalize":
        features[module.output] = given(folder, module, features, module.input);
        break;
      case "Dense":
        given(folder, module, features, module.input, module.inputs);
        features[module.output] = module.outputs;
        break;
      case "LayerNorm":
        given(folder, module, features, "sentence_embedding", module.dimension);
        break;
      case "ClassificationHead":
        features.sentence_embedding = module.labels;
        break;
    }
  }
  return features.sentence_embedding ?? 0;
}

/** Length of a token's vector. */
export function hiddenSize(folder: ModelFolder, { encoder }: TransformerModule): number {
  if (encoder.kind === "graph") return planOf(encoder.config).hidden;
  const pooling = folder.following.find((module) => module.kind === "Pooling");
  const hidden = pooling?.inputs ?? encoder.hidden;
  if (hidden !== undefined) return hidden;
  throw new NighError(
    "ERR_MODEL_FORMAT",
    `${folder.path}: neither config.json (hidden_size) nor the Pooling module (embedding_dimension) says how long the vectors of "${encoder.modelType}" are: add one of them.`,
  );
}

function given(
  folder: ModelFolder,
  module: FollowingModule,
  features: Partial<Record<FeatureName, number>>,
  name: FeatureName,
  expected?: number,
): number {
  const found = features[name];
  if (found !== undefined && (expected === undefined || expected === found)) return found;
  throw new NighError(
    "ERR_MODEL_FORMAT",
    `${folder.path}: the module ${module.kind} takes ${name} of ${expected ?? "any"} dimensions, and gets ${found === undefined ? "none" : `${found}`}. The modules of modules.json do not belong together: bring the whole model folder from its source.`,
  );
}
