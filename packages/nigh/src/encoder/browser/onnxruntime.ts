import type { Backend, RuntimeName } from "../ort.js";

/** What can run a model, the best first. */
export const BACKENDS: { readonly [K in RuntimeName]?: () => Promise<Backend> } = {};
