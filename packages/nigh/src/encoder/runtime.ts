import { createRequire } from "node:module";
import { dirname, sep } from "node:path";
import { pathToFileURL } from "node:url";
import { messageOf, NighError } from "../shared/errors.js";

/** "native" is onnxruntime-node, "wasm" onnxruntime-web: the same graph gives the same vectors. */
export const RUNTIME_NAMES = ["native", "wasm"] as const;
export type RuntimeName = (typeof RUNTIME_NAMES)[number];

/** A model ready to run: the ONNX bytes and the files that its weights lie in. */
export interface EncoderProgram {
  readonly model: Uint8Array;
  readonly files: readonly { readonly path: string; readonly data: Uint8Array }[];
}

export interface Session {
  /**
   * @param ids token ids [batch x sequence], padded on the right.
   * @param lengths real tokens of each text, [batch].
   * @returns float32 outputs by name, row-major; "vectors" is [batch, dimension].
   */
  run(ids: Int32Array, lengths: Int32Array): Promise<Record<string, Float32Array>>;
  /** Frees the session's memory. */
  close(): Promise<void>;
}

export interface Runtime {
  readonly name: RuntimeName;
  createSession(program: EncoderProgram, threads: number): Promise<Session>;
}

/** The slice of onnxruntime that nigh uses; onnxruntime-node and onnxruntime-web both have it. */
interface Ort {
  readonly env: { wasm: { wasmPaths?: unknown; numThreads?: number } };
  readonly InferenceSession: { create(model: Uint8Array, options: object): Promise<OrtSession> };
  readonly Tensor: new (type: "int32", data: Int32Array, dims: readonly number[]) => object;
}

interface OrtSession {
  run(feeds: Record<string, object>): Promise<Record<string, { data: unknown; dispose(): void }>>;
  release(): Promise<void>;
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

async function loadNative(): Promise<Runtime> {
  const ort = unwrap(await import("onnxruntime-node"));
  return {
    name: "native",
    createSession: (program, threads) =>
      createSession(ort, program, { intraOpNumThreads: threads }),
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
    createSession: (program) => createSession(ort, program, { executionProviders: ["wasm"] }),
  };
}

/** onnxruntime-node is CommonJS, onnxruntime-web is not. */
function unwrap(module: object): Ort {
  return ("default" in module ? module.default : module) as Ort;
}

async function createSession(ort: Ort, program: EncoderProgram, extra: object): Promise<Session> {
  const session = await ort.InferenceSession.create(program.model, {
    externalData: program.files,
    interOpNumThreads: 1,
    // "all" re-fuses Add and LayerNormalization into an operator that is slower here.
    graphOptimizationLevel: "basic",
    // Errors only: constants that folding leaves unused are no news to a user.
    logSeverityLevel: 3,
    ...extra,
  });
  return {
    async run(ids, lengths) {
      const shape = [lengths.length, ids.length / lengths.length];
      const outputs = await session.run({
        ids: new ort.Tensor("int32", ids, shape),
        lengths: new ort.Tensor("int32", lengths, [lengths.length]),
      });
      // Copied, because the runtime may own the memory of its outputs.
      const copied = Object.entries(outputs).map(
        ([name, tensor]) => [name, (tensor.data as Float32Array).slice()] as const,
      );
      for (const tensor of Object.values(outputs)) tensor.dispose();
      return Object.fromEntries(copied);
    },
    close: () => session.release(),
  };
}
