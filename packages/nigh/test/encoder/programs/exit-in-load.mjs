// Leaves while a model is being loaded. Arguments: after how many milliseconds, the precision.
import { SentenceTransformer } from "nigh";

const [milliseconds, dtype] = process.argv.slice(2);
SentenceTransformer.load("all-MiniLM-L6-v2", { threads: 2, dtype });
setTimeout(() => process.exit(3), Number(milliseconds));
