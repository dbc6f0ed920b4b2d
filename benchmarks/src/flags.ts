import { InvalidArgumentError } from "commander";

/** Reads a flag whose value is a whole number from 1. */
export function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new InvalidArgumentError(`It must be a whole number from 1, found "${text}".`);
  return value;
}
