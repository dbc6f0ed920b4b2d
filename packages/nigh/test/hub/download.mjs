// Downloads a model, as a program of its own: node download.mjs NAME [FILE]. It says "arrived" when the first bytes of FILE are on disk.
import { downloadModel } from "nigh";

const [name, told] = process.argv.slice(2);
const { commit, missing } = await downloadModel(name, {
  onProgress: ({ file }) => {
    if (file === told) process.stdout.write("arrived\n");
  },
});
process.stdout.write(JSON.stringify({ commit, missing }));
