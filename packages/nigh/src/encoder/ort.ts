/** "native" is onnxruntime-node, "wasm" and "webgpu" are onnxruntime-web: the same graph gives the same vectors. */
export type RuntimeName = "native" | "wasm" | "webgpu";

/** What a runtime takes for an ONNX file: its path, or its bytes. */
export type OpenModel = (file: string) => string | Promise<Uint8Array>;

/** One way to run a model: an onnxruntime, and what its sessions are told. */
export interface Backend {
  readonly ort: Ort;
  /** Whether the runtime can map files into memory. */
  readonly canMapFiles: boolean;
  readonly sessionOptions: (threads: number) => object;
  readonly open: OpenModel;
}

/** The slice of onnxruntime that nigh uses; onnxruntime-node and onnxruntime-web both have it. */
export interface Ort {
  readonly env: { wasm: { wasmPaths?: unknown; numThreads?: number } };
  readonly InferenceSession: {
    create(model: Uint8Array | string, options: object): Promise<OrtSession>;
  };
  readonly Tensor: new (
    type: "int32" | "int64" | "float32",
    data: Int32Array | BigInt64Array | Float32Array,
    dims: readonly number[],
  ) => OrtTensor;
}

export interface OrtTensor {
  readonly type: string;
  readonly data: unknown;
  readonly dims: readonly number[];
  dispose(): void;
}

export interface OrtSession {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  readonly inputMetadata: readonly { readonly name: string; readonly type?: string }[];
  run(feeds: Record<string, OrtTensor>): Promise<Record<string, OrtTensor>>;
  release(): Promise<void>;
}
