#!/usr/bin/env bash
# Builds what a set of tests needs of Kubernetes, once, and prints the folder. Exit 2 and a reason: it cannot be had here.
set -uo pipefail
repo=$(cd "$(dirname "$0")/../.." && pwd)
. "$repo/test/kubernetes/lib.sh"
case ${1:-} in
control-plane) folder=$(built "kubernetes-$kubernetes_version-control-plane" "${pins[@]}") ;;
operator) folder=$(built "opentelemetry-operator-$operator_version" "${operator_pins[@]}") ;;
node) folder=$(built "kubernetes-$kubernetes_version-node" "${pins[@]}" "$repo/test/kubernetes/node/modules.txt") ;;
*) echo "usage: $0 control-plane|operator|node" >&2; exit 1 ;;
esac
[[ -d $folder ]] || echo "building $(basename "$folder"), once: about four minutes on two cores" >&2
said=$(install "$folder" "${1//-/_}") || { echo "$said" >&2; exit 2; }
echo "$folder"
