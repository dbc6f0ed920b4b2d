/**
 * Rounding by an addition: WebAssembly's own conversion to integers takes seven instructions of the machine, because of numbers that no
 * integer is near.
 */

/** 3 * 2^22: numbers of at most 2^21 that it is added to lose what is behind the point. */
// @ts-ignore: decorators are AssemblyScript's
@inline const ROUNDING: f32 = 12582912;

/**
 * Numbers of at most 2^21 on their way to the nearest integers, of two the even one: `roundedOf` has these as floats, `integersOf` as
 * int32, and the lower half of each lane as int16.
 */
// @ts-ignore: decorators are AssemblyScript's
@inline export function rounding(x: v128): v128 {
  return f32x4.add(x, f32x4.splat(ROUNDING));
}

// @ts-ignore: decorators are AssemblyScript's
@inline export function roundedOf(sum: v128): v128 {
  return f32x4.sub(sum, f32x4.splat(ROUNDING));
}

// @ts-ignore: decorators are AssemblyScript's
@inline export function integersOf(sum: v128): v128 {
  return i32x4.sub(sum, f32x4.splat(ROUNDING));
}
