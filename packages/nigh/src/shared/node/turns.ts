export { setImmediate as nextTurn, setTimeout as wait } from "node:timers/promises";
