import { join } from "#shared/path";
import { NighError } from "../shared/errors.js";
import {
  CALIBRATION_FILE,
  type Calibration,
  decodeCalibration,
  ObservedLinears,
  observe,
} from "./calibration.js";
import { CALIBRATION_TEXTS } from "./calibration-texts.js";
import { dimensionOf, hiddenSize } from "./dimensions.js";
import { architectureOf, type EncoderConfig, planOf } from "./graph/architectures.js";
import {
  type EncoderPlan,
  encoderGraph,
  encoderShapes,
  tokenEmbeddings,
} from "./graph/encoder-graph.js";
import { GraphBuilder } from "./graph/graph-builder.js";
import { INT8_FILE, Int8Linears } from "./graph/int8-linears.js";
import { FloatLinears, type Linears } from "./graph/linears.js";
import { ModelWeights } from "./graph/model-weights.js";
import { moduleGraphs, moduleShapes, type WeightedModule } from "./graph/module-graphs.js";
import type { TokenEmbeddings } from "./graph/pooling-graph.js";
import { loadTokenizer } from "./load-tokenizer.js";
import type { ModelFiles } from "./model-files.js";
import type { ModelFolder } from "./model-folder.js";
import type { ClassificationHead } from "./modules/classification-head.js";
import type { TransformerModule } from "./modules/transformer.js";
import { readIfThere } from "./read-if-there.js";
import type { EncoderProgram, Runtime } from "./runtime.js";
import type { SafeTensor } from "./safetensors.js";
import { isHeavy } from "./session-size.js";
import type { WeightFiles } from "./weight-files.js";

export const DTYPES = ["fp32", "int8"] as const;
/** "fp32" gives Python's vectors; "int8" is faster and within 0.2% of them. */
export type Dtype = (typeof DTYPES)[number];

/** Builds the graph of a model around its weights. */
export async function buildProgram(
  folder: ModelFolder,
  files: ModelFiles,
  dtype: Dtype,
  runtime: Runtime,
): Promise<EncoderProgram> {
  const { input } = folder;
  if (input.kind === "StaticEmbedding") {
    throw new NighError(
      "ERR_UNSUPPORTED_MODEL",
      `${folder.path}: modules.json begins with StaticEmbedding, which nigh does not run: use a model that begins with Transformer.`,
    );
  }
  if (input.encoder.kind === "exported") {
    if (dtype === "fp32") return exportedProgram(folder, input, files);
    throw new NighError(
      "ERR_UNSUPPORTED_MODEL",
      `${folder.path}: "${input.encoder.modelType}" runs from ${input.encoder.file}, in float32 only: load it with dtype "fp32".`,
    );
  }
  const assembly = new Assembly(folder, input.encoder.config, files, runtime);
  if (dtype === "fp32") return assembly.float();
  const calibration =
    (await storedCalibration(input, assembly.plan)) ?? (await assembly.calibrate(runtime));
  return assembly.int8(calibration);
}

/**
 * Runs nigh's own sentences through the model in float32 and notes what flows into its layers.
 *
 * @throws NighError `ERR_UNSUPPORTED_MODEL` for a model that runs by no graph of nigh's.
 */
export async function calibrate(
  folder: ModelFolder,
  files: ModelFiles,
  runtime: Runtime,
): Promise<Calibration> {
  const { input } = folder;
  if (input.kind !== "Transformer" || input.encoder.kind !== "graph") {
    throw new NighError(
      "ERR_UNSUPPORTED_MODEL",
      `${folder.path}: only models that run from model.safetensors are calibrated.`,
    );
  }
  return new Assembly(folder, input.encoder.config, files, runtime).calibrate(runtime);
}

/** Puts a model's graph together, in the precision that is asked for. */
class Assembly {
  readonly plan: EncoderPlan;
  readonly #folder: ModelFolder;
  readonly #prefix: string;
  readonly #files: ModelFiles;
  readonly #encoder: WeightFiles;
  /** The folder whose files the runtime may read itself. */
  readonly #mapped: string | undefined;
  readonly #isForPairs: boolean;

  constructor(folder: ModelFolder, config: EncoderConfig, files: ModelFiles, runtime: Runtime) {
    this.plan = planOf(config);
    this.#folder = folder;
    this.#files = files;
    this.#encoder = files.encoder as WeightFiles;
    const head = folder.following.find((module) => module.kind === "ClassificationHead");
    this.#isForPairs = head !== undefined;
    if (head !== undefined) checkHead(this.#encoder, head);
    // Encoders saved from a task model carry their weights under a prefix.
    const prefix = architectureOf(config.model_type)?.prefix ?? "";
    const { tensors } = this.#encoder;
    this.#prefix = tensors.has(`${prefix}embeddings.word_embeddings.weight`) ? prefix : "";
    if (runtime.canMapFiles && isHeavy(folder, "fp32")) this.#mapped = this.#encoder.folder;
  }

  float(): EncoderProgram {
    const graph = new GraphBuilder();
    const weights = this.#open(graph, this.#mapped);
    return this.#assemble(graph, weights, new FloatLinears(graph, weights), this.plan);
  }

  int8(calibration: Calibration): EncoderProgram {
    const graph = new GraphBuilder();
    const weights = this.#open(graph, undefined);
    // The tanh form of GELU differs by less than int8 rounds, and is faster.
    const isGelu = ["gelu", "gelu_python"].includes(this.plan.activation);
    const plan = isGelu ? { ...this.plan, activation: "gelu_new" } : this.plan;
    const linears = new Int8Linears(graph, weights, calibration, plan.layers);
    const program = this.#assemble(graph, weights, linears, plan);
    return { ...program, files: [...program.files, { path: INT8_FILE, data: linears.file() }] };
  }

  async calibrate(runtime: Runtime): Promise<Calibration> {
    const graph = new GraphBuilder();
    const weights = this.#open(graph, this.#mapped);
    const linears = new ObservedLinears(graph, weights);
    const session = await runtime.createSession(
      this.#assemble(graph, weights, linears, this.plan),
      1,
    );
    try {
      const tokenizer = await loadTokenizer(this.#folder);
      const tokenized = this.#isForPairs
        ? CALIBRATION_TEXTS.map((text, i) =>
            tokenizer.encodePair(text, CALIBRATION_TEXTS.at(i - 1) as string),
          )
        : CALIBRATION_TEXTS.map((text) => tokenizer.encode(text));
      return await observe(session, tokenized);
    } finally {
      await session.close();
    }
  }

  #open(graph: GraphBuilder, mapped: string | undefined): ModelWeights {
    const encoder = this.#encoder;
    return new ModelWeights(graph, encoder, {
      prefix: this.#prefix,
      path: encoder.paths.join(", "),
      shapes: encoderShapes(this.plan),
      file: "weights",
      mapFrom: mapped === undefined ? undefined : (tensor) => encoder.nameOf(tensor),
    });
  }

  #assemble(
    graph: GraphBuilder,
    weights: ModelWeights,
    linears: Linears,
    plan: EncoderPlan,
  ): EncoderProgram {
    const tokens = encoderGraph(graph, weights, linears, plan, { pairs: this.#isForPairs });
    const head = finish(this.#folder, graph, tokens, this.#files, weights.isMapped);
    const files = [...weights.files(), ...head.files];
    return { model: head.model, files, mapped: weights.isMapped ? this.#mapped : undefined };
  }
}

/** @throws NighError `ERR_MODEL_FORMAT` for weights of an encoder alone. */
function checkHead({ paths, tensors }: WeightFiles, { layers }: ClassificationHead): void {
  const tensor = `${layers?.out}.weight`;
  if (tensors.has(tensor)) return;
  throw new NighError(
    "ERR_MODEL_FORMAT",
    `${paths.join(", ")}: no classification head (no tensor "${tensor}"). These are the weights of an encoder, to which Python would add a head of random numbers: use a model that was trained as a cross-encoder.`,
  );
}

/** What follows an exported encoder, as a graph of its own. */
function exportedProgram(
  folder: ModelFolder,
  input: TransformerModule,
  files: ModelFiles,
): EncoderProgram {
  if (input.encoder.kind !== "exported") throw new TypeError("the encoder is not exported");
  const graph = new GraphBuilder();
  const { file } = input.encoder;
  const [head] = folder.following;
  if (head?.kind === "ClassificationHead") {
    const columns = head.labels;
    const logits = graph.input("logits", "float32", ["batch", columns]);
    graph.output(logits, "vectors", "float32", ["batch", columns]);
    return { model: graph.build(), files: [], exported: { file, gives: "logits", columns } };
  }
  const hidden = hiddenSize(folder, input);
  const values = graph.input("tokens", "float32", ["batch", "sequence", hidden]);
  const lengths = graph.input("lengths", "int32", ["batch"]);
  const sequence = graph.op("Gather", [graph.op("Shape", [values]), graph.ints([1])], { axis: 0 });
  const tokens = tokenEmbeddings(graph, values, lengths, sequence);
  return {
    ...finish(folder, graph, tokens, files),
    exported: { file, gives: "tokens", columns: hidden },
  };
}

/**
 * Adds the modules behind the transformer, and gives the graph its output.
 *
 * @param isMapped the runtime maps the encoder's files: it then takes no others.
 */
function finish(
  folder: ModelFolder,
  graph: GraphBuilder,
  tokens: TokenEmbeddings,
  files: ModelFiles,
  isMapped = false,
): Pick<EncoderProgram, "model" | "files"> {
  // First, since it checks that the modules fit together.
  const dimension = dimensionOf(folder);
  const opened: ModelWeights[] = [];
  const open = (module: WeightedModule): ModelWeights => {
    const isHead = module.kind === "ClassificationHead";
    const source = (isHead ? files.encoder : files.modules.get(module.path)) as WeightFiles;
    const mapFrom = (tensor: SafeTensor) => (isHead ? source.nameOf(tensor) : undefined);
    const weights = new ModelWeights(graph, source, {
      path: source.paths.join(", "),
      shapes: moduleShapes(module),
      file: `module ${opened.length}`,
      mapFrom: isMapped ? mapFrom : undefined,
    });
    opened.push(weights);
    return weights;
  };
  const vectors = moduleGraphs(graph, tokens, folder.following, open);
  graph.output(vectors, "vectors", "float32", ["batch", dimension]);
  return { model: graph.build(), files: opened.flatMap((weights) => weights.files()) };
}

async function storedCalibration(
  input: TransformerModule,
  plan: EncoderPlan,
): Promise<Calibration | undefined> {
  const path = join(input.path, CALIBRATION_FILE);
  const file = await readIfThere(path);
  return file && decodeCalibration(file, path, plan);
}
