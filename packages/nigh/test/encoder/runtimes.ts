import { loadTokenizer } from "../../src/encoder/load-tokenizer.js";
import { loadWeights } from "../../src/encoder/model-files.js";
import { readModelFolder } from "../../src/encoder/model-folder.js";
import { buildProgram, type Dtype } from "../../src/encoder/program.js";
import { loadRuntime, type RuntimeName, type Session } from "../../src/encoder/runtime.js";

/** Why onnxruntime-node does not load here (it has no binaries for musl, nor for macOS on x64). */
const nativeFailure: unknown = await import("onnxruntime-node").then(
  () => undefined,
  (error: unknown) => error,
);

/**
 * Tests of the native runtime are skipped where it has no binary; never in CI, where a runtime that
 * is missing has to be seen.
 */
export const skipNative = nativeFailure !== undefined && !process.env["CI"];

/** `title`, with the reason at its end where a test of the native runtime is skipped. */
export function needsNative(title: string): string {
  return skipNative ? `${title} (skipped: onnxruntime-node does not load here)` : title;
}

export const RUNTIMES = [
  { runtime: "native", label: needsNative("the native runtime"), skip: skipNative },
  { runtime: "wasm", label: "WASM", skip: false },
] as const;

/** A model's session on this thread, without the pool and the batches of encode(). */
export interface OpenedModel {
  readonly session: Session;
  readonly padId: number;
}

export async function openModel(
  path: string,
  runtimeName: RuntimeName,
  dtype: Dtype = "fp32",
): Promise<OpenedModel> {
  const [folder, runtime] = [await readModelFolder(path), await loadRuntime(runtimeName)];
  const { weights } = await loadWeights(folder);
  const program = await buildProgram(folder, weights, dtype, runtime);
  const { padId } = await loadTokenizer(folder);
  const session = await runtime.createSession(program, 1);
  weights.close();
  return { session, padId };
}
