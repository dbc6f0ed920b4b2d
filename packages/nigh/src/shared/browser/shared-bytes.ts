/** Bytes; nothing is shared, because a model has one thread of its own here. */
export function sharedBytes(length: number): Uint8Array {
  return new Uint8Array(length);
}
