/**
 * How many tokens of two texts are kept where both have to fit into `room`: tokens are taken from the
 * longer one, and when both are equally long in turn ("longest_first" of Hugging Face's tokenizers).
 */
export function longestFirst(first: number, second: number, room: number): [number, number] {
  if (first + second <= room) return [first, second];
  const half = Math.floor(room / 2);
  // The shorter one stays whole as long as the other, cut, is no shorter.
  if (Math.min(first, second) <= half) {
    return first <= second ? [first, room - first] : [room - second, second];
  }
  // Of an odd room the longer one has the token more, the second where they are equal.
  return first <= second ? [half, room - half] : [room - half, half];
}
