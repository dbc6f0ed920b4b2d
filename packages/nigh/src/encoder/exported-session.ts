import { readFile } from "#shared/files";
import { basename } from "#shared/path";
import { messageOf, NighError } from "../shared/errors.js";
import { dataOf } from "./modules/exported-file.js";
import type { OpenModel, Ort, OrtSession, OrtTensor } from "./ort.js";

/** An ONNX file, and what is wanted of it. */
export interface ExportedModel {
  readonly file: string;
  /** "tokens": float32 [batch, sequence, columns]; "logits": float32 [batch, columns]. */
  readonly gives: "tokens" | "logits";
  readonly columns: number;
}

/** Names under which exporters give it, best first. */
const OUTPUTS = {
  tokens: ["token_embeddings", "last_hidden_state"],
  logits: ["logits", "scores"],
} as const;

/** A model as someone exported it to ONNX, with Hugging Face's names of inputs and outputs. */
export class ExportedSession {
  readonly #ort: Ort;
  readonly #session: OrtSession;
  readonly #model: ExportedModel;
  readonly #output: string;

  private constructor(ort: Ort, session: OrtSession, model: ExportedModel, output: string) {
    this.#ort = ort;
    this.#session = session;
    this.#model = model;
    this.#output = output;
  }

  /**
   * @throws NighError `ERR_MODEL_FORMAT` when the file is none that the runtime can load,
   * `ERR_UNSUPPORTED_MODEL` when its inputs or outputs are not those that are wanted.
   */
  static async create(
    ort: Ort,
    model: ExportedModel,
    options: object,
    open: OpenModel,
  ): Promise<ExportedSession> {
    const { file } = model;
    let session: OrtSession;
    try {
      const opened = await open(file);
      const data = typeof opened === "string" ? undefined : await readData(file);
      session = await ort.InferenceSession.create(opened, {
        ...options,
        ...(data && { externalData: [{ path: basename(dataOf(file)), data }] }),
      });
    } catch (error) {
      throw new NighError(
        "ERR_MODEL_FORMAT",
        `${file} cannot be loaded by onnxruntime: ${messageOf(error)}. Bring the file again from its source, or export it anew.`,
        { cause: error },
      );
    }
    const outputs = OUTPUTS[model.gives];
    const output = outputs.find((name) => session.outputNames.includes(name));
    const unknown = session.inputNames.filter((name) => !Object.hasOwn(FEEDS, name));
    if (output !== undefined && unknown.length === 0) {
      return new ExportedSession(ort, session, model, output);
    }
    await session.release();
    throw new NighError(
      "ERR_UNSUPPORTED_MODEL",
      `${file} takes ${session.inputNames.join(", ")} and gives ${session.outputNames.join(", ")}; nigh runs exports that take ${Object.keys(FEEDS).join(", ")} or some of them and give ${outputs.join(" or ")}.`,
    );
  }

  /** @returns the tensor that is wanted, by the name of its kind. */
  async run(
    ids: Int32Array,
    lengths: Int32Array,
    types: Int32Array,
  ): Promise<Record<string, OrtTensor>> {
    const batch = lengths.length;
    const sequence = ids.length / batch;
    const feeds = this.#session.inputNames.map((name) => {
      const values = FEEDS[name]?.({ ids, lengths, types }, sequence) as Int32Array;
      const type = this.#session.inputMetadata.find((input) => input.name === name)?.type;
      const tensor =
        type === "int32"
          ? new this.#ort.Tensor("int32", values, [batch, sequence])
          : new this.#ort.Tensor("int64", BigInt64Array.from(values, BigInt), [batch, sequence]);
      return [name, tensor] as const;
    });
    const outputs = await this.#session.run(Object.fromEntries(feeds));
    const { [this.#output]: found, ...others } = outputs;
    for (const other of Object.values(others)) other.dispose();
    const { file, gives, columns } = this.#model;
    const shape = gives === "tokens" ? [batch, sequence, columns] : [batch, columns];
    if (found?.type === "float32" && found.dims.join() === shape.join()) return { [gives]: found };
    throw new NighError(
      "ERR_UNSUPPORTED_MODEL",
      `${file} gives ${this.#output} as ${found?.type} [${found?.dims.join(", ")}], expected float32 of ${gives === "tokens" ? `${columns} dimensions a token` : `${columns} labels a text, [${shape.join(", ")}]`}: export it in float32.`,
    );
  }

  close(): Promise<void> {
    return this.#session.release();
  }
}

type Feed = (
  batch: { ids: Int32Array; lengths: Int32Array; types: Int32Array },
  sequence: number,
) => Int32Array;

const FEEDS: Readonly<Record<string, Feed>> = {
  input_ids: ({ ids }) => ids,
  attention_mask: ({ ids, lengths }, sequence) =>
    ids.map((_, i) => (i % sequence < (lengths[Math.floor(i / sequence)] as number) ? 1 : 0)),
  token_type_ids: ({ types }) => types,
};

async function readData(file: string): Promise<Uint8Array | undefined> {
  return readFile(dataOf(file)).catch(() => undefined);
}
