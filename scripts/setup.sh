#!/bin/sh
# Everything a clone needs, inside the clone: .venv (the command `standing` and the checks) and .tools (sam, ministack).
# They get environments of their own because each pins its own botocore. Every package is pinned with hashes.
set -eu
cd "$(dirname "$0")/.."
export UV_SYSTEM_CERTS="${UV_SYSTEM_CERTS:-1}" # trust what the machine trusts, a company proxy included

quietly() { # a command, whose output is shown only if it fails
    log=$(mktemp)
    "$@" >"$log" 2>&1 && rm -f "$log" && return
    status=$?
    cat "$log" >&2
    rm -f "$log"
    exit "$status"
}

step() { # what is done, and the command that does it
    printf 'setup: %s … ' "$1" >&2
    shift
    begun=$(date +%s)
    quietly "$@"
    echo "$(($(date +%s) - begun)) s" >&2
}

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
        step "uv, which installs the rest" install_uv "$python"
    fi
    echo .tools/uv/bin/uv
}

install_uv() { # the Python that runs it
    "$1" -m venv .tools/uv &&
        .tools/uv/bin/python -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --require-hashes -r requirements/uv.txt
}

environment() { # folder, requirements file
    "$uv" venv --quiet --allow-existing --python "$(python312)" "$1" &&
        "$uv" pip sync --quiet --require-hashes --python "$1/bin/python" "$2"
}

itself() { # the project, so that the command and the checks use the files of this clone
    "$uv" pip install --quiet --python .venv/bin/python --no-deps --no-build-isolation -e .
}

[ "$(uname -sm)" = "Linux x86_64" ] || { echo "setup: needs Linux on x86_64, for which the layer is built" >&2; exit 1; }
command -v cc >/dev/null 2>&1 || { echo "setup: needs a C compiler (cc), for durable-rules" >&2; exit 1; }
uv=$(find_uv)
step ".venv: the command \`standing\` and the checks" environment .venv requirements/dev.txt
step "this project into it" itself
step ".tools/sam: builds the template" environment .tools/sam requirements/sam.txt
step ".tools/ministack: the local AWS" environment .tools/ministack requirements/ministack.txt
touch .venv/.ready .tools/.ready
