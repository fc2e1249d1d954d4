#!/usr/bin/env bash
# A real server for the tests: FerretDB with its SQLite backend, built from its module where Go is present.
#
#   scripts/ferretdb.sh build              prints the path of the program, building it the first time
#   scripts/ferretdb.sh run COMMAND …      runs COMMAND with PERKD_TEST_MONGODB_URI naming a fresh server
#
# Exit code 3: there is no Go, so there is no server.
set -euo pipefail

version=v1.24.0
# Go checks these against its checksum database as well.
sum=h1:7WJmezL48Bj9bYWnhT/bEJgX5gjT5s7LFdHTqkN25rA=
sum_of_go_mod=h1:E7e8dVcgsQim1k9jQ5LmP0HDQ3beZ1s1UnE3BsyerLw=
module=github.com/FerretDB/FerretDB
root=$(cd "$(dirname "$0")/.." && pwd)
cache=$root/build/ferretdb-$version
program=$cache/ferretdb

build() {
    if [ -x "$program" ]; then return; fi
    if ! command -v go >/dev/null; then
        echo "FerretDB is built with Go 1.22 or newer, and there is no go on the PATH" >&2
        exit 3
    fi
    echo "Building FerretDB $version (once; about a minute) …" >&2
    rm -rf "$cache"
    mkdir -p "$cache/fetch"
    # `go install` of this version fails at its check for deprecated modules, and its build wants two files that
    # a module does not carry; so the module is fetched (and checked against Go's checksum database) and built here.
    (
        cd "$cache/fetch"
        printf 'module fetch\n\ngo 1.22\n\nrequire %s %s\n' "$module" "$version" >go.mod
        printf '%s %s %s\n%s %s/go.mod %s\n' "$module" "$version" "$sum" "$module" "$version" "$sum_of_go_mod" >go.sum
        go mod download "$module@$version"
        source=$(go list -m -f '{{.Dir}}' "$module@$version")
        cp -r "$source" ../source
    )
    chmod -R u+w "$cache/source"
    printf %s "$version" >"$cache/source/build/version/version.txt"
    printf unknown >"$cache/source/build/version/commit.txt"
    (cd "$cache/source" && GOFLAGS=-buildvcs=false go build -o "$program.new" ./cmd/ferretdb)
    mv "$program.new" "$program"
    rm -rf "$cache/source" "$cache/fetch"
}

free_port() {
    "$root/.venv/bin/python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

answers() {
    "$root/.venv/bin/python" - "$1" <<'PYTHON'
import sys
from pymongo import MongoClient
with MongoClient(sys.argv[1], serverSelectionTimeoutMS=20_000) as client:
    print("FerretDB answers as MongoDB", client.server_info()["version"], file=sys.stderr)
PYTHON
}

stop() {
    if [ -n "$server" ]; then
        kill "$server" 2>/dev/null || true
        wait "$server" 2>/dev/null || true
    fi
    rm -rf "$state"
}

run() {
    local port
    build
    state=$(mktemp -d)
    server=
    trap stop EXIT
    port=$(free_port)
    "$program" --handler=sqlite "--sqlite-url=file:$state/" "--state-dir=$state" --telemetry=disable \
        "--listen-addr=127.0.0.1:$port" --debug-addr=- --log-level=warn >"$state/log" 2>&1 &
    server=$!
    export PERKD_TEST_MONGODB_URI=mongodb://127.0.0.1:$port/
    if ! answers "$PERKD_TEST_MONGODB_URI"; then
        echo "FerretDB did not answer; it said:" >&2
        cat "$state/log" >&2
        return 1
    fi
    "$@"
}

case ${1:-} in
    build) build && echo "$program" ;;
    run) shift && run "$@" ;;
    *) sed -n '2,7s/^# \{0,1\}//p' "$0" && exit 2 ;;
esac
