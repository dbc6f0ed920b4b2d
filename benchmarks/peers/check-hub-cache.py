"""Checks that nigh and Python's huggingface_hub use one cache: each finds what the other downloaded, and both may download at once.

Run with a Python that has huggingface_hub, after npm run build, from the root of the repository:

    python benchmarks/peers/check-hub-cache.py [FOLDER]

FOLDER is a model's folder, by default the tiny one of nigh's tests; a Hub on loopback serves it. Where sentence-transformers is
installed, it loads what nigh downloaded, without a network, and must give nigh's vectors.
"""

import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ID = "someone/tiny-model"
TEXTS = ["a text", "another, longer text about nothing"]

DOWNLOAD = "from huggingface_hub import snapshot_download; snapshot_download(ID)"
BY_FILE = """
from huggingface_hub import hf_hub_download
for name in NAMES: hf_hub_download(ID, name)
"""
FIND = """
import json
from huggingface_hub import hf_hub_download, scan_cache_dir, snapshot_download
folder = snapshot_download(ID, local_files_only=True)
files = [hf_hub_download(ID, name, local_files_only=True) for name in NAMES]
info = scan_cache_dir()
print(json.dumps({"folder": folder, "files": files, "warnings": [str(w) for w in info.warnings], "repos": [r.repo_id for r in info.repos]}))
"""
ENCODE = """
import json
from sentence_transformers import SentenceTransformer
print(json.dumps(SentenceTransformer(ID, device="cpu").encode(TEXTS).tolist()))
"""


class Hub:
    def __init__(self, folder):
        command = ["node", str(ROOT / "benchmarks/peers/serve-hub.mjs"), ID, str(folder)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT)
        self.url = self.process.stdout.readline().strip()


def start(command, home, url, offline=False):
    environment = {**os.environ, "HF_ENDPOINT": url, "HF_HOME": str(home), "HF_HUB_DISABLE_PROGRESS_BARS": "1"}
    if offline:
        environment["HF_HUB_OFFLINE"] = "1"
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT, env=environment
    )


def end(process):
    out, err = process.communicate()
    if process.returncode != 0:
        raise SystemExit(f"{' '.join(process.args)[:200]} failed:\n{err}")
    return out


def python(code, home, url, offline=False, names=None):
    for name, value in {"ID": ID, "NAMES": names or NAMES, "TEXTS": TEXTS}.items():
        code = code.replace(name, json.dumps(value))
    return start([sys.executable, "-c", code], home, url, offline)


def nigh(*args, home, url, offline=False):
    return start(["node", str(ROOT / "packages/nigh/bin/nigh.js"), *args], home, url, offline)


def encoded(home, url):
    process = nigh("encode", *TEXTS, "--model", ID, "--json", home=home, url=url, offline=True)
    return json.loads(end(process))["vectors"]


def verified(home, url):
    return json.loads(end(nigh("models", "verify", ID, "--json", home=home, url=url)))[0]


def check(what, condition):
    print(f"{'ok    ' if condition else 'WRONG '} {what}")
    check.failed |= not condition


check.failed = False
folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "packages/nigh/test/fixtures/models/tiny-multilingual-bert"
NAMES = sorted(
    str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file() and path.name != "golden.json"
)


def main():
    import huggingface_hub

    print(f"huggingface_hub {huggingface_hub.__version__}")
    hub = Hub(folder)
    temporary = Path(tempfile.mkdtemp(prefix="nigh-hub-cache-"))
    try:
        home = temporary / "nigh-first"
        names = json.loads(end(nigh("models", "get", ID, "--json", home=home, url=hub.url)))["files"]
        found = json.loads(end(python(FIND, home, hub.url, offline=True, names=names)))
        check("Python finds what nigh downloaded, without a network", len(found["files"]) == len(names))
        check("scan_cache_dir has no warnings", found["warnings"] == [] and found["repos"] == [ID])
        blobs = home / "hub/models--someone--tiny-model/blobs"
        before = {path.name: path.stat().st_mtime_ns for path in blobs.iterdir()}
        end(python(BY_FILE, home, hub.url, names=names))
        after = {path.name: path.stat().st_mtime_ns for path in blobs.iterdir()}
        check("Python downloads nothing of it again, and names the contents as nigh does", before == after)
        try:
            import sentence_transformers
        except ImportError:
            print("       sentence-transformers is not installed: its vectors are not compared")
        else:
            theirs = json.loads(end(python(ENCODE, home, hub.url, offline=True)))
            ours = encoded(home, hub.url)
            largest = max(abs(a - b) for one, two in zip(ours, theirs) for a, b in zip(one, two))
            version = sentence_transformers.__version__
            check(f"sentence-transformers {version} loads it, vectors differ by at most {largest:.1e}", largest < 1e-4)

        ways = [("snapshot_download", DOWNLOAD), ("hf_hub_download, file by file", BY_FILE)]
        if importlib.util.find_spec("sentence_transformers"):
            ways.append(("SentenceTransformer", ENCODE))
        for i, (name, code) in enumerate(ways):
            home = temporary / f"python-first-{i}"
            end(python(code, home, hub.url))
            vectors = encoded(home, hub.url)
            check(f"nigh loads what {name} downloaded, without a network", len(vectors) == len(TEXTS))
            found = verified(home, hub.url)
            check(f"nigh models verify finds it sound: {found['files']} files", not found["problems"])

        home = temporary / "both"
        both = [python(DOWNLOAD, home, hub.url), nigh("models", "get", ID, home=home, url=hub.url)]
        both += [python(BY_FILE, home, hub.url), nigh("models", "get", ID, home=home, url=hub.url)]
        for process in both:
            end(process)
        check("two of each at once leave a sound cache", not verified(home, hub.url)["problems"])
        leftovers = [path.name for path in home.rglob("*") if path.name.endswith((".incomplete", ".new", ".tmp"))]
        check("and nothing half", leftovers == [])
    finally:
        hub.process.stdin.close()
        hub.process.wait()
    sys.exit(1 if check.failed else 0)


main()
