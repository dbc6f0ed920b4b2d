import type { SqliteModule } from "../sqlite-types.js";

export function sqliteModule(): SqliteModule {
  throw new TypeError("not yet");
}
