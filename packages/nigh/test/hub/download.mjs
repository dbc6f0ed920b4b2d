// Downloads a model, as a program of its own: node download.mjs NAME
import { downloadModel } from "nigh";

const { commit, missing } = await downloadModel(process.argv[2]);
process.stdout.write(JSON.stringify({ commit, missing }));
