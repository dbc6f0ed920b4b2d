/** Builds all packages: changed ones only, in a few seconds. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");

export default function build() {
  execFileSync(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-b", root], {
    stdio: "inherit",
  });
}
