import fc from "fast-check";
import { changeMetadata, createAny, deleteCollection, rename } from "./catalogue-commands.js";
import { compact, ghosts, look, reopen } from "./client-commands.js";
import { kill } from "./kill-command.js";
import { get, query, write, writeMany, wrongDimension } from "./record-commands.js";
import type { Command } from "./steps.js";

/** How often each is drawn. */
const COMMANDS: readonly (readonly [times: number, command: fc.Arbitrary<Command>])[] = [
  [6, write],
  [4, query],
  [2, createAny],
  [1, deleteCollection],
  [1, rename],
  [1, changeMetadata],
  [1, writeMany],
  [1, wrongDimension],
  [1, get],
  [1, look],
  [1, ghosts],
  [1, compact],
  [1, reopen],
];

/** Random calls; what they must do is asked of the plain database. */
export function commands(kills: boolean): fc.Arbitrary<Iterable<Command>> {
  const all = COMMANDS.flatMap(([times, command]) => Array.from({ length: times }, () => command));
  if (kills) all.push(kill);
  return fc.commands(all, { maxCommands: 100, size: "max" }) as fc.Arbitrary<Iterable<Command>>;
}
