#!/usr/bin/env bash
# Runs a command in a fresh Debian 12 that has nothing but the base system and a clone of this tree.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

usage() {
  cat <<'TEXT'
usage: sudo bash experiments/container/clean_root.sh DIR [COMMAND...]

Makes a Debian 12 root in DIR with mmdebstrap (minbase: no compiler, no Python, no git), puts the
last commit of this tree into its /etude, and runs COMMAND there (bash experiments/quickstart.sh).
DIR must not exist, or be left by an earlier call, whose root and build are then used again.
/proc, /sys and /dev are mounted meanwhile and unmounted in the end, however it ends.

example: sudo bash experiments/container/clean_root.sh /var/tmp/clean bash tests/run.sh
TEXT
}
fail() { printf 'clean_root: %s\n' "$*" >&2; exit 2; }

case ${1:-} in "" | -h | --help) usage; exit 2 ;; esac
[[ $(id -u) -eq 0 ]] || fail "not root: mounts and chroot need it; use sudo"
command -v mmdebstrap >/dev/null || fail "no mmdebstrap: apt-get install mmdebstrap"
root=$(realpath -m -- "$1")
shift
[[ $# -gt 0 ]] || set -- bash experiments/quickstart.sh
[[ ! -e $root || -e $root/etude ]] || fail "$root: exists, and is no clean root; name another"

mounted=()
unmount() {
  local i
  for ((i = ${#mounted[@]} - 1; i >= 0; --i)); do
    umount -- "${mounted[i]}" || umount --lazy -- "${mounted[i]}"
  done
}
mount_in() {  # TYPE NAME PLACE
  mount -t "$1" "$2" "$root/$3"
  mounted+=("$root/$3")
}

if [[ ! -e $root/etude ]]; then
  mmdebstrap --quiet --variant=minbase --include=ca-certificates bookworm "$root"
  mkdir "$root/etude"
  git archive HEAD | tar -x -C "$root/etude"
fi
trap unmount EXIT
trap 'exit 130' INT TERM
mount_in proc proc proc
mount_in sysfs sysfs sys
mount_in tmpfs tmpfs tmp
mount_in tmpfs tmpfs dev
for device in null zero full random urandom tty; do
  mknod -m 666 "$root/dev/$device" c $(stat -c '0x%t 0x%T' "/dev/$device")
done
mkdir "$root/dev/pts" "$root/dev/shm"
mount_in tmpfs tmpfs dev/shm
ln -s /proc/self/fd "$root/dev/fd"
cp /etc/resolv.conf "$root/etc/resolv.conf"

inside=(env -i HOME=/tmp LANG=C.UTF-8 PATH=/usr/sbin:/usr/bin:/sbin:/bin)
# What apt-get needs on this network, and nothing else of this machine.
for name in http_proxy https_proxy no_proxy; do
  [[ -z ${!name:-} ]] || inside+=("$name=${!name}")
done
chroot "$root" "${inside[@]}" bash -c 'cd /etude && exec "$@"' bash "$@"
