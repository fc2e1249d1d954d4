#!/usr/bin/env bash
# The tests marked `system`, against a real server: the one that PERKD_TEST_MONGODB_URI names, else FerretDB.
set -euo pipefail
cd "$(dirname "$0")/.."
tests=(.venv/bin/pytest -m system)

if [ -n "${PERKD_TEST_MONGODB_URI:-}" ]; then
    exec "${tests[@]}" "$@"
fi
if ! command -v go >/dev/null; then
    echo "There is no go on the PATH to build FerretDB with, and PERKD_TEST_MONGODB_URI names no server."
    echo "Left out against a real server (make test runs them against the stand-in):"
    "${tests[@]}" --collect-only -q "$@"
    exit 0
fi
scripts/ferretdb.sh run "${tests[@]}" "$@"
