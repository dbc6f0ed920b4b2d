import { NighError } from "../shared/errors.js";
import { toFloat32 } from "./float-formats.js";
import type { EncoderPlan } from "./graph/encoder-graph.js";
import type { GraphBuilder, Value } from "./graph/graph-builder.js";
import {
  type FeedForward,
  FloatLinears,
  feedForward,
  LINEAR_SITES,
  type LinearSite,
  type Linears,
  type Projection,
} from "./graph/linears.js";
import type { ModelWeights } from "./graph/model-weights.js";
import type { ModelBatch, Session } from "./runtime.js";
import { readSafetensors } from "./safetensors.js";
import { writeSafetensors } from "./write-safetensors.js";

/** What flows into a linear site on ordinary texts: per input column the largest |x| and the mean x. */
export interface SiteStatistics {
  readonly max: Float32Array;
  readonly mean: Float32Array;
}

/** Statistics by {@link siteKey}. */
export type Calibration = ReadonlyMap<string, SiteStatistics>;

export function siteKey(site: LinearSite): string {
  return `${site.layer}.${site.kind}`;
}

/** Float32 layers that also report what flows into them, as graph outputs "max KEY" and "mean KEY". */
export class ObservedLinears implements Linears {
  readonly #graph: GraphBuilder;
  readonly #float: FloatLinears;

  constructor(graph: GraphBuilder, weights: ModelWeights) {
    this.#graph = graph;
    this.#float = new FloatLinears(graph, weights);
  }

  project(site: LinearSite, input: Value, names: readonly string[]): readonly Projection[] {
    const graph = this.#graph;
    const over = { axes: [0, 1], keepdims: 0 };
    graph.output(
      graph.op("ReduceMax", [graph.op("Abs", [input])], over),
      `max ${siteKey(site)}`,
      "float32",
      ["columns"],
    );
    graph.output(graph.op("ReduceMean", [input], over), `mean ${siteKey(site)}`, "float32", [
      "columns",
    ]);
    return this.#float.project(site, input, names);
  }

  feedForward(input: Value, block: FeedForward): Projection {
    return feedForward(this.#graph, this, input, block);
  }
}

/**
 * Runs texts one by one through a graph built with {@link ObservedLinears}.
 *
 * @param tokenized tokens of each text, or pair of texts; at least one.
 */
export async function observe(
  session: Session,
  tokenized: readonly Pick<ModelBatch, "ids" | "types">[],
): Promise<Calibration> {
  const sites = new Map<string, { max: Float32Array; mean: Float32Array }>();
  for (const { ids, types } of tokenized) {
    const outputs = await session.run({ ids, types, lengths: Int32Array.of(ids.length) });
    for (const [name, values] of Object.entries(outputs)) {
      const [statistic, key] = name.split(" ");
      if (key === undefined) continue;
      const site = sites.get(key) ?? {
        max: new Float32Array(values.length),
        mean: new Float32Array(values.length),
      };
      sites.set(key, site);
      for (const [i, value] of values.entries()) {
        if (statistic === "max") site.max[i] = Math.max(site.max[i] as number, value);
        else site.mean[i] = (site.mean[i] as number) + value / tokenized.length;
      }
    }
  }
  return sites;
}

/** The file in a model folder that holds a calibration, so that loading need not make one. */
export const CALIBRATION_FILE = "nigh_calibration.safetensors";

export function encodeCalibration(calibration: Calibration): Uint8Array {
  const tensors = [...calibration].flatMap(([key, { max, mean }]) => [
    { name: `${key}.max`, type: "F32" as const, shape: [max.length], data: max },
    { name: `${key}.mean`, type: "F32" as const, shape: [mean.length], data: mean },
  ]);
  return writeSafetensors(tensors, { format: "nigh calibration 1" });
}

/**
 * @param path named in errors.
 * @param plan of the model that the calibration is for: every site of every layer must be there.
 * @throws NighError `ERR_MODEL_FORMAT` when the file is damaged or belongs to another model.
 */
export function decodeCalibration(file: Uint8Array, path: string, plan: EncoderPlan): Calibration {
  const { tensors } = readSafetensors(file, path);
  const read = (name: string, columns: number): Float32Array => {
    const tensor = tensors.get(name);
    if (tensor?.type === "F32" && tensor.byteLength === 4 * columns) return toFloat32(file, tensor);
    const found =
      tensor === undefined ? "no" : `another (${tensor.type}, ${tensor.byteLength} bytes)`;
    throw new NighError(
      "ERR_MODEL_FORMAT",
      `${path}: found ${found} tensor "${name}", expected ${columns} F32 numbers. It belongs to another model: remove it, and the model is calibrated as it loads.`,
    );
  };
  const sites = new Map<string, SiteStatistics>();
  for (let layer = 0; layer < plan.layers; layer++) {
    for (const kind of LINEAR_SITES) {
      const key = siteKey({ layer, kind });
      const columns = kind === "feed-forward-down" ? plan.inner : plan.hidden;
      sites.set(key, { max: read(`${key}.max`, columns), mean: read(`${key}.mean`, columns) });
    }
  }
  return sites;
}
