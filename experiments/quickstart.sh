#!/usr/bin/env bash
# From a fresh clone to a report: set up, build, run a suite on real sockets, draw it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

usage() {
  cat <<'TEXT'
usage: bash experiments/quickstart.sh [--suite NAME]

Installs what is missing (says what, before it does), builds, runs experiments/suites/NAME.json
against real servers on this machine, and writes results/NAME/ with figures and
report/report.html. NAME is "quick" unless given: four schedulers from 256 to 16,384 connections.

Time: about 8 minutes to install and build on 2 cores, then at most 5 for the suite "quick".
Stopped half-way? Run it again: every finished trial is kept.

example: bash experiments/quickstart.sh --suite smoke
TEXT
}

fail() { printf 'quickstart: %s\n' "$*" >&2; exit 2; }

suite=quick
while [[ $# -gt 0 ]]; do
  case $1 in
    --help | -h) usage; exit 0 ;;
    --suite) suite=${2:-}; [[ -n $suite ]] || fail "--suite: no name given; see --help"; shift 2 ;;
    *) fail "$1: unknown option; see --help" ;;
  esac
done
suite_file=experiments/suites/$suite.json
out=results/$suite
[[ -f $suite_file ]] || fail "$suite: there is no $suite_file; there are:" \
  "$(cd experiments/suites && printf '%s ' *.json)"

bash experiments/setup.sh build report
ETUDE_TARGET=programs bash experiments/build.sh build
build/etude run "$suite_file" --out "$out"
/usr/bin/python3 analysis/report.py "$out" --out "$out/report"

cat <<TEXT

Look next at
  $out/report/report.html   the figures and verdicts, in a browser
  $out/comparisons.csv      each comparison with its ratio, interval and verdict
  $out/trials.csv           one row per trial, the numbers behind them
  $suite_file    what was run: change it, and run this again with another --out
  schedulers/README.md      how to add a scheduler of your own
TEXT
