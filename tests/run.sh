#!/usr/bin/env bash
# Builds Etude and runs its tests. Exit 0 only when something ran and all of it passed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

usage() {
  cat <<'TEXT'
usage: bash tests/run.sh [--sanitize address|thread|undefined] [--fuzz]

Installs what is missing (says what, before it does), builds, runs the tests, and ends with a line
"N passed, N failed". Without an option: a plain build with every test, C++ and Python; then the
C++ tests once more under the address and undefined-behaviour sanitizers, with the raw request cases
against a server built so, and under the thread sanitizer (ETUDE_TESTS_PLAIN_ONLY=1 leaves these two
out).

  --sanitize KIND   only the C++ tests, under that sanitizer, built in build-KIND/;
                    "address" includes undefined behaviour and the raw request cases
  --fuzz            only the fuzz targets, built by clang in build-fuzz/, 60 seconds each

Time on 2 cores: about 15 minutes from nothing, about 5 when only the tests have to run.
example: ETUDE_TESTS_PLAIN_ONLY=1 bash tests/run.sh
TEXT
}

fail() { printf 'run.sh: %s\n' "$*" >&2; exit 2; }
step() { printf '\n== %s\n' "$*" >&2; }

reports=()  # JUnit files: what tests/tally.py counts. One that was never written is a failure.

# build_in DIR [cmake options]: false when it does not build; the tests then have no report.
build_in() {
  step "building $1/"
  bash experiments/build.sh "$@"
}

# The C++ tests of the build in DIR; further words go to ctest.
cpp_tests() {
  local directory=$1 report=$PWD/$1/ctest.xml
  shift
  step "C++ tests in $directory/"
  rm -f "$report"
  # A fixed map of the address space: with much randomness the thread sanitizer may not start.
  local fixed_map=()
  if setarch "$(uname -m)" -R true 2>/dev/null; then fixed_map=(setarch "$(uname -m)" -R); fi
  UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 TSAN_OPTIONS=halt_on_error=1 \
    "${fixed_map[@]}" ctest --test-dir "$directory" --parallel 2 --timeout 300 \
    --output-on-failure --output-junit "$report" "$@" </dev/null || true
}

# The Python tests in the named files or folders, on the programs of the build in DIR.
python_tests() {
  local directory=$1 report=$PWD/$1/pytest.xml
  shift
  step "Python tests in $directory/: $*"
  rm -f "$report"
  ETUDE_BUILD_DIR=$directory UBSAN_OPTIONS=print_stacktrace=1 \
    timeout --kill-after=30 1800 /usr/bin/python3 -m pytest -c tests/pytest.ini --quiet \
    --junitxml="$report" "$@" </dev/null || true
}

plain() {
  reports+=(build/ctest.xml build/pytest.xml)
  bash experiments/setup.sh build report test
  if build_in build -DETUDE_SANITIZE=; then
    cpp_tests build
    python_tests build tests
  fi
}

sanitized() {
  local kind=$1 flags=$1
  [[ $kind != address ]] || flags=address,undefined
  reports+=("build-$kind/ctest.xml")
  [[ $kind != address ]] || reports+=("build-$kind/pytest.xml")
  bash experiments/setup.sh build test
  if build_in "build-$kind" "-DETUDE_SANITIZE=$flags"; then
    cpp_tests "build-$kind"
    [[ $kind != address ]] || python_tests "build-$kind" tests/serve/http_cases_test.py
  fi
}

fuzz() {
  reports+=(build-fuzz/ctest.xml)
  bash experiments/setup.sh build fuzz
  local clang=(-DCMAKE_C_COMPILER=clang-16 -DCMAKE_CXX_COMPILER=clang++-16)
  if ETUDE_TARGET=etude_fuzzers build_in build-fuzz "${clang[@]}" \
    -DETUDE_FUZZ=ON -DETUDE_SANITIZE=fuzzer-no-link,address,undefined; then
    cpp_tests build-fuzz --label-regex '^fuzz$'
  fi
}

kinds=()
while [[ $# -gt 0 ]]; do
  case $1 in
    --help | -h) usage; exit 0 ;;
    --sanitize)
      case ${2:-} in
        address | thread | undefined) kinds+=("sanitized $2") ;;
        *) fail "--sanitize ${2:-}: not known; use address, thread or undefined" ;;
      esac
      shift 2 ;;
    --fuzz) kinds+=(fuzz); shift ;;
    *) fail "$1: unknown option; see --help" ;;
  esac
done
if [[ ${#kinds[@]} -eq 0 ]]; then
  kinds=(plain)
  [[ ${ETUDE_TESTS_PLAIN_ONLY:-} == 1 ]] || kinds+=("sanitized address" "sanitized thread")
fi

# A report of an earlier run must not count for this one, not even when a build now fails.
rm -f build{,-address,-thread,-undefined,-fuzz}/{ctest,pytest}.xml
for kind in "${kinds[@]}"; do $kind; done

step "reports: ${reports[*]}; a failed C++ test alone: ctest --test-dir build -R NAME -V;
   a Python one: /usr/bin/python3 -m pytest -c tests/pytest.ini FILE -k NAME"
exec /usr/bin/python3 tests/tally.py "${reports[@]}"
