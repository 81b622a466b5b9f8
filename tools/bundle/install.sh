#!/bin/sh
# 离线安装：sh install.sh 目录。核对每个文件，只用本包内的文件安装。
# Installs the platform from this archive alone: sh install.sh DIR. PYTHON=python3.12 for another Python.
set -eu
cd "$(dirname "$0")"
to=${1:?"用法：sh install.sh 目录 | usage: sh install.sh DIR"}
sha256sum --check --quiet SHA256SUMS
${PYTHON:-python3} -c 'import sys, venv; sys.exit(sys.version_info < (3, 11))' || {
  echo "需要 Python 3.11 以上及 venv | needs Python 3.11 or later with venv" >&2
  exit 1
}
${PYTHON:-python3} -m venv "$to"
pip() { "$to/bin/python" -m pip "$@"; }
# Each by its hash, and nothing from anywhere else.
pip install --quiet --no-cache-dir --disable-pip-version-check --no-index --find-links wheels \
  --only-binary :all: --require-hashes --requirement requirements.txt
pip install --quiet --no-cache-dir --disable-pip-version-check --no-index --no-deps quanheng-*.whl
"$to/bin/quanheng" --version
echo "已安装。启动：$to/bin/quanheng up --data 数据目录 | installed; start it: $to/bin/quanheng up --data DIR"
