#!/usr/bin/env bash
# What an installation makes from the program itself:
#
#   bash experiments/package/from_help.sh man PROGRAM DIR          etude.1, etude-run.1, ...
#   bash experiments/package/from_help.sh completion PROGRAM DIR   etude, for bash
#
# Man pages take Debian's help2man; without it none are made, and a line says so.
set -euo pipefail

what=${1:?man or completion?} program=${2:?which program?} directory=${3:?which directory?}
mkdir -p "$directory"

# The page of the program, or of the command that is named.
page() {
  local command=${1:-} name=etude${1:+-$1} about
  about=$("$program" ${command:+"$command"} --help | sed -n 1p)
  help2man --no-info --section 1 --name "$about" --version-string "$version" \
    --help-option "${command:+$command }--help" --source "etude $version" \
    --manual "Etude" --output - "$program" |
    sed "s|$program|etude|g; s|^\.TH [^ ]*|.TH ${name^^}|; s|^etude \\\\- |$name \\\\- |" \
      >"$directory/$name.1"
}

case $what in
  completion) "$program" completion >"$directory/etude" ;;
  man)
    if ! command -v help2man >/dev/null; then
      printf 'from_help.sh: help2man: not installed, no man pages are made\n' >&2
      exit 0
    fi
    version=$("$program" --version | sed -n 1p)
    version=${version#etude }
    page
    commands=$("$program" --help | sed '1,/^Subcommands:/d' | awk '/^  [a-z]/ { print $1 }')
    for command in $commands; do page "$command"; done
    ;;
  *) printf 'from_help.sh: %s: nothing to make; say man or completion\n' "$what" >&2; exit 2 ;;
esac
