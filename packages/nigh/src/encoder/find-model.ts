import { stat } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { describe } from "../shared/describe.js";
import { NighError } from "../shared/errors.js";
import { nearestName } from "../shared/options.js";
import { models } from "./known-models.js";

const ORGANIZATION = "sentence-transformers/";

/**
 * The folder of a model: a model folder as it is, as in Python, else a known name, with or without
 * "sentence-transformers/".
 *
 * @throws NighError `ERR_MODEL_NOT_FOUND` with the known names.
 */
export async function findModel(nameOrFolder: string): Promise<{ name: string; folder: string }> {
  if (typeof nameOrFolder !== "string" || nameOrFolder.trim() === "") {
    throw new NighError(
      "ERR_INVALID_ARGUMENT",
      `A model is named by a string, found ${describe(nameOrFolder)}.`,
    );
  }
  const folder = resolve(nameOrFolder);
  if (await isModelFolder(folder)) return { name: nameOrFolder, folder };

  const short = nameOrFolder.startsWith(ORGANIZATION)
    ? nameOrFolder.slice(ORGANIZATION.length)
    : nameOrFolder;
  const known = models().find((model) => model.name.toLowerCase() === short.toLowerCase());
  if (known) return { name: known.name, folder: packagedFolder(known.source) };
  if (await isFolder(folder)) return { name: nameOrFolder, folder };
  const names = models().map((model) => model.name);
  const nearest = nearestName(short, names);
  const isPath = isAbsolute(nameOrFolder) || nameOrFolder.startsWith(".");
  throw new NighError(
    "ERR_MODEL_NOT_FOUND",
    isPath
      ? `There is no folder ${folder}: a model is a folder as sentence-transformers saves it.`
      : `There is no model "${nameOrFolder}".${nearest ? ` Did you mean "${nearest}"?` : ""} Known: ${names.join(", ")}; or give the path of a model folder.`,
  );
}

/** A folder of a known model's name in the working directory counts only when it holds a model. */
async function isModelFolder(folder: string): Promise<boolean> {
  const files = ["modules.json", "config.json"].map((name) => stat(join(folder, name)));
  return (await Promise.allSettled(files)).some((found) => found.status === "fulfilled");
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
}

function packagedFolder(source: string): string {
  try {
    return join(dirname(createRequire(import.meta.url).resolve(`${source}/package.json`)), "model");
  } catch (error) {
    throw new NighError(
      "ERR_MODEL_NOT_FOUND",
      `The package ${source} is not installed: run npm install ${source}.`,
      { cause: error },
    );
  }
}
