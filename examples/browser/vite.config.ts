import { cpSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { defineConfig } from "vite";

const MODEL = "all-MiniLM-L6-v2";

// The bundled model is served as it is: its folder is copied among the static files.
const model = createRequire(import.meta.url).resolve("@nigh/model-all-minilm-l6-v2/package.json");
const models = join(import.meta.dirname, "public/models", MODEL);
cpSync(join(dirname(model), "model"), models, { recursive: true });

/** With these the page is cross-origin isolated, and the model may use several threads. Without them it runs in one thread. */
const headers = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};

export default defineConfig({
  base: "./",
  worker: { format: "es" },
  // Prepared as one file each, they would not find their workers and their WebAssembly.
  optimizeDeps: { exclude: ["nigh", "onnxruntime-web", "@sqlite.org/sqlite-wasm"] },
  server: { headers },
  preview: { headers },
});
