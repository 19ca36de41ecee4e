#!/usr/bin/env bash
# make test-node: a real node. kubelet, containerd, runc and kube-proxy of this machine, in a network and mount namespace of their own, so that
# nothing listens outside and nothing of the machine is changed; our binary as an image and a DaemonSet, by the manifests and by the chart, four
# programs that crash in pods, and the issues they make in an inbox. Needs root. Leaves pictures of the inbox in bin/ where there is a Chromium.
set -uo pipefail
repo=$(cd "$(dirname "$0")/../../.." && pwd)
cd "$repo"
. test/kubernetes/lib.sh
here=$repo/test/kubernetes/node
skip() { skipped "the node" "$1"; exit 0; }
[[ $(id -u) == 0 ]] || skip "it needs root"
missing=$(present unshare nsenter ip iptables openssl java javac python3 node curl) || skip "$missing"
unshare -nm true 2>/dev/null || skip "no namespaces may be made here"
folders=()
for set in control-plane node; do
  said=$(test/kubernetes/build.sh $set 2>&1) || skip "$said"
  folders+=("$(tail -n 1 <<<"$said")")
done
helm=$(helm_command) || skip "helm cannot be built here"

work=$(mktemp -d /tmp/test-node.XXXXXX)
bin=$work/bin logs=$work/log
mkdir -p "$bin" "$logs"
for folder in "${folders[@]}"; do ln -s "$folder"/* "$bin/"; done
. "$here/images.sh"
. "$here/parts.sh"
trap 'finish' EXIT

heading "Images"
make_images
heading "Control plane and node"
enter_namespaces
start_control_plane || fail "the control plane"
start_node || fail "the node"
heading "The agent, from the manifests that are shipped"
start_inbox
start_agent || fail "the agent"
heading "Four programs crash"
crash || fail "the programs"
by_otlp || fail "OTLP by the agent's Service"
heading "The inbox"
judge || fail "the issues"
picture "" bin/test-node.png
picture "#/issues/$(newest_issue)" bin/test-node-issue.png
heading "The same by the chart"
start_chart || fail "the chart"
crash_again || fail "the programs, once more"
heading "Node: passed"
