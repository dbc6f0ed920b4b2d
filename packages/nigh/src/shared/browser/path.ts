/** The part of node:path that nigh uses, for the paths of model folders: separated by "/", without drives. */

export function join(...parts: readonly string[]): string {
  const joined = parts.filter((part) => part !== "").join("/");
  const kept: string[] = [];
  for (const part of joined.split("/")) {
    if (part === "" || part === ".") continue;
    if (part === ".." && kept.length > 0 && kept.at(-1) !== "..") kept.pop();
    else kept.push(part);
  }
  return `${isAbsolute(joined) ? "/" : ""}${kept.join("/")}` || ".";
}

export function dirname(path: string): string {
  const end = path.lastIndexOf("/");
  if (end < 0) return ".";
  return end === 0 ? "/" : path.slice(0, end);
}

export function basename(path: string): string {
  return path.replace(/\/+$/u, "").split("/").at(-1) ?? "";
}

export function isAbsolute(path: string): boolean {
  return path.startsWith("/");
}

/** Of a path that lies below `from`. */
export function relative(from: string, to: string): string {
  const folder = from.endsWith("/") ? from : `${from}/`;
  return to.startsWith(folder) ? to.slice(folder.length) : to;
}

/** A page has no working folder: a path is what it is. */
export function resolve(path: string): string {
  return path;
}
