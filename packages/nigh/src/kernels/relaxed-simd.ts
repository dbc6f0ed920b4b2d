/** Int8 numbers, and numbers of 7 bits, whose products tell a signed from an unsigned multiplication. */
const SIGNED = [-127, 126, -3, 5, 127, -128, 64, -65, 1, -1, 99, -100, 17, -33, 120, -121];
const SEVEN_BITS = [127, 1, 126, 2, 64, 63, 100, 27, 5, 90, 77, 113, 8, 16, 32, 3];

/**
 * Whether this runtime has relaxed SIMD's int8 product, and computes it right: Node 20 has it behind a flag, and its first compiler gets it
 * wrong. A module of one function is compiled and run: it adds the four lanes of the product of two constants.
 */
export function hasRightRelaxedSimd(): boolean {
  const bytes = moduleOfOneProduct();
  if (!WebAssembly.validate(bytes)) return false;
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes));
  const product = (exports as { f: () => number }).f();
  return product === SIGNED.reduce((sum, x, i) => sum + x * (SEVEN_BITS[i] as number), 0);
}

function moduleOfOneProduct(): Uint8Array<ArrayBuffer> {
  const constant = (numbers: readonly number[]) => [0xfd, 0x0c, ...numbers.map((x) => x & 0xff)];
  // A local of type v128; then lane 0 + lane 1 + lane 2 + lane 3.
  const lane = (i: number) => [0x20, 0x00, 0xfd, 0x1b, i];
  const body = [
    ...[0x01, 0x01, 0x7b],
    ...constant(SIGNED),
    ...constant(SEVEN_BITS),
    ...constant(new Array(16).fill(0)),
    ...[0xfd, 0x93, 0x02], // i32x4.relaxed_dot_i8x16_i7x16_add_s
    ...[0x21, 0x00],
    ...lane(0),
    ...[...lane(1), 0x6a, ...lane(2), 0x6a, ...lane(3), 0x6a],
    0x0b,
  ];
  const section = (id: number, content: readonly number[]) => [id, content.length, ...content];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, [0x01, 0x60, 0x00, 0x01, 0x7f]),
    ...section(3, [0x01, 0x00]),
    ...section(7, [0x01, 0x01, 0x66, 0x00, 0x00]),
    ...section(10, [0x01, body.length, ...body]),
  ]);
}
