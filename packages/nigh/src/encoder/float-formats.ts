import type { SafeTensor } from "./safetensors.js";

let halfTable: Float32Array | undefined;

/** All 65,536 float16 values as float32: a table is several times faster than bit arithmetic. */
function float16Table(): Float32Array {
  if (halfTable) return halfTable;
  halfTable = new Float32Array(65536);
  for (let bits = 0; bits < 65536; bits++) {
    const sign = bits & 0x8000 ? -1 : 1;
    const exponent = (bits >> 10) & 31;
    const fraction = bits & 1023;
    if (exponent === 0) halfTable[bits] = sign * fraction * 2 ** -24;
    else if (exponent === 31)
      halfTable[bits] = fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
    else halfTable[bits] = sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
  }
  return halfTable;
}

/**
 * The numbers of a float tensor, copied as float32.
 *
 * @param file the bytes of the safetensors file.
 * @throws TypeError for element types that are no floats of 2 or 4 bytes.
 */
export function toFloat32(file: Uint8Array, tensor: SafeTensor): Float32Array {
  const { offset, byteLength, type } = tensor;
  // A copy, because a typed array needs an aligned start and the file promises none.
  const bytes = new Uint8Array(file.subarray(offset, offset + byteLength));
  if (type === "F32") return new Float32Array(bytes.buffer, 0, byteLength / 4);
  if (type !== "F16" && type !== "BF16") throw new TypeError(`${tensor.name} is of type ${type}`);
  const halves = new Uint16Array(bytes.buffer, 0, byteLength / 2);
  if (type === "BF16") {
    const words = Uint32Array.from(halves, (half) => half << 16);
    return new Float32Array(words.buffer);
  }
  const table = float16Table();
  const floats = new Float32Array(halves.length);
  for (let i = 0; i < halves.length; i++) floats[i] = table[halves[i] as number] as number;
  return floats;
}

/**
 * The nearest float16 of each number, ties to even, as bits (IEEE 754 binary16). Numbers beyond
 * 65,519 become infinite: the caller checks the range.
 */
export function toFloat16Bits(floats: Float32Array): Uint16Array {
  const words = new Uint32Array(floats.buffer, floats.byteOffset, floats.length);
  return Uint16Array.from(words, (word) => {
    const sign = (word >>> 16) & 0x8000;
    const magnitude = word & 0x7fffffff;
    if (magnitude > 0x7f800000) return sign | 0x7e00;
    if (magnitude >= 0x477ff000) return sign | 0x7c00;
    if (magnitude < 0x38800000) {
      // Subnormal in float16: a multiple of 2^-24, and Math.round would break ties upward.
      const exact =
        (magnitude >>> 23 === 0
          ? 0
          : (1 + (magnitude & 0x7fffff) / 0x800000) * 2 ** ((magnitude >>> 23) - 127)) *
        2 ** 24;
      const floor = Math.floor(exact);
      const rest = exact - floor;
      return sign | (rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor);
    }
    const rebased = magnitude - 0x38000000;
    const half = rebased >>> 13;
    const rest = rebased & 0x1fff;
    return sign | (rest > 0x1000 || (rest === 0x1000 && half & 1) ? half + 1 : half);
  });
}
