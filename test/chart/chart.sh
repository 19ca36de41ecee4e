#!/usr/bin/env bash
# make test-chart; with --update, make chart; with --push REGISTRY, make chart-push. Builds helm once; what cannot be had is skipped, loudly; a wrong result fails.
set -uo pipefail
repo=$(cd "$(dirname "$0")/../.." && pwd)
cd "$repo"
. test/kubernetes/lib.sh

helm_docs_version=v1.14.2

HELM=$(helm_command) || { skipped helm "it cannot be built here"; exit 0; }
export HELM CGO_ENABLED=0
if [[ ${1:-} == --update ]]; then
  docs=$(tool github.com/norwoodj/helm-docs/cmd/helm-docs helm-docs "$helm_docs_version") || { skipped helm-docs "it cannot be built here"; docs=; }
  [[ -z $docs ]] || "$docs" --log-level warning --sort-values-order file --chart-search-root charts || exit
  go test -count=1 ./test/chart -run 'Files|Golden' -update
  exit
fi
if [[ ${1:-} == --push ]]; then
  folder=$(mktemp -d)
  trap 'rm -rf "$folder"' EXIT
  "$HELM" package charts/otelcol-sentry --destination "$folder" && "$HELM" push "$folder"/*.tgz "$2"
  exit
fi
tools=$(mktemp -d)
trap 'rm -rf "$tools"' EXIT
PROMQL=$tools/promql
(cd test/chart/promql && nice go build -o "$PROMQL" .) || { skipped promql "it cannot be built here"; PROMQL=; }
export PROMQL
go test -count=1 ./test/chart || exit
control_plane=$(test/kubernetes/build.sh control-plane 2>&1) || { skipped "installing the chart" "$control_plane"; exit 0; }
KUBERNETES_BIN=$(tail -n 1 <<<"$control_plane") go test -count=1 ./test/kubernetes -run Chart
