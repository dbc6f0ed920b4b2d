/** To the nearest whole number, of two equally near ones the even one: WebAssembly's `nearest`. */
export function roundHalfToEven(x: number): number {
  const below = Math.floor(x);
  const above = x - below;
  if (above !== 0.5) return Math.round(x);
  return below % 2 === 0 ? below : below + 1;
}
