/** What a figure was measured on. */
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism, cpus, loadavg, release, totalmem, type } from "node:os";
import { join } from "node:path";
import { z } from "zod";

/** Instructions that decide how fast matrices are multiplied. */
const RELEVANT_FLAGS = ["avx2", "avx512f", "avx_vnni", "avx512_vnni", "asimddp", "i8mm"];

/** A load above this share of the cores blurs figures. */
const BUSY = 0.5;

export interface Machine {
  readonly date: string;
  readonly cpu: string;
  readonly flags: readonly string[];
  readonly cores: number;
  readonly memoryGiB: number;
  readonly system: string;
  /** Mean of programs that wanted to run in the last minute, when the measurement started. */
  readonly load: number;
  readonly versions: Readonly<Record<string, string>>;
}

export function describeMachine(): Machine {
  return {
    date: new Date().toISOString().slice(0, 10),
    ...describeCpu(),
    cores: availableParallelism(),
    memoryGiB: totalmem() / 2 ** 30,
    system: `${type()} ${release()}`,
    load: loadavg()[0] ?? 0,
    versions: {
      node: process.versions.node,
      nigh: versionOf("nigh"),
      "onnxruntime-node": versionOf("onnxruntime-node"),
      "onnxruntime-web": versionOf("onnxruntime-web"),
    },
  };
}

/**
 * Describes the machine and prints it.
 *
 * @throws Error when figures are to be published and the machine is busy.
 */
export function announceMachine({ publish }: { readonly publish: boolean }): Machine {
  const machine = describeMachine();
  console.log(machineText(machine));
  if (machine.load > BUSY * machine.cores) {
    if (publish)
      throw new Error(
        "The machine is busy: its figures are not to be published. Wait until it is idle.",
      );
    console.error("The machine is busy: these figures are not to be published.");
  }
  return machine;
}

/** A sentence that names the machine. */
export function machineText(machine: Machine): string {
  const flags = machine.flags.length === 0 ? "" : ` (${machine.flags.join(", ")})`;
  const memory = `${machine.memoryGiB.toFixed(0)} GiB`;
  return `${machine.cpu}${flags}, ${machine.cores} cores, ${memory}, ${machine.system}; load ${machine.load.toFixed(2)} at the start`;
}

export function versionsText(versions: Readonly<Record<string, string>>): string {
  return Object.entries(versions)
    .map(([name, version]) => `${name} ${version}`)
    .join(", ");
}

/** Virtual machines often hide the name of their processor: family and model still tell it. */
function describeCpu(): { cpu: string; flags: string[] } {
  const name = cpus()[0]?.model ?? "unknown processor";
  const fields = linuxCpuFields();
  const family = fields.get("cpu family");
  const cpu =
    family === undefined ? name : `${name}, family ${family} model ${fields.get("model")}`;
  const flags = new Set((fields.get("flags") ?? fields.get("Features") ?? "").split(" "));
  return { cpu, flags: RELEVANT_FLAGS.filter((flag) => flags.has(flag)) };
}

/** The first processor of /proc/cpuinfo; empty where there is none. */
function linuxCpuFields(): Map<string, string> {
  let text: string;
  try {
    text = readFileSync("/proc/cpuinfo", "utf8");
  } catch {
    return new Map();
  }
  const [first = ""] = text.split("\n\n");
  return new Map(
    first.split("\n").map((line) => {
      const [key = "", value = ""] = line.split(":");
      return [key.trim(), value.trim()] as const;
    }),
  );
}

function versionOf(packageName: string): string {
  const folders = requireFromNigh().resolve.paths(packageName) ?? [];
  const manifest = folders
    .map((folder) => join(folder, packageName, "package.json"))
    .find((path) => existsSync(path));
  if (manifest === undefined) return "not installed";
  return z.object({ version: z.string() }).parse(JSON.parse(readFileSync(manifest, "utf8")))
    .version;
}

/** Resolves packages as nigh sees them. */
export function requireFromNigh(): NodeJS.Require {
  return createRequire(createRequire(import.meta.url).resolve("nigh/package.json"));
}
