/** SQL with the values of its parameters, in order: `$1` is the first. */
export interface Query {
  readonly text: string;
  readonly values: readonly unknown[];
}

/** Collects the parameters of a statement. */
export class Parameters {
  readonly values: unknown[] = [];

  /** A placeholder for a value. @param type of Postgres. */
  add(value: unknown, type: string): string {
    this.values.push(value);
    return `$${this.values.length}::${type}`;
  }
}

/** A name as SQL has it. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
