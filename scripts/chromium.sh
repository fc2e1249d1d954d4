#!/usr/bin/env bash
# A real browser for the tests of the page: headless Chromium, from Debian's packages where it is missing, and
# axe-core, which looks for accessibility violations, from npm.
#
#   scripts/chromium.sh build              prints the path of the browser, installing it the first time
#   scripts/chromium.sh run COMMAND …      runs COMMAND with PERKD_TEST_BROWSER and PERKD_TEST_AXE naming both
#
# Exit code 3: there is no browser, and none can be installed here.
set -euo pipefail

axe=4.14.1
# npm checks the package against this.
axe_sum=sha512-FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ==
root=$(cd "$(dirname "$0")/.." && pwd)
cache=$root/build/axe-core-$axe
script=$cache/node_modules/axe-core/axe.min.js

browser() {
    local name
    if [ -n "${PERKD_TEST_BROWSER:-}" ]; then command -v "$PERKD_TEST_BROWSER" && return; fi
    for name in chromium-headless-shell chromium chromium-browser google-chrome; do
        command -v "$name" && return
    done
    return 1
}

build() {
    if browser; then return; fi
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
        echo "There is no Chromium here; install one (Debian: apt-get install chromium-headless-shell)" >&2
        exit 3
    fi
    echo "Installing Chromium (once) …" >&2
    {
        apt-get update -q
        DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends \
            chromium-headless-shell fonts-dejavu-core ||
            DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends chromium fonts-dejavu-core
    } >&2
    browser
}

fetch_axe() {
    if [ -f "$script" ]; then return; fi
    if ! command -v npm >/dev/null; then
        echo "There is no npm on the PATH to get axe-core with: its tests are left out" >&2
        return
    fi
    echo "Getting axe-core $axe (once) …" >&2
    mkdir -p "$cache"
    cat >"$cache/package.json" <<JSON
{"name": "page-tests", "private": true, "dependencies": {"axe-core": "$axe"}}
JSON
    cat >"$cache/package-lock.json" <<JSON
{"name": "page-tests", "lockfileVersion": 3, "requires": true, "packages": {
  "": {"name": "page-tests", "dependencies": {"axe-core": "$axe"}},
  "node_modules/axe-core": {"version": "$axe", "integrity": "$axe_sum"}}}
JSON
    (cd "$cache" && npm ci --ignore-scripts --no-audit --no-fund --silent >&2) ||
        echo "axe-core could not be had: its tests are left out" >&2
}

run() {
    PERKD_TEST_BROWSER=$(build)
    export PERKD_TEST_BROWSER
    fetch_axe
    if [ -f "$script" ]; then export PERKD_TEST_AXE=$script; fi
    "$@"
}

case ${1:-} in
    build) build ;;
    run) shift && run "$@" ;;
    *) sed -n '2,8s/^# \{0,1\}//p' "$0" && exit 2 ;;
esac
