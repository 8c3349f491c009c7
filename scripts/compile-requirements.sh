#!/bin/sh
# Pin what the *.in files ask for, with hashes and without addresses. Run after changing one; `--upgrade` takes newer versions.
set -eu
cd "$(dirname "$0")/.."
uv=$(command -v uv || echo .tools/uv/bin/uv)
pin() {
    "$uv" pip compile --quiet --generate-hashes --no-emit-index-url --no-emit-find-links --no-header \
        --python-version 3.12 "$@"
}
pin layers/standing/requirements.in -o layers/standing/requirements.txt "$@"
pin layers/polars/requirements.in -o layers/polars/requirements.txt "$@"
pin layers/charts/requirements.in -o layers/charts/requirements.txt "$@"
pin requirements/dev.in -c layers/standing/requirements.txt -c layers/polars/requirements.txt -c layers/charts/requirements.txt -o requirements/dev.txt "$@"
for name in uv sam ministack; do pin "requirements/$name.in" -o "requirements/$name.txt" "$@"; done
