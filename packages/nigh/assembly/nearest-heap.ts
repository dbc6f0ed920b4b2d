/**
 * The nearest rows seen so far: a binary heap with the farthest of them at its root. An entry is a key (float32, higher is nearer)
 * and an ordinal (u32), 8 bytes. Of equal keys the lower id is nearer.
 */

@unmanaged
export class NearestHeap {
  entries: usize;
  /** How many it may hold. */
  capacity: u32;
  count: u32;
  /** Ids by ordinal, float64; 0 when they grow with the ordinals. */
  ids: usize;
}

// @ts-ignore: decorators are AssemblyScript's
@inline export function keyAt(heap: NearestHeap, i: u32): f32 {
  return load<f32>(heap.entries + ((<usize>i) << 3));
}

// @ts-ignore: decorators are AssemblyScript's
@inline export function ordinalAt(heap: NearestHeap, i: u32): u32 {
  return load<u32>(heap.entries + ((<usize>i) << 3), 4);
}

// @ts-ignore: decorators are AssemblyScript's
@inline function put(heap: NearestHeap, i: u32, key: f32, ordinal: u32): void {
  store<f32>(heap.entries + ((<usize>i) << 3), key);
  store<u32>(heap.entries + ((<usize>i) << 3), ordinal, 4);
}

function isFarther(heap: NearestHeap, key: f32, ordinal: u32, otherKey: f32, other: u32): bool {
  if (key != otherKey) return key < otherKey;
  if (heap.ids == 0) return ordinal > other;
  return load<f64>(heap.ids + ((<usize>ordinal) << 3)) > load<f64>(heap.ids + ((<usize>other) << 3));
}

/** What a key must reach to enter: -Infinity until the heap is full, Infinity where it holds nothing. */
// @ts-ignore: decorators are AssemblyScript's
@inline export function entryKey(heap: NearestHeap): f32 {
  if (heap.count < heap.capacity) return -Infinity;
  return heap.capacity == 0 ? Infinity : keyAt(heap, 0);
}

export function offer(heap: NearestHeap, key: f32, ordinal: u32): void {
  let i = heap.count;
  if (i < heap.capacity) {
    heap.count = i + 1;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!isFarther(heap, key, ordinal, keyAt(heap, parent), ordinalAt(heap, parent))) break;
      put(heap, i, keyAt(heap, parent), ordinalAt(heap, parent));
      i = parent;
    }
    put(heap, i, key, ordinal);
    return;
  }
  if (i > 0 && isFarther(heap, keyAt(heap, 0), ordinalAt(heap, 0), key, ordinal)) {
    sink(heap, i, key, ordinal);
  }
}

/** Puts an entry in the root's place of the first `count`, and lets it sink. */
function sink(heap: NearestHeap, count: u32, key: f32, ordinal: u32): void {
  let i: u32 = 0;
  for (;;) {
    let child: u32 = 2 * i + 1;
    if (child >= count) break;
    const right: u32 = child + 1;
    if (
      right < count &&
      isFarther(heap, keyAt(heap, right), ordinalAt(heap, right), keyAt(heap, child), ordinalAt(heap, child))
    ) {
      child = right;
    }
    if (!isFarther(heap, keyAt(heap, child), ordinalAt(heap, child), key, ordinal)) break;
    put(heap, i, keyAt(heap, child), ordinalAt(heap, child));
    i = child;
  }
  put(heap, i, key, ordinal);
}

/** Puts the nearest first. */
export function sortHeap(heap: NearestHeap): void {
  for (let end = heap.count; end > 1; end--) {
    const key = keyAt(heap, end - 1);
    const ordinal = ordinalAt(heap, end - 1);
    put(heap, end - 1, keyAt(heap, 0), ordinalAt(heap, 0));
    sink(heap, end - 1, key, ordinal);
  }
}
