/** Longest that leaving a program waits for its threads. */
const PATIENCE_MS = 5000;

const cells = new Set<Int32Array>();
let listening = false;

/**
 * A cell of shared memory that is 1 while a thread computes.
 *
 * onnxruntime-node aborts the whole process when its thread is ended in the middle of a call, and
 * process.exit() ends threads at once. So leaving waits until the cells are 0: a batch takes some
 * hundredths of a second.
 */
export function createBusyCell(): Int32Array {
  if (!listening) process.on("exit", waitForThreads);
  listening = true;
  const cell = new Int32Array(new SharedArrayBuffer(4));
  cells.add(cell);
  return cell;
}

export function markBusy(cell: Int32Array): void {
  Atomics.store(cell, 0, 1);
}

export function markIdle(cell: Int32Array): void {
  Atomics.store(cell, 0, 0);
  Atomics.notify(cell, 0);
}

/** For a thread that has ended. */
export function removeBusyCell(cell: Int32Array): void {
  cells.delete(cell);
}

function waitForThreads(): void {
  const deadline = performance.now() + PATIENCE_MS;
  for (const cell of cells) {
    Atomics.wait(cell, 0, 1, Math.max(0, deadline - performance.now()));
  }
}
