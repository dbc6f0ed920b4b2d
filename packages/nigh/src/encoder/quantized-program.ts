import { z } from "zod";
import { join } from "#shared/path";
import { sharedBytes } from "#shared/shared-bytes";
import { NighError } from "../shared/errors.js";
import { utf8Text } from "../shared/utf8.js";
import { verifyFiles } from "./model-files.js";
import type { ModelFolder } from "./model-folder.js";
import type { EncoderProgram } from "./runtime.js";
import type { SafeTensor } from "./safetensors.js";
import { QUANTIZED_FILE, WeightFiles } from "./weight-files.js";
import { writeSafetensors } from "./write-safetensors.js";

/** Of what the file holds, as this version of nigh makes and reads it. */
const FORMAT = 1;

const AboutSchema = z.object({ format: z.number(), fingerprint: z.string() });

/** The int8 program of a model: its graph, and the weights that the graph points into. */
export interface QuantizedProgram {
  readonly program: EncoderProgram;
  /** That of the model it was made from. */
  readonly fingerprint: string;
}

/** Whether a folder has int8 weights alone, made by `nigh models quantize`. */
export function isQuantized({ input }: ModelFolder): boolean {
  return input.kind === "Transformer" && input.isQuantized;
}

/** {@link QUANTIZED_FILE}: every part as a list of bytes. */
export function encodeProgram({ program, fingerprint }: QuantizedProgram): Uint8Array {
  const about = new TextEncoder().encode(JSON.stringify({ format: FORMAT, fingerprint }));
  const parts = [
    { name: "about", data: about },
    { name: "graph", data: program.model },
    ...program.files.map(({ path, data }) => ({ name: `${FILE}${path}`, data })),
  ];
  return writeSafetensors(
    parts.map(({ name, data }) => ({ name, data, type: "U8", shape: [data.byteLength] })),
  );
}

const FILE = "file ";

/**
 * What {@link encodeProgram} wrote into a folder.
 *
 * @throws NighError `ERR_CHECKSUM` when a file of the folder was changed, `ERR_MODEL_FORMAT` when another version of nigh wrote it.
 */
export async function readProgram({ path, input }: ModelFolder): Promise<QuantizedProgram> {
  if (input.kind !== "Transformer") throw new TypeError("a quantized model has a Transformer");
  const file = join(input.path, QUANTIZED_FILE);
  await verifyFiles(path, [file]);
  const source = new WeightFiles([file]);
  try {
    const bytesOf = (tensor: SafeTensor): Uint8Array => {
      // Several threads use one copy.
      const bytes = sharedBytes(tensor.byteLength);
      source.read(tensor, bytes);
      return bytes;
    };
    const about = source.tensors.get("about");
    const graph = source.tensors.get("graph");
    const known = about && AboutSchema.safeParse(parseJson(bytesOf(about)));
    if (!graph || !known?.success || known.data.format !== FORMAT) {
      throw new NighError(
        "ERR_MODEL_FORMAT",
        `${file} is not what this version of nigh writes (format ${FORMAT}): make the folder again with nigh models quantize.`,
      );
    }
    const files = [...source.tensors.values()]
      .filter(({ name }) => name.startsWith(FILE))
      .map((tensor) => ({ path: tensor.name.slice(FILE.length), data: bytesOf(tensor) }));
    const program = { model: bytesOf(graph).slice(), files };
    source.checkUnchanged();
    return { program, fingerprint: known.data.fingerprint };
  } finally {
    source.close();
  }
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(utf8Text(bytes.slice()));
  } catch {
    return undefined;
  }
}
