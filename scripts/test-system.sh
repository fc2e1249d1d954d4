#!/usr/bin/env bash
# The tests marked `system`: against a real server, the one that PERKD_TEST_MONGODB_URI names, else FerretDB;
# and against a real browser, the one that PERKD_TEST_BROWSER names, else Chromium.
set -euo pipefail
cd "$(dirname "$0")/.."
tests=(.venv/bin/pytest -m system)
if scripts/chromium.sh build >/dev/null; then
    tests=(scripts/chromium.sh run "${tests[@]}")
else
    echo "Left out: the tests of the page in a browser"
fi

if [ -n "${PERKD_TEST_MONGODB_URI:-}" ]; then
    exec "${tests[@]}" "$@"
fi
if ! command -v go >/dev/null; then
    echo "There is no go on the PATH to build FerretDB with, and PERKD_TEST_MONGODB_URI names no server."
    echo "Left out against a real server (make test runs them against the stand-in):"
    "${tests[@]}" --collect-only -q "$@"
    exec "${tests[@]}" tests/system "$@"
fi
scripts/ferretdb.sh run "${tests[@]}" "$@"
