import { readFile } from "#shared/files";
import { basename } from "#shared/path";
import { messageOf, NighError } from "../shared/errors.js";
import { dataOf } from "./modules/exported-file.js";
import type { OpenModel, Ort, OrtSession, OrtTensor } from "./ort.js";

/** Names under which exporters give the vectors of a text's tokens, best first. */
const OUTPUTS = ["token_embeddings", "last_hidden_state"];

/** An encoder as someone exported it to ONNX, with Hugging Face's names of inputs and outputs. */
export class ExportedSession {
  readonly #ort: Ort;
  readonly #session: OrtSession;
  readonly #file: string;
  readonly #hidden: number;
  readonly #output: string;

  private constructor(
    ort: Ort,
    session: OrtSession,
    model: { readonly file: string; readonly hidden: number },
    output: string,
  ) {
    this.#ort = ort;
    this.#session = session;
    this.#file = model.file;
    this.#hidden = model.hidden;
    this.#output = output;
  }

  /**
   * @throws NighError `ERR_MODEL_FORMAT` when the file is none that the runtime can load,
   * `ERR_UNSUPPORTED_MODEL` when its inputs or outputs are not those of an encoder.
   */
  static async create(
    ort: Ort,
    model: { readonly file: string; readonly hidden: number },
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
    const output = OUTPUTS.find((name) => session.outputNames.includes(name));
    const unknown = session.inputNames.filter((name) => !Object.hasOwn(FEEDS, name));
    if (output !== undefined && unknown.length === 0) {
      return new ExportedSession(ort, session, model, output);
    }
    await session.release();
    throw new NighError(
      "ERR_UNSUPPORTED_MODEL",
      `${file} takes ${session.inputNames.join(", ")} and gives ${session.outputNames.join(", ")}; nigh runs exports that take ${Object.keys(FEEDS).join(", ")} or some of them and give ${OUTPUTS.join(" or ")}.`,
    );
  }

  /** @returns float32 [batch, sequence, hidden] */
  async run(ids: Int32Array, lengths: Int32Array): Promise<OrtTensor> {
    const batch = lengths.length;
    const sequence = ids.length / batch;
    const feeds = this.#session.inputNames.map((name) => {
      const values = FEEDS[name]?.(ids, lengths, sequence) as Int32Array;
      const type = this.#session.inputMetadata.find((input) => input.name === name)?.type;
      const tensor =
        type === "int32"
          ? new this.#ort.Tensor("int32", values, [batch, sequence])
          : new this.#ort.Tensor("int64", BigInt64Array.from(values, BigInt), [batch, sequence]);
      return [name, tensor] as const;
    });
    const outputs = await this.#session.run(Object.fromEntries(feeds));
    const { [this.#output]: tokens, ...others } = outputs;
    for (const other of Object.values(others)) other.dispose();
    const [, , hidden] = tokens?.dims ?? [];
    if (tokens?.type === "float32" && hidden === this.#hidden) return tokens;
    throw new NighError(
      "ERR_UNSUPPORTED_MODEL",
      `${this.#file} gives ${this.#output} as ${tokens?.type} [${tokens?.dims.join(", ")}], expected float32 of ${this.#hidden} dimensions a token: export it in float32.`,
    );
  }

  close(): Promise<void> {
    return this.#session.release();
  }
}

type Feed = (ids: Int32Array, lengths: Int32Array, sequence: number) => Int32Array;

const FEEDS: Readonly<Record<string, Feed>> = {
  input_ids: (ids) => ids,
  attention_mask: (ids, lengths, sequence) =>
    ids.map((_, i) => (i % sequence < (lengths[Math.floor(i / sequence)] as number) ? 1 : 0)),
  token_type_ids: (ids) => new Int32Array(ids.length),
};

async function readData(file: string): Promise<Uint8Array | undefined> {
  return readFile(dataOf(file)).catch(() => undefined);
}
