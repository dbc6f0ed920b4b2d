import { once } from "node:events";
import { Command, InvalidArgumentError, Option } from "commander";
import type { ServeOptions } from "../server/server-options.js";
import { databaseOption, jsonOption, positiveInteger } from "./options.js";
import { print, printJson } from "./print.js";

interface ServeFlags {
  db: string;
  host: string;
  port: number;
  token: string[];
  readToken: string[];
  allowAnyone: boolean;
  allowReset: boolean;
  cors: string[];
  model: string[];
  maxConcurrent?: number;
  logLevel: NonNullable<ServeOptions["logLevel"]>;
  json: boolean;
}

export function serveCommand(): Command {
  return new Command("serve")
    .description("Serve collections over HTTP, as Chroma's server and OpenAI's embeddings API do.")
    .addOption(databaseOption())
    .option("--host <address>", "address to listen on", "127.0.0.1")
    .option("--port <n>", "port to listen on, 0 for a free one", port, 8000)
    .addOption(
      new Option("--token <token>", "what clients must send; may be given again")
        .env("NIGH_TOKEN")
        .argParser(listed)
        .default([], "none is asked for"),
    )
    .addOption(
      new Option("--read-token <token>", "the same, for clients that may only read")
        .env("NIGH_READ_TOKEN")
        .argParser(listed)
        .default([], "none"),
    )
    .option(
      "--allow-anyone",
      "serve other machines without a token: whoever reaches the port may read, change and delete everything",
      false,
    )
    .option("--allow-reset", "let clients delete everything at once", false)
    .addOption(
      new Option(
        "--cors <origin>",
        "web pages of this origin may use the server; may be given again",
      )
        .argParser(listed)
        .default([], "none"),
    )
    .addOption(
      new Option("--model <name>", "model of /v1/embeddings; may be given again")
        .argParser(listed)
        .default([], "all-MiniLM-L6-v2"),
    )
    .option("--max-concurrent <n>", "requests at a time; others are answered 429", positiveInteger)
    .addOption(
      new Option("--log-level <level>", "of the lines of JSON on stderr")
        .choices(["silent", "error", "warn", "info", "debug"])
        .default("info"),
    )
    .addOption(jsonOption())
    .action(async (flags: ServeFlags) => {
      const { serve } = await import("../server/serve.js");
      const server = await serve(optionsOf(flags));
      if (flags.json) printJson({ url: server.url, db: flags.db });
      else print(`Serving ${flags.db} at ${server.url} (Ctrl-C stops).`);
      await stopSignal();
      await server.close();
    });
}

function optionsOf(flags: ServeFlags): ServeOptions {
  const { db, host, token, readToken, model, maxConcurrent, json: _, ...same } = flags;
  return {
    path: db,
    host,
    port: same.port,
    tokens: [
      ...token.map((one) => ({ token: one })),
      ...readToken.map((one) => ({ token: one, readOnly: true })),
    ],
    allowAnyone: same.allowAnyone,
    allowReset: same.allowReset,
    cors: same.cors,
    logLevel: same.logLevel,
    ...(model.length > 0 && { models: model }),
    ...(maxConcurrent !== undefined && { maxConcurrent }),
  };
}

/** When the process is told to stop; told again, it ends at once. */
async function stopSignal(): Promise<void> {
  const stop = new AbortController();
  const { signal } = stop;
  await Promise.race([once(process, "SIGINT", { signal }), once(process, "SIGTERM", { signal })]);
  stop.abort();
}

function listed(value: string, before: string[] | undefined): string[] {
  return [...(before ?? []), value];
}

function port(text: string): number {
  const value = Number(text);
  if (/^\d+$/u.test(text) && value <= 65_535) return value;
  throw new InvalidArgumentError(`Found "${text}", expected a port from 0 to 65535.`);
}
