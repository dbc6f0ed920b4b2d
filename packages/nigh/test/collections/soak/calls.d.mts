import type { Collection } from "nigh";
import type { Write } from "../oracle.js";

/** A write as a call; gives its report. */
export function perform(collection: Collection, write: Write): Promise<object>;
