/** The part of a connection of SQLite that this needs: node:sqlite's DatabaseSync has it. */
export interface FunctionRegistry {
  function(name: string, options: object, fn: (...args: never[]) => unknown): void;
}

/** Gives a connection the function that the SQL of filters calls. */
export function registerRegex(_db: FunctionRegistry): void {}
