#!/usr/bin/env bash
# make test-operator: the operator's resources that are shipped, before the real OpenTelemetry Operator. Built once (eight minutes of CPU). Its webhook
# server listens on all addresses, so that everything runs in a network of its own, in which there is nothing but loopback.
set -uo pipefail
repo=$(cd "$(dirname "$0")/../.." && pwd)
cd "$repo"
. test/kubernetes/lib.sh
folders=()
for set in control-plane operator; do
  said=$(test/kubernetes/build.sh $set 2>&1)
  case $? in
  0) folders+=("$(tail -n 1 <<<"$said")") ;;
  2) skipped "the OpenTelemetry Operator" "$said"; exit 0 ;;
  *) printf '%s\n' "$said"; exit 1 ;;
  esac
done
unshare -rn true 2>/dev/null || { skipped "the OpenTelemetry Operator" "no network namespace may be made here"; exit 0; }
test=$(mktemp)
trap 'rm -f "$test"' EXIT
CGO_ENABLED=0 go test -c -o "$test" ./test/kubernetes || exit 1
module=$(cd test/kubernetes/operator && go list -m -f '{{.Dir}}' github.com/open-telemetry/opentelemetry-operator) || exit 1
cd test/kubernetes && KUBERNETES_BIN=${folders[0]} OPERATOR_BIN=${folders[1]}/opentelemetry-operator OPERATOR_MODULE=$module \
  unshare -rn bash -c 'ip link set lo up && exec "$0" -test.v -test.run "^TestOperator$"' "$test"
