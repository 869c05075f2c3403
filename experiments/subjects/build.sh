#!/usr/bin/env bash
# Builds the servers that ours is compared with, into build/subjects/:
#
#   bash experiments/subjects/build.sh
#
# nginx   the distribution's, with a configuration of ours
# go      net/http of Go's standard library
# hyper   hyper on tokio, from Debian's packages of Rust crates
#
# First installs the group "peers" of experiments/packages.txt (experiments/setup.sh says what).
# Nothing is fetched beside that. A peer whose tools are not there is left out, and said so: suites
# skip it. Exit 0: all are built. Exit 1: some are.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

readonly out=$PWD/../../build/subjects
left_out=0

say() { printf 'subjects: %s\n' "$*" >&2; }

nginx() {
  PATH=$PATH:/usr/sbin command -v nginx >/dev/null || { say "nginx is not installed"; return 1; }
  cp nginx/nginx.conf "$out/nginx.conf" &&
    install -m 755 nginx/run.sh "$out/nginx"
}

go() {
  GO111MODULE=off GOCACHE=$out/go.cache command go build -trimpath -o "$out/go" go/main.go
}

# Debian's compiler goes with its crates; one that was installed by hand may come first in PATH.
hyper() {
  rm -rf "$out/hyper.crate"
  cp -r hyper "$out/hyper.crate"  # where Cargo.lock may be written
  (
    cd "$out/hyper.crate"
    PATH=/usr/bin:$PATH CARGO_TARGET_DIR=$out/hyper.target cargo build --quiet --release --offline
  ) || return 1
  cp "$out/hyper.target/release/etude-hyper" "$out/hyper"
}

bash ../setup.sh peers || say "going on with what is there"
mkdir -p "$out"
for peer in nginx go hyper; do
  if $peer; then
    say "build/subjects/$peer is ready"
  else
    rm -f "$out/$peer"  # one of another day would be measured
    say "$peer is left out, for the reason above"
    left_out=1
  fi
done
exit $left_out
