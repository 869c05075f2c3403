#!/usr/bin/env bash
# build/subjects/nginx: nginx in the foreground, as a subject to compare with.
#
#   nginx PORT CORES     CORES as in 0,1: a worker on each
#
# It has no route /json, since it serializes nothing. The configuration lies beside it, as
# nginx.conf, and is handed over filled in, without a file that stays.
set -euo pipefail

port=${1:?which port? for example: nginx 8080 0,1}
IFS=, read -ra cores <<<"${2:?which cores? for example: nginx 8080 0,1}"
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
program=$(PATH=$PATH:/usr/sbin command -v nginx) || {
  echo "nginx: is not installed; apt-get install nginx-light" >&2
  exit 2
}

# For each core a mask such as 0010, the last digit being core 0.
masks=()
for core in "${cores[@]}"; do
  masks+=("1$(printf '%*s' "$core" '' | tr ' ' 0)")
done

# nginx wants directories for uploads, though there are none here.
state=${TMPDIR:-/tmp}/etude-nginx-$(id -u)
mkdir -p -m 700 "$state"
filled_in=$(mktemp "$state/XXXXXX.conf")
sed -e "s|@USER@|$(id -un)|; s|@WORKERS@|${#cores[@]}|; s|@MASKS@|${masks[*]}|" \
  -e "s|@STATE@|$state|; s|@PORT@|$port|" "$here/nginx.conf" >"$filled_in"
ulimit -n "$(ulimit -Hn)"
exec 9<"$filled_in"
rm "$filled_in"
# -e: it opens a log before it has read its configuration.
exec "$program" -e stderr -p "$state" -c /proc/self/fd/9
