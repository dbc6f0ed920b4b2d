import type { Embedder, EmbeddingFunction } from "nigh";
import { Matrix } from "nigh";

/** A vector that a text alone decides. */
export function vectorOf(text: string, dimension: number, seed = 0): Float32Array {
  let state = 2166136261 ^ seed;
  for (let i = 0; i < text.length; i++) {
    state = Math.imul(state ^ text.charCodeAt(i), 16777619) >>> 0;
  }
  return Float32Array.from({ length: dimension }, () => {
    state = (Math.imul(state ^ (state >>> 15), 2246822519) + 374761393) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

/** nigh's interface, without a model; what it was asked for is kept. */
export class SmallEmbedder implements Embedder {
  readonly name: string;
  readonly dimension: number;
  readonly fingerprint: string;
  readonly documents: string[] = [];
  readonly queries: string[] = [];
  closed = false;

  constructor(name: string, dimension = 4, fingerprint = `fingerprint of ${name}`) {
    this.name = name;
    this.dimension = dimension;
    this.fingerprint = fingerprint;
  }

  encode(text: string): Promise<Float32Array>;
  encode(texts: readonly string[]): Promise<Matrix>;
  async encode(texts: string | readonly string[]): Promise<Float32Array | Matrix> {
    if (typeof texts === "string") return vectorOf(texts, this.dimension);
    if (texts.length === 0) return Matrix.zeros(0, this.dimension);
    return Matrix.from(texts.map((text) => vectorOf(text, this.dimension)));
  }

  encodeDocument(text: string): Promise<Float32Array>;
  encodeDocument(texts: readonly string[]): Promise<Matrix>;
  async encodeDocument(texts: string | readonly string[]): Promise<Float32Array | Matrix> {
    this.documents.push(...(typeof texts === "string" ? [texts] : texts));
    return this.encode(texts as string[]);
  }

  encodeQuery(text: string): Promise<Float32Array>;
  encodeQuery(texts: readonly string[]): Promise<Matrix>;
  async encodeQuery(texts: string | readonly string[]): Promise<Float32Array | Matrix> {
    this.queries.push(...(typeof texts === "string" ? [texts] : texts));
    return this.encode(texts as string[]);
  }

  async close(): Promise<void> {
    this.closed = true;
  }
}

/** Chroma's interface; what it was asked for is kept. */
export class SmallFunction implements EmbeddingFunction {
  readonly name: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly dimension: number;
  readonly texts: string[] = [];
  readonly queries: string[] = [];

  constructor(name: string, config: Readonly<Record<string, unknown>> = {}, dimension = 3) {
    this.name = name;
    this.config = config;
    this.dimension = dimension;
  }

  async generate(texts: string[]): Promise<number[][]> {
    this.texts.push(...texts);
    return texts.map((text) => Array.from(vectorOf(text, this.dimension)));
  }

  async generateForQueries(texts: string[]): Promise<number[][]> {
    this.queries.push(...texts);
    return texts.map((text) => Array.from(vectorOf(text, this.dimension)));
  }

  getConfig(): Record<string, unknown> {
    return this.config;
  }
}
