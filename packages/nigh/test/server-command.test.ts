import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { connect } from "nigh";
import { expect, it } from "vitest";
import { BIN, nigh } from "./cli/run-nigh.js";
import { temporaryFolder } from "./shared/temporary-folder.js";

const folder = temporaryFolder();

/** `nigh serve` as a process. @returns when it listens. */
async function started(args: readonly string[]) {
  const child = spawn(process.execPath, [BIN, "serve", "--port", "0", "--json", ...args], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let logged = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    logged += text;
  });
  let printed = "";
  for await (const line of createInterface(child.stdout)) {
    printed += line;
    if (line.startsWith("}") || line.endsWith("}")) break;
  }
  const { url } = JSON.parse(printed) as { url: string };
  return {
    url,
    logged: () => logged,
    kill: async (signal: NodeJS.Signals) => {
      const ended = once(child, "close");
      child.kill(signal);
      const [code] = await ended;
      return code as number | null;
    },
  };
}

const RECORDS = { ids: ["a"], embeddings: [[1, 2]], documents: ["kept"] };

it("nigh serve serves a folder until it is told to stop, and logs requests without their secrets", async () => {
  const db = join(folder, "db-1");
  const server = await started(["--db", db, "--token", "secret"]);
  const client = await connect(server.url, { token: "secret" });
  const notes = await client.createCollection({ name: "notes", embeddingFunction: null });
  await notes.add(RECORDS);
  await client.close();
  expect(await server.kill("SIGTERM")).toBe(0);
  const lines = server
    .logged()
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(lines.find(({ route }) => route?.endsWith("/add"))).toMatchObject({
    method: "POST",
    status: 201,
    requestId: expect.stringMatching(/./u),
  });
  expect(server.logged()).not.toContain("secret");
  const { stdout } = await nigh(["collections", "--db", db]);
  expect(stdout).toContain("notes");
});

it("what a server acknowledged is there after it was killed", async () => {
  const db = join(folder, "db-2");
  const first = await started(["--db", db]);
  const client = await connect(first.url);
  const notes = await client.createCollection({ name: "notes", embeddingFunction: null });
  await notes.add(RECORDS);
  await client.close();
  await first.kill("SIGKILL");
  const second = await started(["--db", db]);
  const again = await connect(second.url);
  const same = await again.getCollection({ name: "notes", embeddingFunction: null });
  expect((await same.get()).documents).toEqual(["kept"]);
  await again.close();
  expect(await second.kill("SIGINT")).toBe(0);
});

it("nigh serve does not serve other machines without a token", async () => {
  const { code, stderr } = await nigh(["serve", "--db", join(folder, "db-3"), "--host", "0.0.0.0"]);
  expect(code).toBe(2);
  expect(stderr).toContain("--allow-anyone");
});
