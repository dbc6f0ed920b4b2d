import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import { MINILM_GOLDEN, NIGH_PACKAGE, readJson, TINY_MODEL } from "./encoder/fixtures.js";
import { type Ended, program, run } from "./encoder/run-program.js";
import { needsNative, RUNTIMES, skipNative } from "./encoder/runtimes.js";
import { expectSameVectors } from "./encoder/vectors.js";
import { temporaryFolder } from "./shared/temporary-folder.js";

const GOLDEN_VECTORS = MINILM_GOLDEN.embeddings.slice(0, 2);
const ONE_THREAD = { args: ["all-MiniLM-L6-v2", "default", "fp32", "1"] };
const SLOW = { timeout: 120_000 };

interface Encoded {
  readonly runtime: string;
  readonly vectors: readonly (readonly number[])[];
}

function expectEnd(ended: Ended, code: number): void {
  expect(ended.signal, ended.stderr).toBeNull();
  expect(ended.code, ended.stderr).toBe(code);
}

/** The program `encode.mjs` ended well, and its vectors are Python's. */
function expectEncoded(ended: Ended): Encoded {
  expectEnd(ended, 0);
  const encoded = JSON.parse(ended.stdout) as Encoded;
  expectSameVectors(encoded.vectors, GOLDEN_VECTORS);
  return encoded;
}

describe("a program that uses a model", () => {
  it("ends by itself, exit code 0, without close(), five times of five", SLOW, async () => {
    for (let i = 0; i < 5; i++) expectEncoded(await run(program("encode.mjs")));
  });

  it("does not end before an encode that nobody awaits has ended", SLOW, async () => {
    const ended = await run(program("encode-unawaited.mjs"));
    expectEnd(ended, 0);
    expect(ended.stdout.trim()).toBe("100 x 384");
  });

  for (const { runtime, label, skip } of RUNTIMES) {
    const [times, model] = runtime === "native" ? [5, "all-MiniLM-L6-v2"] : [1, TINY_MODEL];
    it.skipIf(skip)(
      `leaves by process.exit() in the middle of an encode, with its code and no signal, every time, on ${label}`,
      SLOW,
      async () => {
        for (let i = 0; i < times; i++) {
          const ended = await run(program("exit-early.mjs"), { args: ["exit", model, runtime] });
          expectEnd(ended, 3);
          expect(ended.stdout).toBe("");
        }
      },
    );
  }

  it.each([
    ["right after the call", "call"],
    ["when the thread is made", "made"],
    ["when the thread runs", "online"],
  ])(
    "leaves by process.exit() in a load, %s, with its code and no signal",
    SLOW,
    async (_, stage) => {
      const ended = await run(program("exit-in-load.mjs"), { args: [stage] });
      expectEnd(ended, 3);
      expect(ended.stdout).toBe("");
    },
  );

  it.each(["0.2", "0.4", "0.6", "0.8"])(
    "leaves by process.exit() after %s of the time of a load, with its code and no signal",
    SLOW,
    async (part) => {
      expectEnd(await run(program("exit-in-load.mjs"), { args: [part] }), 3);
    },
  );

  it.skipIf(skipNative)(
    needsNative("ends with code 1 and no signal at an uncaught error in the middle of an encode"),
    SLOW,
    async () => {
      const ended = await run(program("exit-early.mjs"), {
        args: ["throw", "all-MiniLM-L6-v2", "native"],
      });
      expectEnd(ended, 1);
      expect(ended.stderr).toContain("an error that nobody catches");
      expect(ended.stdout).toBe("");
    },
  );
});

describe("the network", () => {
  async function recorded(
    path: string,
    args: readonly string[],
  ): Promise<Ended & { log: string[] }> {
    const log = join(temporaryFolder(), "network.log");
    const preload = pathToFileURL(program("record-network.mjs")).href;
    const ended = await run(path, {
      args,
      // Threads inherit NODE_OPTIONS, and so the recorder.
      environment: { NETWORK_LOG: log, NODE_OPTIONS: `--import=${preload}` },
    });
    return { ...ended, log: readFileSync(log, "utf8").trim().split("\n") };
  }

  it(
    "the recorder of these tests sees what reaches for it, in the main thread and in others",
    SLOW,
    async () => {
      const { log } = await recorded(program("reach-out.mjs"), []);
      const attempts = ["fetch", "net.connect", "dns.promises.lookup", "https.get"];
      for (const thread of ["main", "worker"]) {
        const seen = log.filter((line) => line.startsWith(`${thread} `));
        expect(seen).toEqual(["armed", ...attempts].map((what) => `${thread} ${what}`));
      }
    },
  );

  /** The log has nothing but the recorder in the main thread and in at least `workers` others. */
  function expectNothingBut(log: readonly string[], workers: number): void {
    expect(log[0]).toBe("main armed");
    expect(log.length - 1).toBeGreaterThanOrEqual(workers);
    expect(new Set(log.slice(1))).toEqual(new Set(["worker armed"]));
  }

  it.each([
    ["default", "fp32", "all-MiniLM-L6-v2"],
    ...(skipNative ? [] : [["native", "int8", TINY_MODEL] as const]),
    ["wasm", "fp32", TINY_MODEL],
  ] as const)("nothing reaches for it on runtime %s in %s", SLOW, async (runtime, dtype, model) => {
    const ended = await recorded(program("encode.mjs"), [model, runtime, dtype]);
    expectEnd(ended, 0);
    expectNothingBut(ended.log, 2);
  });

  it("nigh index and nigh search do not reach for it", SLOW, async () => {
    const folder = temporaryFolder();
    const [notes, database] = [join(folder, "notes.md"), join(folder, "database")];
    writeFileSync(notes, "# Animals\n\nA kitten is asleep on the piano.\n");
    const commands = [
      ["index", notes, "--db", database],
      ["search", "a resting animal", "--db", database, "--json"],
    ];
    for (const args of commands) {
      const ended = await recorded(join(NIGH_PACKAGE, "bin/nigh.js"), args);
      expectEnd(ended, 0);
      expectNothingBut(ended.log, 1);
      if (args[0] === "search") expect(ended.stdout).toContain("A kitten is asleep on the piano.");
    }
  });

  const tracer = findTracer();
  it.skipIf(tracer.reason)(
    `the operating system is asked for no internet socket${tracer.reason ? ` (skipped: ${tracer.reason})` : ""}`,
    SLOW,
    async () => {
      const traced = await trace(program("encode.mjs"));
      expectEncoded(traced);
      expect(traced.calls.filter((line) => line.includes("AF_INET"))).toEqual([]);
      // The tracer sees such sockets where there are some.
      const control = join(temporaryFolder(), "control.mjs");
      writeFileSync(
        control,
        `import { connect } from "node:net"; connect(65001, "127.0.0.1").on("error", () => {});`,
      );
      expect((await trace(control)).calls.some((line) => line.includes("AF_INET"))).toBe(true);
    },
  );

  async function trace(path: string): Promise<Ended & { calls: string[] }> {
    const output = join(temporaryFolder(), "calls.txt");
    const command = [
      "strace",
      "-f",
      "-qq",
      "-e",
      "trace=socket,connect",
      "-o",
      output,
      process.execPath,
    ];
    const ended = await run(path, { command });
    return { ...ended, calls: readFileSync(output, "utf8").split("\n") };
  }

  function findTracer(): { reason: string | undefined } {
    const tried = spawnSync("strace", ["-qq", "-o", "/dev/null", process.execPath, "--version"]);
    if (tried.error) return { reason: "strace is not installed" };
    return { reason: tried.status === 0 ? undefined : "strace may not trace here" };
  }
});

describe("an installation without a native runtime that works", () => {
  /** node_modules as npm lays it out, but for onnxruntime-node: there is none, or what `native` says. */
  function install(native: string | undefined, leaveOut: readonly string[] = []): string {
    const root = temporaryFolder();
    const modules = join(root, "node_modules");
    const nigh = join(modules, "nigh");
    for (const part of ["package.json", "dist", "bin"]) {
      cpSync(join(NIGH_PACKAGE, part), join(nigh, part), { recursive: true });
    }
    const { dependencies } = readJson<{ dependencies: Record<string, string> }>(
      join(NIGH_PACKAGE, "package.json"),
    );
    for (const name of Object.keys(dependencies).filter((name) => !leaveOut.includes(name))) {
      const link = join(modules, name);
      mkdirSync(dirname(link), { recursive: true });
      // A junction needs no privilege on Windows; elsewhere it is a link as any.
      symlinkSync(installedFolder(name), link, "junction");
    }
    if (native !== undefined) {
      mkdirSync(join(modules, "onnxruntime-node"));
      writeFileSync(join(modules, "onnxruntime-node/index.js"), native);
    }
    cpSync(program("encode.mjs"), join(root, "encode.mjs"));
    return join(root, "encode.mjs");
  }

  function installedFolder(name: string): string {
    const places = createRequire(join(NIGH_PACKAGE, "package.json")).resolve.paths(name) ?? [];
    const folder = places.map((place) => join(place, name)).find((place) => existsSync(place));
    if (folder === undefined) throw new Error(`${name} is not installed`);
    return folder;
  }

  it(
    "runs on WASM where onnxruntime-node is not installed, with Python's vectors",
    SLOW,
    async () => {
      expect(expectEncoded(await run(install(undefined), ONE_THREAD)).runtime).toBe("wasm");
    },
  );

  it("runs on WASM where onnxruntime-node does not load, with Python's vectors", SLOW, async () => {
    const broken = 'throw new Error("libonnxruntime.so.1: cannot open shared object file");';
    expect(expectEncoded(await run(install(broken), ONE_THREAD)).runtime).toBe("wasm");
  });

  it("says why when the native runtime is asked for by name: ERR_RUNTIME", SLOW, async () => {
    const broken = 'throw new Error("libonnxruntime.so.1: cannot open shared object file");';
    const ended = await run(install(broken), { args: ["all-MiniLM-L6-v2", "native"] });
    expectEnd(ended, 1);
    expect(ended.stderr).toContain("ERR_RUNTIME");
    expect(ended.stderr).toContain("libonnxruntime.so.1: cannot open shared object file");
  });

  it("names the reasons of both runtimes where neither loads: ERR_RUNTIME", SLOW, async () => {
    const ended = await run(install(undefined, ["onnxruntime-web"]));
    expectEnd(ended, 1);
    expect(ended.stderr).toMatch(/ERR_RUNTIME/);
    expect(ended.stderr).toMatch(/native: .*onnxruntime-node.*wasm: .*onnxruntime-web/);
  });

  it(
    "names the package to install where the bundled model is missing: ERR_MODEL_NOT_FOUND",
    SLOW,
    async () => {
      const ended = await run(install(undefined, ["@nigh/model-all-minilm-l6-v2"]));
      expectEnd(ended, 1);
      expect(ended.stderr).toContain("ERR_MODEL_NOT_FOUND");
      expect(ended.stderr).toContain("npm install @nigh/model-all-minilm-l6-v2");
    },
  );
});
