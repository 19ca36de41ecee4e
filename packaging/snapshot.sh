#!/usr/bin/env bash
# make snapshot: the release's files in dist/, built here: binaries, deb and rpm, checksums. PLATFORMS names others than this machine's.
# What the package tool cannot be had for is skipped, loudly.
set -euo pipefail
cd "$(dirname "$0")/.."
. packaging/lib.sh

out=${OUT:-dist}
# image.tar is image.sh's.
find "$out" -mindepth 1 -not -name image.tar -delete 2>/dev/null || true
mkdir -p "$out"
nfpm=$(tool github.com/goreleaser/nfpm/v2/cmd/nfpm nfpm "$nfpm_version") || { echo "SKIPPED: deb and rpm: nfpm cannot be built here"; nfpm=; }
for platform in $platforms; do
  export ARCH=${platform#*/} BINARY
  BINARY=$(binary "$platform")
  tar --create --use-compress-program="gzip -n" --file "$out/otelcol-sentry_${VERSION}_${platform/\//_}.tar.gz" --owner=0 --group=0 --mtime="$CREATED" --sort=name \
    --transform='s|.*/||' "$BINARY" packaging/config.yaml LICENSE NOTICE README.md
  [[ -n $nfpm && $platform == linux/* ]] || continue
  for packager in deb rpm; do
    SOURCE_DATE_EPOCH=$(date -d "$CREATED" +%s) "$nfpm" package --config packaging/nfpm.yaml --packager "$packager" --target "$out/"
  done
done
(cd "$out" && sha256sum -- * >checksums.txt)
ls -l "$out"
