/** Builds all packages, what has changed only: the WebAssembly kernels first, then TypeScript. */
import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const assembly = join(root, "packages/nigh/assembly");
/** Generated, not committed: the modules as text, so that Node and browsers load them without a file. */
const binaries = join(root, "packages/nigh/src/kernels/wasm-binaries.ts");

/** The kernels' variants and what asc is told for each. */
const VARIANTS = {
  plain: ["--enable", "simd"],
  relaxed: ["--enable", "simd", "--enable", "relaxed-simd"],
};
const SHARED = ["--enable", "threads", "--sharedMemory", "--maximumMemory", "65536"];

export default function build() {
  buildKernels();
  execFileSync(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-b", root], {
    stdio: "inherit",
  });
}

function buildKernels() {
  const sources = [fileURLToPath(import.meta.url)].concat(
    readdirSync(assembly).map((name) => join(assembly, name)),
  );
  const newest = Math.max(...sources.map((path) => statSync(path).mtimeMs));
  if (existsSync(binaries) && statSync(binaries).mtimeMs > newest) return;
  const folder = join(root, "packages/nigh/dist/assembly");
  mkdirSync(folder, { recursive: true });
  const lines = [
    "/** Made by scripts/build.mjs from packages/nigh/assembly: base64 of WebAssembly modules. */",
  ];
  for (const [name, flags] of Object.entries(VARIANTS)) {
    lines.push(`export const ${name} = "${compile(join(folder, `${name}.wasm`), flags)}";`);
    const shared = compile(join(folder, `${name}-shared.wasm`), [...flags, ...SHARED]);
    lines.push(`export const ${name}Shared = "${shared}";`);
  }
  rmSync(folder, { recursive: true });
  writeFileSync(binaries, `${lines.join("\n")}\n`);
}

/** @returns the module in base64. */
function compile(outFile, flags) {
  const asc = join(root, "node_modules/assemblyscript/bin/asc.js");
  const always = ["-O3", "--noAssert", "--runtime", "stub", "--importMemory", "--outFile", outFile];
  execFileSync(process.execPath, [asc, join(assembly, "index.ts"), ...always, ...flags], {
    stdio: "inherit",
  });
  return readFileSync(outFile).toString("base64");
}
