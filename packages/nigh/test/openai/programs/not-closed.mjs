// Encodes by the server at OPENAI_BASE_URL and forgets to close.
import { OpenAIEmbeddings } from "nigh";

const vector = await new OpenAIEmbeddings({ model: "nomic-embed-text" }).encode("x");
console.log(vector.length);
