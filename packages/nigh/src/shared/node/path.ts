export { basename, dirname, isAbsolute, join, relative } from "node:path";
