#!/usr/bin/env bash
# make image-tar: the container image as a file, dist/image.tar, without a daemon. Load it with `podman load -i` or `docker load -i`.
# PLATFORMS="linux/amd64 linux/arm64" makes one for both.
set -euo pipefail
cd "$(dirname "$0")/.."
. packaging/lib.sh
binaries=()
for platform in $platforms; do
  binaries+=("$platform=$PWD/$(binary "$platform")")
done
out=$(realpath -m "${OUT:-dist}")
mkdir -p "$out"
(cd packaging/image && CGO_ENABLED=0 go run . -output "$out/image.tar" -name "ghcr.io/otelcol-sentry/otelcol-sentry:$VERSION" \
  -config ../config.yaml -created "$CREATED" -revision "$(git rev-parse HEAD)" "${binaries[@]}")
ls -l "$out/image.tar"
