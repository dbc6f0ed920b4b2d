import { wait } from "#shared/turns";

/** How long one who waits for another process's writes leaves between two looks whether it is done. */
const LOOK_MS = 2;
/** The longest time that a process writes, transaction after transaction, before it lets others in. */
const TURN_MS = 200;
/** How long it lets others in: they look three times. */
const PAUSE_MS = 3 * LOOK_MS;

/**
 * Takes turns with the writers of other processes. Nobody can see who waits: so a process that writes without end leaves the
 * database to others for a moment every now and then, which costs it 3% of its time.
 */
export class WriterTurns {
  /** When this process began to write without a pause. */
  #since = 0;
  #until = Number.NEGATIVE_INFINITY;

  /**
   * Waits for this process's turn.
   *
   * @param begin tries to begin a transaction; false where another process is writing.
   * @returns false when others did not let go within `waitMs`.
   */
  async begin(begin: () => boolean, waitMs: number): Promise<boolean> {
    const deadline = performance.now() + waitMs;
    if (performance.now() - this.#until > PAUSE_MS) {
      this.#since = performance.now();
    } else if (performance.now() - this.#since > TURN_MS) {
      await wait(PAUSE_MS);
      this.#since = performance.now();
    }
    while (!begin()) {
      if (performance.now() >= deadline) return false;
      await wait(LOOK_MS);
      this.#since = performance.now();
    }
    return true;
  }

  /** To be called after each transaction. */
  end(): void {
    this.#until = performance.now();
  }
}
