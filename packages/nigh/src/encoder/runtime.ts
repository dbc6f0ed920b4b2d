import { ADVICE, BACKENDS } from "#encoder/onnxruntime";
import { messageOf, NighError } from "../shared/errors.js";
import { type ExportedModel, ExportedSession } from "./exported-session.js";
import type { OpenModel, Ort, RuntimeName } from "./ort.js";

export type { RuntimeName };

/** Those that can be here, the one to prefer first. */
export const RUNTIME_NAMES = Object.keys(BACKENDS) as RuntimeName[];

/** A model ready to run: the ONNX bytes and the files that its weights lie in. */
export interface EncoderProgram {
  readonly model: Uint8Array;
  readonly files: readonly { readonly path: string; readonly data: Uint8Array }[];
  /** Folder of the other files that the model names: the runtime maps them into memory while it makes a session. */
  readonly mapped?: string | undefined;
  /** An ONNX file that runs before `model` and gives it "tokens" or "logits". */
  readonly exported?: ExportedModel;
}

/** What goes through a session at once. */
export interface ModelBatch {
  /** Token ids [batch x sequence], padded on the right. */
  readonly ids: Int32Array;
  /** Real tokens of each text, [batch]. */
  readonly lengths: Int32Array;
  /** Token types [batch x sequence]; default 0. */
  readonly types?: Int32Array | undefined;
  /** Tokens at the start of each text that are its prompt; default 0. */
  readonly promptTokens?: number;
}

export interface Session {
  /** @returns float32 outputs by name, row-major; "vectors" is [batch, dimension]. */
  run(batch: ModelBatch): Promise<Record<string, Float32Array>>;
  /** Frees the session's memory. */
  close(): Promise<void>;
}

export interface Runtime {
  readonly name: RuntimeName;
  /** Whether {@link EncoderProgram.mapped} can be used. */
  readonly canMapFiles: boolean;
  createSession(program: EncoderProgram, threads: number): Promise<Session>;
}

/**
 * Loads a runtime: the first of {@link RUNTIME_NAMES} that loads; a name forces one.
 *
 * @throws NighError `ERR_RUNTIME` when the runtime cannot be loaded, with the reason of each.
 */
export async function loadRuntime(name?: RuntimeName): Promise<Runtime> {
  const reasons: string[] = [];
  for (const candidate of name === undefined ? RUNTIME_NAMES : [name]) {
    try {
      return await load(candidate);
    } catch (error) {
      reasons.push(`${candidate}: ${messageOf(error)}`);
    }
  }
  throw new NighError(
    "ERR_RUNTIME",
    `No onnxruntime could be loaded. ${reasons.join("; ")}. ${ADVICE}`,
  );
}

async function load(name: RuntimeName): Promise<Runtime> {
  const backend = await BACKENDS[name]?.();
  if (backend === undefined) throw new TypeError("there is none here");
  const { ort, canMapFiles, sessionOptions, open } = backend;
  return {
    name,
    canMapFiles,
    createSession: (program, threads) => createSession(ort, program, sessionOptions(threads), open),
  };
}

const SESSION_OPTIONS = {
  interOpNumThreads: 1,
  // "all" re-fuses Add and LayerNormalization into an operator that is slower here.
  graphOptimizationLevel: "basic",
  // Errors only: constants that folding leaves unused are no news to a user.
  logSeverityLevel: 3,
};

/** @param open what the runtime takes for an ONNX file. */
async function createSession(
  ort: Ort,
  program: EncoderProgram,
  extra: object,
  open: OpenModel,
): Promise<Session> {
  const options = { ...SESSION_OPTIONS, ...extra };
  const mapped = program.mapped && {
    session: { model_external_initializers_file_folder_path: program.mapped },
  };
  const session = await ort.InferenceSession.create(program.model, {
    ...options,
    externalData: program.files,
    ...(mapped && { extra: mapped }),
  });
  const exported =
    program.exported && (await ExportedSession.create(ort, program.exported, options, open));
  const takes = (input: string): boolean => session.inputNames.includes(input);
  return {
    async run(batch) {
      const { ids, lengths, types = new Int32Array(ids.length), promptTokens = 0 } = batch;
      const shape = [lengths.length, ids.length / lengths.length];
      const outputs = await session.run({
        ...(exported
          ? await exported.run(ids, lengths, types)
          : { ids: new ort.Tensor("int32", ids, shape) }),
        ...(takes("lengths") && {
          lengths: new ort.Tensor("int32", lengths, [lengths.length]),
        }),
        ...(takes("types") && { types: new ort.Tensor("int32", types, shape) }),
        ...(takes("prompt") && {
          prompt: new ort.Tensor("int32", Int32Array.of(promptTokens), [1]),
        }),
      });
      // Copied, because the runtime may own the memory of its outputs.
      const copied = Object.entries(outputs).map(
        ([name, tensor]) => [name, (tensor.data as Float32Array).slice()] as const,
      );
      for (const tensor of Object.values(outputs)) tensor.dispose();
      return Object.fromEntries(copied);
    },
    async close() {
      await session.release();
      await exported?.close();
    },
  };
}
