/** What nigh reads and writes, for messages. */
export const SUPPORTED =
  "IndexFlat, IndexIVFFlat, IndexHNSWFlat, IndexScalarQuantizer (QT_8bit), IndexIDMap and IndexIDMap2, with inner product or L2";

/** The codes that begin other indexes of FAISS. */
const OTHERS: Readonly<Record<string, string>> = {
  IBHf: "IndexBinaryHNSW",
  IBHh: "IndexBinaryHash",
  IBwF: "IndexBinaryIVF",
  IBxF: "IndexBinaryFlat",
  IHN2: "IndexHNSW2Level",
  IHNp: "IndexHNSWPQ",
  IHNs: "IndexHNSWSQ",
  IHc2: "IndexHNSWCagra",
  IHfP: "IndexHNSWFlatPanorama",
  INNf: "IndexNNDescentFlat",
  INSf: "IndexNSGFlat",
  IPfs: "IndexPQFastScan",
  Imiq: "MultiIndexQuantizer",
  IvFL: "IndexIVFFlat of an old FAISS",
  IvFl: "IndexIVFFlat of an old FAISS",
  IvPQ: "IndexIVFPQ of an old FAISS",
  IwFd: "IndexIVFFlatDedup",
  IwP2: "IndexIVFFlatPanorama",
  IwPQ: "IndexIVFPQ",
  IwPf: "IndexIVFPQFastScan",
  IwRQ: "IndexIVFResidualQuantizer",
  IwSh: "IndexIVFSpectralHash",
  IwSq: "IndexIVFScalarQuantizer",
  Iwrq: "IndexIVFRaBitQ",
  IxHe: "IndexLSH",
  IxLS: "IndexLocalSearchQuantizer",
  IxPT: "IndexPreTransform",
  IxPq: "IndexPQ",
  IxRF: "IndexRefine",
  IxRq: "IndexResidualQuantizer",
  Ixrq: "IndexRaBitQ",
  null: "no index at all",
};

/** A code for messages, with what it stands for where that is known. */
export function describeCode(code: string): string {
  const meaning = Object.hasOwn(OTHERS, code) ? ` (${OTHERS[code]})` : "";
  return `${JSON.stringify(code)}${meaning}`;
}
