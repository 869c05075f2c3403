#!/usr/bin/env bash
# Builds Etude and runs its tests. Exit 0 only when something ran and all of it passed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

usage() {
  cat <<'TEXT'
usage: bash tests/run.sh [--quick | --sanitize address|thread|undefined | --fuzz]

Installs what is missing (says what, before it does), builds, runs the tests, and ends with where
the time went, the ten slowest tests and a line "N passed, N failed". Without an option: a plain
build with every test, C++ and Python; then the C++ tests once more under the address and
undefined-behaviour sanitizers, with the raw request cases against a server built so, and under the
thread sanitizer, those with more than one thread (ETUDE_TESTS_PLAIN_ONLY=1 leaves these two out).
The Python tests run beside the builds, in two lots.

  --quick           for the edit loop: the plain build of what has changed, and all tests but those
                    that tests/not_quick.txt names, each with its reason; no sanitizer
  --sanitize KIND   only the C++ tests, under that sanitizer, built in build-KIND/;
                    "address" includes undefined behaviour and the raw request cases
  --fuzz            only the fuzz targets, built by clang in build-fuzz/, 60 seconds each

Time on 2 cores: about half an hour from nothing; --quick a few minutes when a build is there.
example: bash tests/run.sh --quick
TEXT
}

fail() { printf 'run.sh: %s\n' "$*" >&2; exit 2; }
step() { printf '\n== %s\n' "$*" >&2; }

reports=()  # JUnit files: what tests/tally.py counts. One that was never written is a failure.
times=build/test-times.tsv  # for tests/tally.py as well: a line for each part, written at its end

# part NAME command...: runs it and notes its wall, user and system time, in seconds.
part() {
  local TIMEFORMAT=$1$'\t%R\t%U\t%S'
  shift
  { time "$@" 2>&3; } 3>&2 2>>"$times"
}

# build_in DIR [cmake options]: false when it does not build; the tests then have no report.
build_in() {
  local gently=()
  [[ ${#beside[@]} -eq 0 ]] || gently=(nice -n 5)  # tests come first
  step "building $1/"
  part "building $1/${ETUDE_TARGET:+, $ETUDE_TARGET}" "${gently[@]}" \
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
    part "C++ tests in $directory/" \
    "${fixed_map[@]}" ctest --test-dir "$directory" --parallel 2 --timeout 300 \
    --output-on-failure --output-junit "$report" "$@" </dev/null || true
}

# The Python tests in the named files or folders, on the programs of the build in DIR; their report
# is DIR/NAME.xml.
python_tests() {
  local directory=$1 name=$2 report=$PWD/$1/$2.xml
  shift 2
  step "Python tests in $directory/, $name: $*"
  rm -f "$report"
  ETUDE_BUILD_DIR=$directory UBSAN_OPTIONS=print_stacktrace=1 \
    part "Python tests in $directory/, $name" \
    timeout --kill-after=30 1800 /usr/bin/python3 -m pytest -c tests/pytest.ini --quiet \
    --junitxml="$report" "$@" </dev/null || true
}

# Python tests wait more than they compute: they run beside the C++ tests and the next builds, and
# are shown when all is done. Whoever ends this script ends them with it.
beside=()  # processes
beside_logs=()
python_tests_beside() {
  beside_logs+=("$1/$2.log")
  python_tests "$@" >"$1/$2.log" 2>&1 &
  beside+=($!)
  trap end_beside INT TERM
}

# Two lots, one beside the other, in each of which one test runs at a time. These rooms load the
# machine on purpose: two at once would hold each other up. They begin as soon as the programs are
# there that they drive. All other rooms, also new ones, are in the second lot.
loading=(tests/faults tests/harness tests/load tests/serve)

# Builds all, with the Python tests beside; false when it does not build. Words go to pytest.
build_with_python_tests() {
  ETUDE_TARGET=etude_driven build_in build -DETUDE_SANITIZE= || return 1
  python_tests_beside build pytest-loading "$@" "${loading[@]}"
  build_in build -DETUDE_SANITIZE= || return 1
  python_tests_beside build pytest "$@" "${loading[@]/#/--ignore=}" tests
}

end_beside() {
  local pid children
  for pid in "${beside[@]}"; do
    read -r -a children <"/proc/$pid/task/$pid/children" || true
    kill "${children[@]}" "$pid" || true
  done 2>/dev/null
  exit 2
}

plain() {
  reports+=(build/ctest.xml build/pytest-loading.xml build/pytest.xml)
  part "installing" bash experiments/setup.sh build report test
  if build_with_python_tests; then cpp_tests build; fi
}

# What tests/not_quick.txt names is left out: of ctest by name, of pytest by the beginning of its.
quick() {
  reports+=(build/ctest.xml build/pytest-loading.xml build/pytest.xml)
  bash experiments/setup.sh build report test
  local name without=() cpp=""
  while read -r name _; do
    case $name in
      "" | "#"*) ;;
      tests/*) without+=("--deselect=${name#tests/}") ;;
      *) cpp+="${cpp:+|}$name" ;;
    esac
  done <tests/not_quick.txt
  [[ -z $cpp ]] || cpp="^($cpp)\$"
  if build_with_python_tests "${without[@]}"; then
    cpp_tests build ${cpp:+--exclude-regex "$cpp"}
  fi
}

sanitized() {
  local kind=$1 flags=$1
  [[ $kind != address ]] || flags=address,undefined
  reports+=("build-$kind/ctest.xml")
  [[ $kind != address ]] || reports+=("build-$kind/pytest.xml")
  part "installing" bash experiments/setup.sh build test
  if ETUDE_TARGET=etude_tests build_in "build-$kind" "-DETUDE_SANITIZE=$flags"; then
    cpp_tests "build-$kind"
    [[ $kind != address ]] ||
      python_tests_beside "build-$kind" pytest tests/serve/http_cases_test.py
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
    --quick | --fuzz) kinds+=("${1#--}"); shift ;;
    *) fail "$1: unknown option; see --help" ;;
  esac
done
if [[ ${#kinds[@]} -eq 0 ]]; then
  kinds=(plain)
  [[ ${ETUDE_TESTS_PLAIN_ONLY:-} == 1 ]] || kinds+=("sanitized address" "sanitized thread")
fi

# A report of an earlier run must not count for this one, not even when a build now fails.
rm -f build{,-address,-thread,-undefined,-fuzz}/{ctest,pytest,pytest-loading}.xml
mkdir -p build
: >"$times"
for kind in "${kinds[@]}"; do $kind; done
[[ ${#beside[@]} -eq 0 ]] || { wait "${beside[@]}" || true; cat "${beside_logs[@]}"; }

step "reports: ${reports[*]}; a failed C++ test alone: ctest --test-dir build -R NAME -V;
   a Python one: /usr/bin/python3 -m pytest -c tests/pytest.ini FILE -k NAME"
exec /usr/bin/python3 tests/tally.py --times "$times" "${reports[@]}"
