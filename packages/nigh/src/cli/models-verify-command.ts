import { Command } from "commander";
import pc from "picocolors";
import { NighError, verifyModels } from "../index.js";
import { jsonOption } from "./options.js";
import { print, printJson } from "./print.js";

export function modelsVerifyCommand(): Command {
  return new Command("verify")
    .description("Compare the files of models with their checksums.")
    .argument("[name]", "one model (default: the bundled one and all in the cache)")
    .addOption(jsonOption())
    .action(async (name: string | undefined, { json }: { json: boolean }) => {
      const verified = await verifyModels(name);
      const broken = verified.filter(({ problems }) => problems.length > 0);
      if (json) printJson(verified);
      for (const model of json ? [] : verified) {
        const at = model.commit === undefined ? "bundled" : model.commit.slice(0, 8);
        const word = model.problems.length > 0 ? pc.red("problem") : pc.green("sound");
        print(`${word} ${model.name} ${at}: ${model.files} files in ${model.folder}`);
        for (const { file, problem } of model.problems) print(`  ${file}: ${problem}`);
      }
      const [first] = broken;
      if (first === undefined) return;
      const advice =
        first.commit === undefined
          ? "install nigh again"
          : `nigh models get ${first.name} --revision ${first.commit} brings what is damaged or missing again`;
      throw new NighError(
        "ERR_CHECKSUM",
        `${broken.length} of ${verified.length} models ${broken.length === 1 ? "is" : "are"} not sound${json ? "" : ", as listed above"}: ${advice}.`,
      );
    });
}
