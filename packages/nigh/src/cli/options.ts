import { InvalidArgumentError, Option } from "commander";
import type { Dtype, LongText, ModelOptions } from "../index.js";

/** Flags that several commands share. */
export interface ModelFlags {
  model?: string;
  dtype?: Dtype;
  threads?: number;
  longText?: LongText;
}

export const DEFAULT_MODEL = "all-MiniLM-L6-v2";

/** @param defaults what is shown in --help; the command resolves them by {@link loadOptions}. */
export function modelOptions(defaults: { model?: string; dtype?: string } = {}): Option[] {
  const { model = DEFAULT_MODEL, dtype = "fp32" } = defaults;
  return [
    new Option(
      "--model <name>",
      `name of a model, a model folder, or openai:NAME for one behind OpenAI's API (default: ${model})`,
    ),
    new Option(
      "--dtype <dtype>",
      `fp32: the vectors of Python; int8: faster (default: ${dtype})`,
    ).choices(["fp32", "int8"]),
    new Option(
      "--long-text <what>",
      "texts longer than the model reads: truncate them, or read them in windows with chunk (default: truncate)",
    ).choices(["truncate", "chunk"]),
    new Option("--threads <n>", "cores to use (default: all)").argParser(positiveInteger),
  ];
}

/** What `SentenceTransformer.load` takes of the flags. */
export function loadOptions(flags: ModelFlags): ModelOptions {
  return {
    ...(flags.dtype === undefined ? {} : { dtype: flags.dtype }),
    ...(flags.longText === undefined ? {} : { longText: flags.longText }),
    ...(flags.threads === undefined ? {} : { threads: flags.threads }),
  };
}

/** Default of commands that work on a collection, as --help shows it. */
export const OF_COLLECTION = `that of the collection, else ${DEFAULT_MODEL}`;

export const databaseOption = (): Option =>
  new Option("--db <folder>", "folder of the database").default("./.nigh");

/** @param otherwise what is done without it, as --help shows it. */
export const collectionOption = (otherwise = "the only one there is"): Option =>
  new Option("--collection <name>", `collection of the database (default: ${otherwise})`);

export const jsonOption = (): Option =>
  new Option("--json", "print JSON, for programs").default(false);

export function positiveInteger(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1) return value;
  throw new InvalidArgumentError(`Found "${text}", expected a whole number of at least 1.`);
}

/** A number, or the threshold that `nigh calibrate` found. */
export function thresholdFlag(text: string): number | "calibrated" {
  if (text === "calibrated") return text;
  if (text.trim() !== "" && Number.isFinite(Number(text))) return Number(text);
  throw new InvalidArgumentError(`Found "${text}", expected a number or "calibrated".`);
}

export function finiteNumber(text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && Number.isFinite(value)) return value;
  throw new InvalidArgumentError(`Found "${text}", expected a number.`);
}
