/** An object as it is written in JSON, not one of a class; of any realm, such as those of Jest and node:vm. */
export function isObject(value: unknown): value is Record<string, unknown> {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** A Float32Array of any realm. */
export function isFloat32Array(value: unknown): value is Float32Array {
  return (
    value instanceof Float32Array ||
    (ArrayBuffer.isView(value) && Object.prototype.toString.call(value) === "[object Float32Array]")
  );
}
