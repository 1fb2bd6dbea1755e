#!/bin/sh
# What one program on an NVIDIA GPU does: parity with MuJoCo's C engine, a minute of learning to walk, control steps a
# second with the brain in the loop, memory. Five minutes at most; every line is printed as soon as it is known.
#
#     scripts/gpu_check.sh                     with what is installed (pip install 'premotor[gpu]')
#     scripts/gpu_check.sh --wheels FOLDER     installs premotor[gpu] from wheels in FOLDER into .venv-gpu first
#     scripts/gpu_check.sh --short             every part in its smallest form, on any machine
#
# PYTHON names another Python than .venv's.
set -eu
cd "$(dirname "$0")/.."
began=$(date +%s)
wheels="" short="" limit=300
while [ $# -gt 0 ]; do
    case "$1" in
    --wheels) wheels="${2:?--wheels needs a folder}"; shift 2 ;;
    --short) short="--short" limit=3600; shift ;;
    *) echo "gpu_check.sh: unknown word '$1'; allowed are --wheels FOLDER and --short" >&2; exit 2 ;;
    esac
done
python="${PYTHON:-.venv/bin/python}"
if [ -n "$wheels" ]; then
    "$(sh scripts/find-python.sh)" -m venv .venv-gpu
    python=.venv-gpu/bin/python
    "$python" -m pip install --quiet --no-index --find-links "$wheels" 'premotor[gpu]'
fi
"$python" -c 'import premotor' 2>/dev/null || { echo "gpu_check.sh: $python has no premotor; PYTHON names another" >&2; exit 1; }
# Several processes share the device, so none may take all of its memory.
export XLA_PYTHON_CLIENT_PREALLOCATE=false
left=$((limit - $(date +%s) + began))
timeout "$left" "$python" scripts/gpu_check.py --seconds "$left" $short && exit 0
status=$?
[ "$status" -ne 124 ] || echo "stopped after $limit s; what is above was measured"
exit "$status"
