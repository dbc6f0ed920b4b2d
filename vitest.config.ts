import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["packages/*/test/**/*.test.ts"],
    exclude: ["**/long/**", "**/node_modules/**"],
    // Tests load what ships, dist/: it is built first, so that it is never stale.
    globalSetup: "./scripts/build.mjs",
    // Models use every core, and some tests measure: one file at a time.
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
