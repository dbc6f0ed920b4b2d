#!/bin/sh
# Installs the Python originals that the benchmarks compare nigh with, into benchmarks/peers/venv.
# Run it again at any time: what is there already stays.
set -eu
cd "$(dirname "$0")"

[ -x venv/bin/python ] || "${PYTHON:-python3}" -m venv venv

# torch first and alone: the others then take the build that is there, whichever your pip is set to bring.
venv/bin/python -m pip install --quiet "$(grep '^torch==' requirements.txt)"
venv/bin/python -m pip install --quiet -r requirements.txt
venv/bin/python -c 'import faiss, sklearn, torch, sentence_transformers as st
print(f"torch {torch.__version__}, sentence-transformers {st.__version__}")
print(f"faiss-cpu {faiss.__version__}, scikit-learn {sklearn.__version__}")'
