#!/usr/bin/env bash
# Runs the whole check on a machine with a GPU: this engine, then PyTorch on the same cases.
# Usage: run.sh PROGRAM_DIR OUT_DIR [SET]   (PROGRAM_DIR holds the published gpu-check; SET is full or small)
# Both sides together begin nothing new after nine minutes. Exit code 0 where all held, PyTorch's absence apart.
set -uo pipefail
program=$1 out=$2 set=${3:-full}
mkdir -p "$out"

# CUDA's libraries may lie in Python packages; the loader has to be told.
for library in libcublasLt.so.13 libcudart.so.13 libcudnn.so.9 libcurand.so.10 libcufft.so.12 libnvrtc.so.13; do
    place=$(ldconfig -p | grep -m1 -F "$library" >/dev/null && echo known || find / -xdev -name "$library" -print -quit 2>/dev/null)
    case $place in
        known) ;;
        "") echo "not found: $library" ;;
        *) LD_LIBRARY_PATH="$(dirname "$place")${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}" ;;
    esac
done
export LD_LIBRARY_PATH
{ nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader || echo "no nvidia-smi"; } | tee "$out/gpu.txt"

"$program/gpu-check" --device cuda --cases "$set" --out "$out" --seconds 330
engine=$?
python3 "$program/torch-peer.py" --device cuda --cases "$set" --out "$out/torch-peer.json" --seconds 180
peer=$?
[ "$peer" -eq 3 ] && echo "PyTorch was skipped: $(grep -o '"skipped": "[^"]*"' "$out/torch-peer.json")"
echo "engine: exit code $engine, PyTorch: exit code $peer"
[ "$engine" -eq 0 ] && { [ "$peer" -eq 0 ] || [ "$peer" -eq 3 ]; }
