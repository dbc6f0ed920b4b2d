/**
 * Rows are all over memory. Where several are needed one after the other, a byte of each of their cache lines is read before, in loops that
 * do nothing else, so that they are on their way from memory together. What is read goes where the optimizer cannot drop it.
 */
import { Layout } from "./blocks";

export let touched: i32 = 0;

// @ts-ignore: decorators are AssemblyScript's
@inline export function touchByte(address: usize): void {
  touched += load<u8>(address);
}

/** A byte at each `step` of some bytes. */
// @ts-ignore: decorators are AssemblyScript's
@inline export function touchLines(start: usize, bytes: usize, step: usize): void {
  let sum: i32 = 0;
  for (let at: usize = 0; at < bytes; at += step) sum += load<u8>(start + at);
  touched += sum;
}

// @ts-ignore: decorators are AssemblyScript's
@inline export function touchFloats(layout: Layout, floats: usize): void {
  touchLines(floats, (<usize>layout.size) << 2, 64);
}
