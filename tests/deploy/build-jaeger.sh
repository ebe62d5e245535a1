#!/bin/bash
# Builds the Jaeger of docker-compose.yml (2.13.0) into the file given. Its module has the tag v1.76.0: one commit,
# two numbers. It is built from a copy, since its go.mod replaces a module, which `go install` refuses.
set -euo pipefail

target="$(realpath -m "$1")"
work="$(mktemp -d)"
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
cd "$work"
source="$(go mod download -json github.com/jaegertracing/jaeger@v1.76.0 | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p')"
cp -r "$source" jaeger
chmod -R u+w jaeger
cd jaeger
mkdir -p "$(dirname "$target")"
go build -p 1 -buildvcs=false -ldflags="-s -w" -o "$target" ./cmd/jaeger
