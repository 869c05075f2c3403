#!/usr/bin/env bash
# Installs the Debian packages that Etude needs and this machine lacks.
#
#   bash experiments/setup.sh GROUP...      the groups of experiments/packages.txt
#
# Says what it will do before it does it; does nothing, and needs no root, when all is there.
# Exit 0: everything is installed. Exit 2: something is missing and may not or can not be
# installed; the last lines name it, and the command that an administrator can run.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly list=experiments/packages.txt

say() { printf 'setup: %s\n' "$*" >&2; }

# The packages of the groups given, one a line.
wanted() {
  local group
  for group in "$@"; do
    if ! awk -v group="$group" '$1 == group { print $2; found = 1 } END { exit !found }' "$list"
    then
      say "group $group: not in $list; known:" \
        "$(awk '/^[a-z]/ && !seen[$1]++ { printf "%s ", $1 }' "$list")"
      exit 2
    fi
  done
}

# Sets `lacking` to those of `packages` that are not installed.
find_lacking() {
  local name installed=" "
  # dpkg-query fails when it does not know one of them; the others are listed all the same.
  while read -r name; do
    installed+="$name "
  done < <(dpkg-query -W -f '${db:Status-Status}:${Package}\n' "${packages[@]}" 2>/dev/null)
  lacking=()
  for name in "${packages[@]}"; do
    [[ $installed == *" installed:$name "* ]] || lacking+=("$name")
  done
}

give_up() {
  say "$1"
  say "missing: ${lacking[*]}"
  say "an administrator can install them:"
  say "  apt-get update && apt-get install --no-install-recommends ${lacking[*]}"
  exit 2
}

if [[ $# -eq 0 ]]; then
  say "which groups? for example: bash experiments/setup.sh build report"
  exit 2
fi
packages=$(wanted "$@")
mapfile -t packages <<<"$packages"
find_lacking
if [[ ${#lacking[@]} -eq 0 ]]; then
  say "all ${#packages[@]} packages are there ($*)"
  exit 0
fi

command -v apt-get >/dev/null || give_up "this machine has no apt-get, so nothing can be installed"
as_root=()
if [[ $(id -u) -ne 0 ]]; then
  command -v sudo >/dev/null || give_up "not root, and no sudo: nothing can be installed"
  as_root=(sudo)
  [[ -t 0 ]] || as_root=(sudo -n)  # nobody is there to type a password
fi

say "installing ${#lacking[@]} of ${#packages[@]} packages with ${as_root[*]:+sudo }apt-get:"
say "  ${lacking[*]}"
progress=/dev/null  # a thousand lines that nobody reads, but on a terminal they show that it moves
[[ ! -t 2 ]] || progress=/dev/stderr
# A broken third-party source must not stop us: Debian's own packages may be installable anyway.
"${as_root[@]}" apt-get update -qq </dev/null >"$progress" ||
  say "apt-get update had errors; going on"
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends \
  "${lacking[@]}" </dev/null >"$progress" || give_up "apt-get could not install everything"
find_lacking
[[ ${#lacking[@]} -eq 0 ]] || give_up "apt-get ended well, but not everything is there"
say "done: all ${#packages[@]} packages are there ($*)"
