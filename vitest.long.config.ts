import { defineConfig } from "vitest/config";

/** What takes minutes: `npm run test:long`. */
export default defineConfig({
  test: {
    include: ["packages/*/test/long/**/*.test.ts"],
    globalSetup: "./scripts/build.mjs",
    fileParallelism: false,
    testTimeout: 1_800_000,
    hookTimeout: 60_000,
  },
});
