type Method = (...given: unknown[]) => unknown;

/** The class of open files, which only workers have: TypeScript's types of pages lack it. */
interface Scope {
  readonly FileSystemSyncAccessHandle: {
    readonly prototype: { readonly write: Method; readonly truncate: Method };
  };
}

let isFull = false;

/**
 * Notes when the browser gives a file no more room: SQLite's files tell it as an error of the disk like any other. In this worker only,
 * whose files are all nigh's.
 */
export function watchRoom(): void {
  const { prototype } = (globalThis as unknown as Scope).FileSystemSyncAccessHandle;
  for (const name of ["write", "truncate"] as const) {
    const original = prototype[name];
    const watched = function (this: unknown, ...given: unknown[]): unknown {
      try {
        const answer = original.apply(this, given);
        // Chromium throws nothing: it claims to have written 4,294,967,288 bytes, its code of a full disk.
        const [bytes] = given;
        if (ArrayBuffer.isView(bytes) && answer !== bytes.byteLength) isFull = true;
        return answer;
      } catch (error) {
        if ((error as Error).name === "QuotaExceededError") isFull = true;
        throw error;
      }
    };
    Object.defineProperty(prototype, name, { value: watched, writable: true, configurable: true });
  }
}

/** Whether a file was given no more room since this was asked last. */
export function wasFull(): boolean {
  const answer = isFull;
  isFull = false;
  return answer;
}
