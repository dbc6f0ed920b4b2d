/**
 * The root's commands, from a bare clone on: installs what is missing, builds, runs.
 *
 *   node scripts/run.mjs demo | test | test:long | lint | check | build | bench | example:browser  [arguments]
 *
 * Plain JavaScript without dependencies, since it runs before there are any.
 */
import { spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import build from "./build.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const [task = "", ...args] = process.argv.slice(2);

const vitest = ["node_modules/vitest/vitest.mjs", "run"];
const biome = ["node_modules/@biomejs/biome/bin/biome", "ci", "."];
const typesInBrowsers = [
  "node_modules/typescript/bin/tsc",
  "-p",
  "packages/nigh/tsconfig.browser.json",
];
const vite = ["node_modules/vite/bin/vite.js"];
const typesOfExamples = ["node_modules/typescript/bin/tsc", "-p", "examples/browser/tsconfig.json"];
const typesOfTests = ["node_modules/typescript/bin/tsc", "-p", "packages/nigh/tsconfig.test.json"];

const tasks = {
  build: () => {},
  demo: () => node(["packages/nigh/bin/nigh.js", "demo", ...args]),
  test: () => node([...vitest, ...args]),
  "test:long": () => node([...vitest, "--config", "vitest.long.config.ts", ...args]),
  lint,
  check: () => {
    lint();
    node(vitest);
  },
  bench: () => node(["benchmarks/dist/main.js", ...args]),
  "example:browser": () => {
    node([...vite, "build", "examples/browser", "--logLevel=warn"]);
    node([...vite, "preview", "examples/browser", ...args]);
  },
};

if (!(task in tasks)) {
  console.error(`Unknown task "${task}". There are: ${Object.keys(tasks).join(", ")}.`);
  process.exit(2);
}
checkNode();
install();
try {
  build();
} catch {
  console.error("The build failed: the compiler's messages are above.");
  process.exit(1);
}
tasks[task]();

function lint() {
  node(biome);
  node(typesOfTests);
  node(typesInBrowsers);
  node(typesOfExamples);
}

/** What the tools that build and test nigh need. */
function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major > 22 || (major === 22 && minor >= 12) || (major === 20 && minor >= 19)) return;
  console.error(
    `Found Node.js ${process.versions.node}, expected 20.19 or later, or 22.12 or later.`,
  );
  process.exit(1);
}

/** npm ci, where node_modules is missing or older than the lockfile. */
function install() {
  const installed = join(root, "node_modules/.package-lock.json");
  const lockfile = join(root, "package-lock.json");
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lockfile).mtimeMs) return;
  console.error("Installing dependencies (npm ci) …");
  // The variable says what .npmrc says, for versions of npm that no longer pass unknown keys on.
  const env = { ...process.env, ONNXRUNTIME_NODE_INSTALL: "skip" };
  const shell = process.platform === "win32";
  run("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], { env, shell });
}

function node(nodeArgs) {
  run(process.execPath, nodeArgs, {});
}

function run(command, commandArgs, options) {
  const { status, error } = spawnSync(command, commandArgs, {
    cwd: root,
    stdio: "inherit",
    ...options,
  });
  if (error) console.error(`${command}: ${error.message}`);
  if (status !== 0) process.exit(status ?? 1);
}
