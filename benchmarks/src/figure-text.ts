/** Figures as the tables show them. */
import type { Spread } from "./statistics.js";

/** Where there is no figure. */
export const NONE = "–";

/** The median and, in brackets, the lowest and the highest. */
export function rangeText(
  { median, min, max }: Spread,
  format: (value: number) => string = twoDecimals,
): string {
  return `${format(median)} (${format(min)}–${format(max)})`;
}

export function rate(perSecond: number): string {
  return perSecond.toLocaleString("en", { maximumFractionDigits: perSecond < 100 ? 1 : 0 });
}

export function count(value: number): string {
  return value.toLocaleString("en", { maximumFractionDigits: 0 });
}

export function twoDecimals(value: number): string {
  return value.toFixed(2);
}

export function threeDecimals(value: number): string {
  return value.toFixed(3);
}

export function fourDecimals(value: number): string {
  return value.toFixed(4);
}
