#!/bin/sh
# Prints the path of a Python >= 3.12, or one sentence and a non-zero status.
# Looks at $PYTHON, then on PATH, then at the versions that pyenv has installed but not activated.
set -u

usable() {
    command -v "$1" >/dev/null 2>&1 || return 1
    # Runs it, because a pyenv shim exists for versions that it then refuses to start; asks for venv and
    # ensurepip too, because some systems ship Python without them.
    "$1" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 12))' >/dev/null 2>&1
}

found() {
    "$1" -c 'import sys; print(sys.executable)'
    exit 0
}

if [ -n "${PYTHON:-}" ]; then
    usable "$PYTHON" && found "$PYTHON"
    echo "premotor needs Python 3.12 or newer with venv, and PYTHON=$PYTHON is not one." >&2
    exit 1
fi

for name in python3.12 python3.13 python3.14 python3 python; do
    usable "$name" && found "$name"
done

for root in "${PYENV_ROOT:-}" "$(pyenv root 2>/dev/null)" "${HOME:-}/.pyenv"; do
    [ -n "$root" ] || continue
    for candidate in "$root"/versions/3.1[2-9]*/bin/python; do
        usable "$candidate" && found "$candidate"
    done
done

echo "premotor needs Python 3.12 or newer with venv, and none was found: install one, or name it with 'make PYTHON=...'." >&2
exit 1
