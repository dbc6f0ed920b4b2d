import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, sep } from "node:path";
import { pathToFileURL } from "node:url";
import { messageOf, NighError } from "../shared/errors.js";
import { ExportedSession, type OpenModel } from "./exported-session.js";
import type { Ort } from "./ort.js";

/** "native" is onnxruntime-node, "wasm" onnxruntime-web: the same graph gives the same vectors. */
export const RUNTIME_NAMES = ["native", "wasm"] as const;
export type RuntimeName = (typeof RUNTIME_NAMES)[number];

/** A model ready to run: the ONNX bytes and the files that its weights lie in. */
export interface EncoderProgram {
  readonly model: Uint8Array;
  readonly files: readonly { readonly path: string; readonly data: Uint8Array }[];
  /** Folder of the other files that the model names: the runtime maps them into memory while it makes a session. */
  readonly mapped?: string | undefined;
  /** An ONNX file that runs before `model` and gives it "tokens", float32 [batch, sequence, hidden]. */
  readonly exported?: { readonly file: string; readonly hidden: number };
}

export interface Session {
  /**
   * @param ids token ids [batch x sequence], padded on the right.
   * @param lengths real tokens of each text, [batch].
   * @param promptTokens tokens at the start of each text that are its prompt; default 0.
   * @returns float32 outputs by name, row-major; "vectors" is [batch, dimension].
   */
  run(
    ids: Int32Array,
    lengths: Int32Array,
    promptTokens?: number,
  ): Promise<Record<string, Float32Array>>;
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
 * Loads a runtime: the native one where it loads, else WebAssembly; a name forces one.
 *
 * @throws NighError `ERR_RUNTIME` when the runtime cannot be loaded, with the reason of each.
 */
export async function loadRuntime(name?: RuntimeName): Promise<Runtime> {
  const reasons: string[] = [];
  for (const candidate of name === undefined ? RUNTIME_NAMES : [name]) {
    try {
      return candidate === "native" ? await loadNative() : await loadWasm();
    } catch (error) {
      reasons.push(`${candidate}: ${messageOf(error)}`);
    }
  }
  throw new NighError(
    "ERR_RUNTIME",
    `No onnxruntime could be loaded. ${reasons.join("; ")}. Run npm install again.`,
  );
}

const SESSION_OPTIONS = {
  interOpNumThreads: 1,
  // "all" re-fuses Add and LayerNormalization into an operator that is slower here.
  graphOptimizationLevel: "basic",
  // Errors only: constants that folding leaves unused are no news to a user.
  logSeverityLevel: 3,
};

async function loadNative(): Promise<Runtime> {
  const ort = unwrap(await import("onnxruntime-node"));
  return {
    name: "native",
    canMapFiles: true,
    createSession: (program, threads) =>
      createSession(ort, program, { intraOpNumThreads: threads }, (file) => file),
  };
}

async function loadWasm(): Promise<Runtime> {
  const ort = unwrap(await import("onnxruntime-web/wasm"));
  // The runtime looks for its .wasm beside a bundle; in Node that has to be named, as a folder ending in "/".
  const entry = createRequire(import.meta.url).resolve("onnxruntime-web/wasm");
  ort.env.wasm.wasmPaths = pathToFileURL(dirname(entry) + sep).href;
  ort.env.wasm.numThreads = 1;
  return {
    name: "wasm",
    canMapFiles: false,
    createSession: (program) =>
      createSession(ort, program, { executionProviders: ["wasm"] }, (file) => readFile(file)),
  };
}

/** onnxruntime-node is CommonJS, onnxruntime-web is not. */
function unwrap(module: object): Ort {
  return ("default" in module ? module.default : module) as Ort;
}

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
  const takesPrompt = session.inputNames.includes("prompt");
  return {
    async run(ids, lengths, promptTokens = 0) {
      const shape = [lengths.length, ids.length / lengths.length];
      const prompt = takesPrompt
        ? { prompt: new ort.Tensor("int32", Int32Array.of(promptTokens), [1]) }
        : undefined;
      const outputs = await session.run({
        ...(exported
          ? { tokens: await exported.run(ids, lengths) }
          : { ids: new ort.Tensor("int32", ids, shape) }),
        lengths: new ort.Tensor("int32", lengths, [lengths.length]),
        ...prompt,
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
