#!/bin/sh
# Everything a clone needs, inside the clone: .venv (the command `standing` and the checks) and .tools (sam, ministack).
# They get environments of their own because each pins its own botocore. Every package is pinned with hashes.
set -eu
cd "$(dirname "$0")/.."
export UV_SYSTEM_CERTS="${UV_SYSTEM_CERTS:-1}" # trust what the machine trusts, a company proxy included

python312() {
    for candidate in python3.12 python3 python; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 12))' 2>/dev/null; then
            "$candidate" -c 'import sys; print(sys.executable)'
            return
        fi
    done
    echo 3.12 # uv finds or fetches one
}

find_uv() {
    if command -v uv >/dev/null 2>&1; then
        command -v uv
        return
    fi
    if [ ! -x .tools/uv/bin/uv ]; then
        python=$(python312)
        if [ "$python" = 3.12 ]; then
            echo "setup: needs Python 3.12 (or uv, or pyenv with 3.12) on the PATH" >&2
            exit 1
        fi
        "$python" -m venv .tools/uv >&2
        .tools/uv/bin/python -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --require-hashes -r requirements/uv.txt >&2
    fi
    echo .tools/uv/bin/uv
}

environment() { # folder, requirements file
    "$uv" venv --quiet --allow-existing --python "$(python312)" "$1"
    "$uv" pip sync --quiet --require-hashes --python "$1/bin/python" "$2"
}

[ "$(uname -sm)" = "Linux x86_64" ] || { echo "setup: needs Linux on x86_64, for which the layer is built" >&2; exit 1; }
command -v cc >/dev/null 2>&1 || { echo "setup: needs a C compiler (cc), for durable-rules" >&2; exit 1; }
uv=$(find_uv)
echo "setup: .venv, .tools/sam, .tools/ministack (with $("$uv" --version))"
environment .venv requirements/dev.txt
"$uv" pip install --quiet --python .venv/bin/python --no-deps --no-build-isolation -e .
environment .tools/sam requirements/sam.txt
environment .tools/ministack requirements/ministack.txt
touch .venv/.ready .tools/.ready
