#!/usr/bin/env bash
# make test-kubernetes: the shipped configurations against a real API server. What cannot be had is skipped, loudly; a wrong result fails.
set -uo pipefail
repo=$(cd "$(dirname "$0")/../.." && pwd)
cd "$repo"
. test/kubernetes/lib.sh
bin=$(test/kubernetes/build.sh control-plane 2>&1)
case $? in
0) ;;
2) skipped "Kubernetes $kubernetes_version" "$bin"; exit 0 ;;
*) printf '%s\n' "$bin"; exit 1 ;;
esac
KUBERNETES_BIN=$(tail -n 1 <<<"$bin") CGO_ENABLED=0 go test -count=1 -timeout 20m ./test/kubernetes "$@"
