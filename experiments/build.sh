#!/usr/bin/env bash
# Configures and builds: bash experiments/build.sh DIR [cmake options]
# Builds only what changed when run again, everything unless ETUDE_TARGET names one target. Uses
# ccache when it is there.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

directory=${1:?which directory to build in?}
shift
launcher=()
if command -v ccache >/dev/null; then
  # What ccache has to be told where headers are precompiled.
  export CCACHE_SLOPPINESS=${CCACHE_SLOPPINESS:-pch_defines,time_macros}
  launcher=(-DCMAKE_C_COMPILER_LAUNCHER=ccache -DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
fi
printf 'build: %s/ %s\n' "$directory" "$*" >&2
cmake -S . -B "$directory" -G Ninja -DCMAKE_BUILD_TYPE=Release "${launcher[@]}" "$@" >/dev/null
ninja -C "$directory" "${ETUDE_TARGET:-all}"
