import { type ProgressDisplay, ProgressLines, type Unit } from "../progress-lines.js";

/** Lines on the console. */
export function progressDisplay(label: string, unit: Unit): ProgressDisplay {
  return new ProgressLines(label, unit, (line) => console.info(line));
}
