import { readdir, stat } from "#shared/files";
import { join } from "#shared/path";

/** Where exports lie: optimum and sentence-transformers write to onnx/, old repositories to the top. */
const FOLDERS = ["onnx", ""];

/**
 * The ONNX file of a folder that runs in float32: model.onnx, else an optimized one (model_O1.onnx …).
 * Those in lower precision are none.
 */
export async function findExportedFile(
  folder: string,
): Promise<{ readonly file: string; readonly bytes: number } | undefined> {
  for (const sub of FOLDERS) {
    const names: string[] = await readdir(join(folder, sub)).catch(() => []);
    const name = ["model.onnx", ...["O1", "O2", "O3"].map((level) => `model_${level}.onnx`)].find(
      (candidate) => names.includes(candidate),
    );
    if (name === undefined) continue;
    const file = join(folder, sub, name);
    const sizes = [file, dataOf(file)].map((path) =>
      stat(path).then(
        ({ size }) => size,
        () => 0,
      ),
    );
    const bytes = (await Promise.all(sizes)).reduce((a, b) => a + b);
    return { file, bytes };
  }
  return undefined;
}

/** Where optimum puts the weights of an export that does not fit into one file. */
export function dataOf(file: string): string {
  return `${file}_data`;
}
