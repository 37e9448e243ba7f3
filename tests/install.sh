#!/usr/bin/env bash
# Usage: tests/install.sh VENV LOCK…
# Creates VENV when it is missing, installs the locked packages and Xiaoyuan itself (editable) into it.
# Nothing but Python 3.11 is assumed; uv is used where it is there, because it takes a fifth of the time.
set -euo pipefail

venv=$1
shift
seconds_before=$SECONDS

find_python() {
    local name
    for name in "${PYTHON:-}" python3.11 python3.12 python3.13 python3.14 python3 python; do
        if [ -n "$name" ] && command -v "$name" >/dev/null &&
            "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$name"
            return
        fi
    done
    echo "Python 3.11 or newer is missing. Install it, or set PYTHON to it." >&2
    return 1
}

create() {
    local python
    python=$(find_python)
    echo "environment: creating $venv with $python"
    if command -v uv >/dev/null && uv venv --quiet --python "$python" "$venv"; then
        return
    fi
    "$python" -m venv "$venv" || {
        echo "This Python cannot create environments (Debian: apt-get install python3-venv)." >&2
        return 1
    }
}

# pip reads its own settings, uv its own: where one does not reach a registry, the other may.
install() {
    if command -v uv >/dev/null; then
        if uv pip install --quiet --python "$venv/bin/python" "$@"; then
            return
        fi
        echo "environment: uv failed, trying pip"
    fi
    "$venv/bin/python" -m pip --version >/dev/null 2>&1 || "$venv/bin/python" -m ensurepip --upgrade >/dev/null
    "$venv/bin/python" -m pip install -qq --disable-pip-version-check "$@"
}

[ -x "$venv/bin/python" ] || create

requirements=()
for lock in "$@"; do
    requirements+=(-r "$lock")
done
echo "environment: installing $* …"
install --require-hashes "${requirements[@]}"
"$venv/bin/python" hatch_build.py # the installation below would do it too, but without a word
install --no-deps --no-build-isolation --editable .
echo "environment: ready after $((SECONDS - seconds_before)) s"
