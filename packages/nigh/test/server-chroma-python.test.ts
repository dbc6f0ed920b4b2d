import { spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { expect, it } from "vitest";
import { CHROMA_PYTHON, WITHOUT_CHROMA } from "./remote/chroma-server.js";
import { onServer } from "./server/on-server.js";

const on = onServer({ allowReset: true, tokens: ["secret"] });
const SCRIPT = resolve(import.meta.dirname, "server/chroma_client.py");
const title = "Chroma's Python client runs unmodified through all its verbs";

it.skipIf(WITHOUT_CHROMA)(
  WITHOUT_CHROMA ? `${title} (skipped: ${WITHOUT_CHROMA})` : title,
  async () => {
    const { hostname, port } = new URL(on.url);
    const child = spawn(CHROMA_PYTHON, [SCRIPT, hostname, port, "secret"]);
    let output = "";
    let errors = "";
    child.stdout.on("data", (chunk) => {
      output += chunk;
    });
    child.stderr.on("data", (chunk) => {
      errors += chunk;
    });
    const [code] = await once(child, "close");
    expect(code, errors).toBe(0);
    expect(Number(output)).toBeGreaterThan(60);
  },
  60_000,
);
