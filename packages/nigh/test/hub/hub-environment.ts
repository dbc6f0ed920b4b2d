import { afterEach, beforeEach } from "vitest";
import { temporaryFolder } from "../shared/temporary-folder.js";
import type { HubServer } from "./hub-server.js";

const VARIABLES =
  /^(?:HF_|HUGGING|TRANSFORMERS_OFFLINE|XDG_CACHE_HOME|NO_PROXY|HTTPS?_PROXY|https?_proxy|no_proxy)/u;

/** The variables of a process that uses `server` with an empty cache in `home`. */
export function hubVariables(server: HubServer, home: string): Record<string, string> {
  return { HF_ENDPOINT: server.url, HF_HOME: home, NO_COLOR: "1" };
}

/** Gives each test of the file an empty HF_HOME and the server, and nothing of the machine's own variables. */
export function useHub(server: () => HubServer): { readonly home: string } {
  const kept: Record<string, string> = {};
  const state = { home: "" };
  beforeEach(() => {
    for (const [name, value] of Object.entries(process.env)) {
      if (!VARIABLES.test(name) || value === undefined) continue;
      kept[name] = value;
      delete process.env[name];
    }
    state.home = temporaryFolder();
    Object.assign(process.env, hubVariables(server(), state.home));
    server().reset();
  });
  afterEach(() => {
    for (const name of Object.keys(process.env)) if (VARIABLES.test(name)) delete process.env[name];
    Object.assign(process.env, kept);
  });
  return state;
}
