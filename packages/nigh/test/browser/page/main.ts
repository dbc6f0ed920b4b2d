/** Gives the tests all of nigh/browser, as the global `nigh`. */
import * as all from "nigh/browser";

declare global {
  var nigh: typeof import("nigh/browser");
}

globalThis.nigh = all;
