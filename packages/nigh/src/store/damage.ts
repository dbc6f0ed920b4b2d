/** A column holds what nigh never writes: the file is damaged, though SQLite can read it. The database names itself in the error. */
export class Damage extends Error {
  constructor(found: string, options?: { cause?: unknown }) {
    super(found, options);
    this.name = "Damage";
  }
}

/** What `read` makes of a column. @throws Damage where it cannot. */
export function undamaged<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new Damage(`${what} cannot be read`, { cause });
  }
}
