import { InvalidArgumentError, Option } from "commander";

/** Flags that several commands share. */
export interface ModelFlags {
  model: string;
  dtype: "fp32" | "int8";
  threads?: number;
}

export const DEFAULT_MODEL = "all-MiniLM-L6-v2";

export function modelOptions(dtype: ModelFlags["dtype"] = "fp32"): Option[] {
  return [
    new Option("--model <name>", "name of a known model, or a model folder").default(DEFAULT_MODEL),
    new Option("--dtype <dtype>", "fp32: the vectors of Python; int8: faster")
      .choices(["fp32", "int8"])
      .default(dtype),
    new Option("--threads <n>", "cores to use (default: all)").argParser(positiveInteger),
  ];
}

/** What `SentenceTransformer.load` takes of the flags. */
export function loadOptions(flags: ModelFlags): { dtype: "fp32" | "int8"; threads?: number } {
  return { dtype: flags.dtype, ...(flags.threads === undefined ? {} : { threads: flags.threads }) };
}

export const databaseOption = (): Option =>
  new Option("--db <folder>", "folder of the database").default("./.nigh");

export const jsonOption = (): Option =>
  new Option("--json", "print JSON, for programs").default(false);

export function positiveInteger(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1) return value;
  throw new InvalidArgumentError(`Found "${text}", expected a whole number of at least 1.`);
}

export function finiteNumber(text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && Number.isFinite(value)) return value;
  throw new InvalidArgumentError(`Found "${text}", expected a number.`);
}
