"""Makes what nigh's tokenizer is held against: the answers of Python's tokenizers (Rust).

Run with a Python that has sentence-transformers, from the root of the repository:

    python benchmarks/peers/make-token-fixtures.py tables    # src/tokens/unicode-tables.ts
    python benchmarks/peers/make-token-fixtures.py fixtures  # test/fixtures/tokens/*.json

`tables` asks the Rust library about each code point of Unicode, and needs `node` on the PATH to
find those that V8 normalizes otherwise. `fixtures` writes texts with their token ids.
"""

import hashlib
import json
import random
import subprocess
import sys
from pathlib import Path

import tokenizers
from tokenizers import normalizers, pre_tokenizers

ROOT = Path(__file__).resolve().parents[2]
NIGH = ROOT / "packages/nigh"
FIXTURES = NIGH / "test/fixtures"
CODE_POINTS = [c for c in range(0x110000) if not 0xD800 <= c <= 0xDFFF]

BERT_STEPS = {"clean_text": False, "handle_chinese_chars": False, "strip_accents": False, "lowercase": False}


def bert(**steps):
    return normalizers.BertNormalizer(**{**BERT_STEPS, **steps})


# --- tables -------------------------------------------------------------------------------------

# For each code point that V8 does not leave alone: its decompositions, and two bits that tell
# whether it is reordered with a mark of the lowest and of the highest combining class.
V8_NORMALIZATION = r"""
const found = [];
for (let c = 0; c < 0x110000; c++) {
  if (c >= 0xd800 && c <= 0xdfff) continue;
  const s = String.fromCodePoint(c);
  const [d, k] = [s.normalize("NFD"), s.normalize("NFKD")];
  const low = ("a" + s + "\u0334").normalize("NFD") !== "a" + d + "\u0334";
  const high = ("a\u0345" + s).normalize("NFD") !== "a\u0345" + d;
  if (d !== s || k !== s || low || high) found.push([c, d, k, low, high]);
}
console.log(JSON.stringify(found));
"""


def ranges(code_points):
    """Code points as text: "41-5a 61"."""
    runs = []
    for c in sorted(code_points):
        if runs and runs[-1][1] == c - 1:
            runs[-1][1] = c
        else:
            runs.append([c, c])
    return " ".join(f"{a:x}" if a == b else f"{a:x}-{b:x}" for a, b in runs)


def newer_than_rust():
    """Code points that V8 decomposes, reorders or composes and Rust's older tables do not."""
    nfd, nfkd = normalizers.NFD(), normalizers.NFKD()
    newer = set()
    for c, v8_nfd, v8_nfkd, v8_low, v8_high in json.loads(
        subprocess.run(["node", "-e", V8_NORMALIZATION], check=True, capture_output=True, text=True).stdout
    ):
        s = chr(c)
        d, k = nfd.normalize_str(s), nfkd.normalize_str(s)
        low = nfd.normalize_str("a" + s + "\u0334") != "a" + d + "\u0334"
        high = nfd.normalize_str("a\u0345" + s) != "a\u0345" + d
        if (d, k, low, high) == (v8_nfd, v8_nfkd, v8_low, v8_high):
            continue
        assert (d, k, low, high) == (s, s, False, False), f"U+{c:X}: Rust knows more than V8"
        newer.add(c)
        if v8_nfd != s:
            newer.add(ord(v8_nfd[0]))
    return newer


def tables():
    clean = bert(clean_text=True)
    chinese = bert(handle_chinese_chars=True)
    accents = bert(strip_accents=True)
    strip_marks = normalizers.StripAccents()
    words = pre_tokenizers.BertPreTokenizer()
    byte_level = pre_tokenizers.ByteLevel(add_prefix_space=False)

    def where(test):
        return [c for c in CODE_POINTS if test(chr(c))]

    def pieces(s):
        return len(words.pre_tokenize_str(f"a{s}a"))

    def byte_pieces(s):
        return len(byte_level.pre_tokenize_str(s))

    lists = [
        ("WHITE_SPACE", "White space (Unicode's White_Space, stable since 6.3).", where(lambda s: pieces(s) == 2)),
        (
            "REMOVED_BY_CLEAN_TEXT",
            "Removed by BertNormalizer's clean_text: controls, formats, private use and U+FFFD.",
            where(lambda s: clean.normalize_str(s) == ""),
        ),
        (
            "CJK_IDEOGRAPHS",
            "Set between spaces by BertNormalizer. U+2B820 to U+2B91F are missing in Rust's list.",
            where(lambda s: chinese.normalize_str(s) == f" {s} "),
        ),
        (
            "NONSPACING_MARKS",
            "Removed by BertNormalizer's strip_accents: Mn of Unicode 8.",
            where(lambda s: accents.normalize_str(s) == ""),
        ),
        ("MARKS", "Removed by the normalizer StripAccents: M of Unicode 9.", where(lambda s: strip_marks.normalize_str(s) == "")),
        (
            "PUNCTUATION",
            "Words of their own to BertPreTokenizer: P of Unicode 8, and all of ASCII's symbols.",
            where(lambda s: pieces(s) == 3),
        ),
        ("LETTERS", "Letters to ByteLevel: L of Unicode 16.", where(lambda s: byte_pieces(f"a{s}a") == 1)),
        ("NUMBERS", "Numbers to ByteLevel: N of Unicode 16.", where(lambda s: byte_pieces(f"1{s}1") == 1)),
        (
            "NEWER_THAN_RUST_NORMALIZATION",
            "Known to V8's normalize() (Unicode 17) and not to Rust's NFC, NFD, NFKC and NFKD (Unicode 9).",
            newer_than_rust(),
        ),
    ]
    out = [
        f"// Made by benchmarks/peers/make-token-fixtures.py from tokenizers {tokenizers.__version__}; do not edit.",
        "//",
        "// The Rust library has Unicode tables of its own, older than V8's. nigh brings them along, so",
        "// that token ids depend neither on the version of Node nor on its Unicode version.",
        "",
        "/** Code points in hexadecimal, single or as ranges with both ends, between white space. */",
        "export type CodePointRanges = string;",
    ]
    for name, doc, code_points in lists:
        out += ["", f"/** {doc} */", f"export const {name}: CodePointRanges = `"]
        line = ""
        for item in ranges(code_points).split():
            if len(line) + len(item) + 1 > 98:
                out.append(line)
                line = ""
            line += f" {item}" if line else f"  {item}"
        out += [line, "`;"]
    (NIGH / "src/tokens/unicode-tables.ts").write_text("\n".join(out) + "\n", encoding="utf-8")


# --- fixtures -----------------------------------------------------------------------------------


def special_texts():
    """Texts that each hold one thing that tokenizers have got wrong."""
    yield from ["", " ", "     ", "\n", "\t\r\n", "a", "Hello, world!", "\u00a0", "\u200b", "\ufeff", "\u3000\u3000"]
    for c in "\u0000\u0001\t\n\u000b\u000c\r\u001c\u001f\u007f\u0085\u00a0\u00ad\u034f\u061c\u0890\u08e2\u115f\u1680":
        yield f"a{c}b"
    for c in "\u180e\u2009\u200b\u200c\u200d\u200e\u2028\u2029\u202f\u205f\u2060\u3000\ue000\ufe0f\ufeff\ufffc\ufffd":
        yield f"one{c}two"
    for c in ["\U000110bd", "\U000110cd", "\U00013430", "\U0001d173", "\U000e0001", "\U000e0041", "\U000f0000", "\U0010ffff"]:
        yield f"x{c}y"
    yield from ["\u0378", "a\u0378b", "\U0001fbff\U0002fffe", "\uffff", "a\ufdd0b"]
    # Casing and accents, and the order in which they are done.
    yield from ["İstanbul ISTANBUL ıi", "Straße STRASSE ẞ", "ΟΔΥΣΣΕΥΣ Σ ς σ ΑΣ.", "ǅ ǆ Ǆ", "ŉ ǰ ΐ", "ﬁ ﬂ ﬀ ſt", "K Å Ω"]
    yield from ["É e\u0301 E\u0301 é", "q\u0307\u0323 q\u0323\u0307", "Việt Nam Tiếng Việt", "naïve café résumé", "Ậ A\u0302\u0323"]
    yield from ["\u0301", " \u0301a", "a \u0345\u0301", "\u1e9b\u0323", "ÅÅA\u030a", "ё й Ё Й", "ば は\u3099 ハ\uff9e", "\u0344\u0343"]
    # Scripts.
    yield from ["東京は日本の首都です。", "北京大学 中文字符", "中a文b", "\u3400\u4dbf\u4e00\u9fff\uf900", "\U00020000\U0002a6df", "\U0002b740\U0002b81f"]
    yield from ["\U0002b820\U0002b91f\U0002b920", "\U0002ceb0\U00030000", "\U0002f800\U0002fa1d", "カタカナ ひらがな ー々〆", "㍿ ㋿ ① ⅷ ½ ﷺ"]
    yield from ["안녕하세요 세계", "한국어 \u1112\u1161\u11ab", "가\u11a8 각", "สวัสดีชาวโลก น้ำ", "ກໍາ ຳ", "مرحبا بالعالم", "السَّلَامُ", "שָׁלוֹם עולם", "नमस्ते दुनिया क्षत्रिय"]
    yield from ["தமிழ் மொழி", "বাংলা ভাষা", "ខ្មែរ", "မြန်မာ", "བོད་སྐད་", "Привет, мир! Ёлка", "Γειά σου Κόσμε", "ქართული ენა Ქ", "Հայերեն և", "ᏣᎳᎩ ꭰ", "አማርኛ ።"]
    yield from ["Ａｂｃ１２３！？", "ﾊﾝｶｸ", "𝓗𝓮𝓵𝓵𝓸 𝟙𝟚", "ᵗʰᵉ H₂O x²", "ℌ ℝ ™ ℠ №"]
    # Newer than Rust's tables.
    for c in [0x9FE, 0x1ABF, 0x1DF6, 0xA8FF, 0x10D24, 0x1133B, 0x11938, 0x105C9, 0x16121, 0x16D68, 0x1E130, 0x10781, 0x1FBF0, 0x32FF, 0xA7F2]:
        yield f"a{chr(c)}b {chr(c)}\u0301\u0323"
    for c in [0x61D, 0xC77, 0x1B4E, 0x2E43, 0x2E52, 0x2E5D, 0x10F55, 0x11944, 0x1E95E, 0x1E5FF]:
        yield f"left{chr(c)}right {chr(c)}"
    yield from ["\U000105d2\u0307 \U00016d67\U00016d67 \U00016d63\U00016d67", "\U00011382\U000113c9 \U00011935\U00011930", "a\u0301\U00016ff0\u0323"]
    # Punctuation and symbols.
    yield from ["^$+`~£€¥¢|<>=", "a^b$c+d`e~f", "price: £5, €6 or ¥7", "#hash @user %50 &amp; *star* (x) [y] {z} \\ /", "...!!!???", "“quotes” ‘single’ «guillemets» „low“"]
    yield from ["em—dash en–dash ‐ ‑ ― …", "¿qué? ¡hola! §5 ¶ · • †‡", "‰ ′ ″ ※ ‽ ⁂", "。、「」『』【】・：；（）！？", "؟ ، ؛ ۔ ٪", "।॥", "− × ÷ ≠ ≤ ∞ ∑ √", "→ ⇒ ★ ☃ ✓ ♥", "© ® ° ± µ"]
    # Emoji.
    yield from ["😀", "👍🏽 ok", "👨‍👩‍👧‍👦 family", "🏳️‍🌈🇩🇪🇫🇷", "1️⃣#️⃣", "❤️ ❤", "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", "text😀text", "🫠🪿🫩"]
    # Added tokens in the text.
    for t in ["[CLS]", "[SEP]", "[PAD]", "[UNK]", "[MASK]", "<s>", "</s>", "<pad>", "<unk>", "<mask>"]:
        yield from [t, f"a{t}b", f"a {t} b", f"{t}{t}", f"\u00a0{t}\u3000"]
    yield from ["[cls] [Mask] <S>", "[CLS [SEP", "[[MASK]]", "[C\u00adLS]", "[ＭＡＳＫ]", "＜s＞", "a ＜s＞ b", "＜mask＞", "<<s>>", "</s", "[MASK]\u0301", "##ing ing##"]
    # Metaspace.
    yield from ["▁", "▁▁a", "a▁b", "a ▁ b", "▁the ▁world", "a▁▁▁b▁", "  two  spaces  ", "\u2581\u3000\u2581"]
    # Long words: 100 characters are cut into pieces, 101 are not.
    for n in [99, 100, 101, 250]:
        yield from ["x" * n, "é" * n, "e\u0301" * n, "😀" * n]
    yield from ["a" * 100 + "." + "b" * 101, "antidisestablishmentarianism " * 3, "supercalifragilisticexpialidocious", "日" * 130, "q" * 40 + " " + "\u0301" * 120]
    yield from ["3.14159 1,000,000 0x1F 1e-9 10:30 2024-01-01", "https://example.com/a?b=c#d user@host.tld", "don't can't it's O'Neill", "C++ C# F# .NET node.js x86_64 foo_bar"]
    yield from ["function f(a,b){return a&&b||!c}", "<p class=\"x\">html &nbsp; text</p>", "word " * 300, "word" * 300, "x. " * 200]


def random_texts(count):
    """Random code points of all blocks, mixed with words and spaces; the same at each run."""
    rng = random.Random(7)
    blocks = [(0x20, 0x7E), (0, 0xFF), (0xC0, 0x24F), (0x300, 0x36F), (0x370, 0x5FF), (0x600, 0x6FF), (0x900, 0xDFF)]
    blocks += [(0xE00, 0x11FF), (0x1AB0, 0x1FFF), (0x2000, 0x2BFF), (0x3000, 0x33FF), (0x4E00, 0x9FFF), (0xAC00, 0xD7A3)]
    blocks += [(0xF900, 0xFFFF), (0x10000, 0x16FFF), (0x1D000, 0x1FBFF), (0x20000, 0x2FA1F), (0, 0xD7FF), (0xE000, 0x10FFFF)]
    words = "the search vector Straße naïve Москва 東京 안녕 नमस्ते [MASK] </s> don't e\u0301".split(" ")
    for _ in range(count):
        text = ""
        for _ in range(rng.randint(1, 8)):
            low, high = rng.choice(blocks)
            points = [rng.randint(low, high) for _ in range(rng.randint(1, 5))]
            text += "".join(chr(c) for c in points if not 0xD800 <= c <= 0xDFFF)
            text += rng.choice(["", " ", " ", "\u00a0"]) + rng.choice([rng.choice(words), ""])
        yield text


def sweep_texts():
    """All of Unicode: each code point inside of a word, between spaces, and among marks."""
    for start in range(0, 0x110000, 256):
        points = [chr(c) for c in range(start, start + 256) if not 0xD800 <= c <= 0xDFFF]
        if points:
            yield " ".join(f"a{c}b" for c in points)
            yield " ".join(points)
            yield "".join(f"{c}e\u0301 o{c}\u0323\u0345" for c in points)


def sweep_digest(tokenizer):
    """SHA-256 over the ids of all sweep texts as little-endian int32."""
    digest = hashlib.sha256()
    for text in sweep_texts():
        for token_id in tokenizer.encode(text).ids:
            digest.update(token_id.to_bytes(4, "little"))
    return digest.hexdigest()


def write(name, about, rows):
    """One row per line, so that a change shows."""
    lines = json.dumps({"about": f"Made by benchmarks/peers/make-token-fixtures.py. {about}"}, indent=1)[:-2]
    body = ",\n".join("  " + json.dumps(row, separators=(",", ":")) for row in rows)
    path = FIXTURES / "tokens" / f"{name}.json"
    path.write_text(f'{lines},\n "tokenizers": "{tokenizers.__version__}",\n "cases": [\n{body}\n ]\n}}\n', encoding="utf-8")
    print(path.relative_to(ROOT), len(rows), "cases,", path.stat().st_size, "bytes")


def ids_of(tokenizer, text, max_length):
    # As sentence-transformers calls it.
    return tokenizer([text], truncation="longest_first", max_length=max_length)["input_ids"][0]


def texts_and_sweeps(model_folders):
    from transformers import AutoTokenizer

    texts = list(dict.fromkeys([*special_texts(), *random_texts(60)]))
    tokenizers_by_name = {name: AutoTokenizer.from_pretrained(folder) for name, folder in model_folders.items()}
    write(
        "texts",
        "Token ids of each model, at most 64; and a SHA-256 over those of all of Unicode.",
        [{"text": text, **{name: ids_of(t, text, 64) for name, t in tokenizers_by_name.items()}} for text in texts],
    )
    sweeps = []
    for name, tokenizer in tokenizers_by_name.items():
        backend = tokenizer.backend_tokenizer
        backend.no_truncation()
        backend.no_padding()
        sweeps.append({"model": name, "sha256": sweep_digest(backend)})
    write("sweeps", "SHA-256 over the token ids of texts that hold all of Unicode.", sweeps)


GENERIC = {"tokenizer_class": "PreTrainedTokenizerFast"}
BERT_CASED = {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True, "strip_accents": None, "lowercase": False}
METASPACE = {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True}
VARIANT_TEXTS = [
    *["", "  Hello,  WORLD! ", "Straße ÉCOLE ÉCOLE_ É", "東京 is 東 京", "ΟΔΥΣΣΕΥΣ Σ", "a\u00adb\u200bc\u0001d", "[MASK] [mask] <mask>"],
    *["foo_bar foo_bars xfoo_bar (foo_bar)", "the  東京  the", "the", "hello world hello worlds", "a▁b ▁▁c", "① ﬁne ½ Å e\u0301", "☃☃ x☃ 😀"],
    *["[C\u00adLS]", "＜s＞ ＜mask＞", "q\u0323\u0307 İ ẞ", "costs $5 & more", "x" * 30, "\u00a0 the\u3000東京\u00a0", "[CLS]the[SEP]", "ending ing"],
    *["foo_bar1 foo_ba", "ǁǂǃ ǁǂǃǁ ǂǃǃ"],
]


def added(token_id, content, **settings):
    off = {key: False for key in ["single_word", "lstrip", "rstrip", "normalized", "special"]}
    return {"id": token_id, "content": content, **off, **settings}


def variants(model_folders):
    """The models with parts of their files changed, and what Python makes of that."""
    import tempfile

    import sentence_transformers.base.modules.transformer as transformer
    from transformers import AutoTokenizer

    def sequence(*steps):
        return {"type": "Sequence", "normalizers": list(steps)}

    replace = {"type": "Replace", "pattern": {"String": "e"}, "content": "$&x"}
    spaces = {"type": "Replace", "pattern": {"Regex": "\\s+"}, "content": " $ "}
    capital = {"type": "Replace", "pattern": {"String": "L"}, "content": "zz"}
    strip = {"type": "Strip", "strip_left": True, "strip_right": True}
    precompiled = {"type": "Precompiled", "precompiled_charsmap": precompiled_charsmap()}
    bert_tokens = [
        added(30522, "foo_bar", single_word=True),
        added(30523, "東京", lstrip=True, rstrip=True),
        added(30524, "Straße", normalized=True),
        added(30525, "hello world", normalized=True, rstrip=True),
        added(30526, "É", normalized=True, single_word=True),
        added(30527, "foo_"),
        # The vocabulary has these already, and its ids count.
        added(30528, "the", lstrip=True),
        added(30529, "ing", single_word=True),
    ]
    unigram_tokens = [
        added(9000, "foo_bar", single_word=True),
        added(9001, "東京", lstrip=True, rstrip=True),
        added(9002, "hello", normalized=True, lstrip=True),
        added(9003, "½", rstrip=True),
    ]
    bpe_tokens = [added(560, "foo_bar", single_word=True), added(561, "東京", lstrip=True, rstrip=True), added(562, "É", normalized=True)]
    template = {
        "type": "TemplateProcessing",
        "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
        "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 0}}],
        "special_tokens": {"<s>": {"id": "<s>", "ids": [0], "tokens": ["<s>"]}},
    }

    def byte_level(add_prefix_space, use_regex=True):
        return {"type": "ByteLevel", "add_prefix_space": add_prefix_space, "trim_offsets": True, "use_regex": use_regex}

    bert, unigram, bpe = model_folders
    rows = [
        (bert, "cased by tokenizer_config.json", {}, {"do_lower_case": False}, False),
        (bert, "cased with accents stripped", {}, {"do_lower_case": False, "strip_accents": True}, False),
        (bert, "lower case with accents", {}, {"strip_accents": False}, False),
        (bert, "no spaces around ideographs", {}, {"tokenize_chinese_chars": False}, False),
        (bert, "BertTokenizer ignores the normalizer", {"normalizer": BERT_CASED}, {}, False),
        (bert, "no tokenizer_config.json", {"normalizer": BERT_CASED}, None, False),
        (bert, "a generic class follows the normalizer", {"normalizer": BERT_CASED}, GENERIC, False),
        (bert, "do_lower_case", {"normalizer": BERT_CASED}, GENERIC, True),
        (bert, "do_lower_case of a normalizer that lowercases", {"normalizer": sequence(capital, {"type": "Lowercase"})}, GENERIC, True),
        (bert, "a sequence", {"normalizer": sequence({"type": "NFD"}, {"type": "StripAccents"}, strip, replace)}, GENERIC, True),
        (bert, "another sequence", {"normalizer": sequence({"type": "NFKD"}, {"type": "Prepend", "prepend": "▁"}, spaces)}, GENERIC, False),
        (bert, "BertProcessing", {"post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 102], "cls": ["[CLS]", 101]}}, GENERIC, False),
        (bert, "RobertaProcessing", {"post_processor": {"type": "RobertaProcessing", "sep": ["[SEP]", 102], "cls": ["[CLS]", 101], "trim_offsets": True, "add_prefix_space": True}}, GENERIC, False),
        (bert, "added tokens", {"added_tokens": bert_tokens}, GENERIC, False),
        (unigram, "added tokens", {"added_tokens": unigram_tokens, "pre_tokenizer": METASPACE}, {}, False),
        (unigram, "Metaspace without split", {"pre_tokenizer": {**METASPACE, "split": False}}, {}, False),
        (unigram, "Metaspace without prefix", {"pre_tokenizer": {**METASPACE, "prepend_scheme": "never"}}, {}, True),
        (unigram, "Precompiled", {"normalizer": precompiled, "pre_tokenizer": METASPACE}, {}, False),
        (unigram, "XLMRobertaTokenizer builds its own parts", {"normalizer": sequence(precompiled, {"type": "Lowercase"}), "pre_tokenizer": METASPACE}, {"tokenizer_class": "XLMRobertaTokenizer"}, False),
        (unigram, "XLMRobertaTokenizer without prefix", {}, {"tokenizer_class": "XLMRobertaTokenizerFast", "add_prefix_space": False}, True),
        (unigram, "no piece reaches over a mark", {"model": {"vocab": [["a▁b", -1.0]]}}, {}, False),
        (unigram, "one of two equally good cuts", {"model": {"vocab": [["ǁǂ", -2.0], ["ǃ", -2.0], ["ǁ", -2.0], ["ǂǃ", -2.0]]}}, {}, False),
        (unigram, "bytes for unknown characters", {"model": {"byte_fallback": True, "vocab": [[f"<0x{byte:02X}>", -20.5] for byte in range(256)]}}, {}, False),
        (bpe, "RobertaTokenizer builds its own parts", {"normalizer": {"type": "Lowercase"}, "pre_tokenizer": byte_level(True), "post_processor": None}, {}, False),
        (bpe, "RobertaTokenizer with a space in front", {}, {"tokenizer_class": "RobertaTokenizerFast", "add_prefix_space": True}, False),
        (bpe, "RobertaTokenizer with other special tokens", {}, {"cls_token": "<mask>", "sep_token": "<unk>"}, False),
        (bpe, "do_lower_case", {}, {}, True),
        (bpe, "added tokens", {"added_tokens": bpe_tokens}, {}, False),
        (bpe, "a generic class follows the parts", {"normalizer": {"type": "NFC"}, "pre_tokenizer": byte_level(True)}, GENERIC, False),
        (bpe, "without the regular expression", {"pre_tokenizer": byte_level(False, use_regex=False)}, GENERIC, False),
        (bpe, "post-processors in a sequence", {"post_processor": {"type": "Sequence", "processors": [byte_level(True), template]}}, GENERIC, False),
        (bpe, "words of the vocabulary before merges", {"model": {"ignore_merges": True, "vocab": {"Ġworld": 560, "hello": 561}}}, GENERIC, False),
        (bpe, "unknown characters", {"pre_tokenizer": {"type": "WhitespaceSplit"}, "model": {"unk_token": "<unk>", "vocab": {}}}, GENERIC, False),
        (bpe, "unknown characters as one", {"pre_tokenizer": {"type": "WhitespaceSplit"}, "model": {"unk_token": "<unk>", "fuse_unk": True, "vocab": {}}}, GENERIC, False),
        (bpe, "unknown characters without a token", {"pre_tokenizer": {"type": "WhitespaceSplit"}}, GENERIC, False),
    ]
    cases = []
    for model, name, json_changes, config_changes, lower_case in rows:
        folder = Path(model_folders[model])
        tokenizer_json = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
        config = json.loads((folder / "tokenizer_config.json").read_text(encoding="utf-8"))
        for key, value in json_changes.items():
            # Lists grow, all else is replaced.
            if key == "added_tokens":
                tokenizer_json[key] += value
            elif key == "model":
                old, new = tokenizer_json[key]["vocab"], value["vocab"]
                tokenizer_json[key] |= {**value, "vocab": old | new if isinstance(old, dict) else old + new}
            else:
                tokenizer_json[key] = value
        with tempfile.TemporaryDirectory() as temporary:
            Path(temporary, "tokenizer.json").write_text(json.dumps(tokenizer_json))
            Path(temporary, "config.json").write_text('{"model_type": "bert"}')
            if config_changes is not None:
                Path(temporary, "tokenizer_config.json").write_text(json.dumps(config | config_changes))
            tokenizer = AutoTokenizer.from_pretrained(temporary)
        backend = tokenizer.backend_tokenizer
        if lower_case and not transformer._has_lowercase(backend.normalizer):
            # What sentence-transformers does for do_lower_case.
            before = backend.normalizer
            steps = list(before) if isinstance(before, normalizers.Sequence) else [before] if before else []
            backend.normalizer = normalizers.Sequence([normalizers.Lowercase(), *steps])
        ids = [ids_of(tokenizer, text, 12) for text in VARIANT_TEXTS]
        cases.append({"model": model, "name": name, "json": json_changes, "config": config_changes, "lowerCase": lower_case, "ids": ids})
    write("variants", "Models with changed files; at most 12 tokens.", [{"texts": VARIANT_TEXTS}, *cases])


# Rules as a SentencePiece model has them: e with an acute, ligatures, spaces, half and full width.
CHARSMAP_RULES = {
    **{"e\u0301": "é", "a": "a", "①": "1", "½": "1⁄2", "ﬁ": "fi", "Å": "Å", "ª": "a", "㍿": "株式会社", "\u200b": " "},
    **{"\u00a0": " ", "\u3000": " ", "\t": " ", "\n": " ", "\r\n": " ", "\u00ad": "", "😀": ":)", "東京": "Tokyo", "ﷺ": "ﷺ"},
    **{chr(0xFF01 + i): chr(0x21 + i) for i in range(0x5E)},
}
CHARSMAP_TEXTS = [
    *["", "plain text", "e\u0301 E\u0301 é", "①\u0301x", "①\u0301\u0302", "ﬁne ﬁ\u0301", "½ ª\u0301\u0301 ª", "㍿", "a\u200bb", "\u200b\u200d\u200b"],
    *["a\u00a0\u0301b", "\u3000\u3000", "a\r\nb\rc\nd\te", "so\u00adft", "😀 😀👍🏽", "東京 東", "ﷺ", "Ａｂｃ！ Ａ\u0301 Ａ\u0323\u0301", "\u0000a\u0000ª"],
    *["ｅ\u0301", "\u0600ª \u0600\u00a0", "가\u11a8ª각", "가" * 40 + "ª\u0301", "①" + "\u0301" * 100 + "①", "🇩🇪🇫🇷ª🇮", "नमस्ते①\u0903", "x" * 300 + "ﬁ" * 300, "ย\u0e33ª\u0e33"],
    # Clusters across all places of the windows in which they are looked for.
    *["①\u0301" * 100, "\u0301" + "①\u0301" * 100, "\u0301" * 33 + "ª\u0301", "x\u0301" * 16 + "ª\u0301" * 90],
]


def precompiled_charsmap():
    """The rules as SentencePiece stores them: a double-array trie, then replacements, in base64."""
    import base64
    import struct

    blob, root = b"", {}
    for key, replacement in CHARSMAP_RULES.items():
        node = root
        for byte in key.encode():
            node = node.setdefault(byte, {})
        node[0] = len(blob)
        blob += replacement.encode() + b"\0"
    units, taken = {0: 0}, {0}

    def place(node, position):
        # The first free place for the children, each at base ^ byte; byte 0 holds the value.
        base = next(b for b in range(1, 1 << 20) if all((b ^ byte) not in taken for byte in node))
        units[position] |= (position ^ base) << 10 | (0x100 if 0 in node else 0)
        taken.update(base ^ byte for byte in node)
        for byte, child in node.items():
            units[base ^ byte] = child | 1 << 31 if byte == 0 else byte
        for byte, child in node.items():
            if byte:
                place(child, base ^ byte)

    place(root, 0)
    # An unused unit has a label that no byte equals.
    array = [units.get(i, 1 << 31) for i in range(max(units) // 256 * 256 + 256)]
    packed = struct.pack(f"<{len(array)}I", *array)
    return base64.b64encode(struct.pack("<I", len(packed)) + packed + blob).decode()


def precompiled():
    import base64

    charsmap = precompiled_charsmap()
    normalizer = normalizers.Precompiled(base64.b64decode(charsmap))
    write(
        "precompiled",
        "A small table of SentencePiece, and texts normalized with it.",
        [{"charsmap": charsmap}, *({"text": text, "normalized": normalizer.normalize_str(text)} for text in CHARSMAP_TEXTS)],
    )


if __name__ == "__main__":
    if sys.argv[1:] == ["tables"]:
        tables()
    elif sys.argv[1:] == ["fixtures"]:
        folders = {
            "all-minilm-l6-v2": ROOT / "packages/model-all-minilm-l6-v2/model",
            "tiny-multilingual-bert": FIXTURES / "models/tiny-multilingual-bert",
            "tiny-roberta": FIXTURES / "models/tiny-roberta",
        }
        texts_and_sweeps(folders)
        variants(folders)
        precompiled()
    else:
        sys.exit(__doc__)
