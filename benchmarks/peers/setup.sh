#!/bin/sh
# Installs the Python originals that the benchmarks compare nigh with. Run it again at any time: what is there already stays.
#   setup.sh          sentence-transformers, FAISS and scikit-learn, into benchmarks/peers/venv
#   setup.sh chroma   Chroma, into benchmarks/peers/venv-chroma: it wants other versions of some libraries
set -eu
cd "$(dirname "$0")"

if [ "${1:-}" = chroma ]; then
  [ -x venv-chroma/bin/python ] || "${PYTHON:-python3}" -m venv venv-chroma
  venv-chroma/bin/python -m pip install --quiet -r requirements-chroma.txt
  venv-chroma/bin/python -c 'import chromadb; print(f"chromadb {chromadb.__version__}")'
  exit
fi

[ -x venv/bin/python ] || "${PYTHON:-python3}" -m venv venv

# torch first and alone: the others then take the build that is there, whichever your pip is set to bring.
venv/bin/python -m pip install --quiet "$(grep '^torch==' requirements.txt)"
venv/bin/python -m pip install --quiet -r requirements.txt
venv/bin/python -c 'import faiss, sklearn, torch, sentence_transformers as st
print(f"torch {torch.__version__}, sentence-transformers {st.__version__}")
print(f"faiss-cpu {faiss.__version__}, scikit-learn {sklearn.__version__}")'
