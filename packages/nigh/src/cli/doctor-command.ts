import { Command } from "commander";
import pc from "picocolors";
import { type DoctorReport, doctor, NighError } from "../index.js";
import { formatBytes } from "../shared/format-bytes.js";
import { databaseOption, jsonOption } from "./options.js";
import { formatCount, print, printable, printJson, printTable } from "./print.js";

interface DoctorFlags {
  db: string;
  repair: boolean;
  compact: boolean;
  saveTo?: string;
  json: boolean;
}

export function doctorCommand(): Command {
  return new Command("doctor")
    .description("Examine a database, repair it, or save what can be read of a damaged one.")
    .addOption(databaseOption())
    .option("--repair", "make anew what is wrong and derived from records and vectors", false)
    .option("--compact", "give room of deleted records back to the disk", false)
    .option("--save-to <folder>", "save every record that can be read into a new folder")
    .addOption(jsonOption())
    .action(async ({ db, repair, compact, saveTo, json }: DoctorFlags) => {
      if (saveTo !== undefined && (repair || compact)) {
        throw new NighError(
          "ERR_INVALID_ARGUMENT",
          "Found --save-to together with --repair or --compact, expected one of them: --save-to leaves the database as it is.",
        );
      }
      const save = saveTo === undefined ? {} : { saveTo };
      const report = await doctor({ path: db, repair, compact, ...save });
      if (json) printJson(report);
      else printReport(db, report);
      const { problems, saved } = report;
      if (saved === undefined && problems.length > 0) {
        throw new NighError(
          "ERR_DATABASE",
          `${db} has ${formatCount(problems.length)} problem${problems.length === 1 ? "" : "s"}${json ? "" : ", listed above"}: ${adviceFor(db, report)}.`,
        );
      }
    });
}

function adviceFor(db: string, { problems }: DoctorReport): string {
  return problems.every(({ remedy }) => remedy === "repair")
    ? `nigh doctor --db ${db} --repair mends them`
    : `nigh doctor --db ${db} --save-to NEWFOLDER saves what can be read`;
}

function printReport(db: string, report: DoctorReport): void {
  const { collections, problems, repaired, compacted, saved } = report;
  if (saved !== undefined) {
    for (const { message } of problems) print(`${pc.red("problem")} ${printable(message)}`);
    printTable(
      ["collection", "saved", "in part", "lost"],
      saved.collections.map(({ name, saved, partial, lost }) => [
        name,
        saved,
        partial.length,
        lost,
      ]),
    );
    for (const note of saved.notes) print(printable(note));
    for (const { withoutVectors } of saved.collections)
      if (withoutVectors !== undefined) print(`Records without vectors: ${withoutVectors}`);
    print(`${pc.green("done")} what can be read is in ${saved.path}; ${db} is as it was.`);
    return;
  }
  printTable(
    ["collection", "records", "dimensions"],
    collections.map(({ name, records, dimension }) => [name, records, dimension ?? ""]),
  );
  print();
  for (const { message } of repaired) print(`${pc.green("repaired")} ${printable(message)}`);
  for (const { message } of problems) print(`${pc.red("problem")} ${printable(message)}`);
  if (compacted !== undefined)
    print(`${pc.green("compacted")} the file is ${formatBytes(compacted.freed)} smaller.`);
  if (problems.length === 0) print(`${pc.green("sound")} ${db}: nothing is wrong.`);
}
