# What the scripts of this folder share. To be sourced, with $repo set. Loud skips and the cache folder are those of the conformance tests.
. "$repo/test/conformance/lib.sh"

kubernetes_version=v1.36.3
operator_version=v0.148.0
helm_version=v4.3.1

# built SET FILE...: the folder in which the binaries of SET are kept, keyed by the files that pin what they are built from, and by Go.
built() {
  local set=$1
  shift
  echo "$cache/$set-$({ cat "$@"; go env GOVERSION GOOS GOARCH; } | sha256sum | cut -c1-16)"
}

# compile FOLDER MODULE LDFLAGS PACKAGE NAME: one static binary, at low priority: whoever builds Kubernetes also wants to go on working.
compile() {
  (cd "$2" && CGO_ENABLED=0 nice go build -trimpath -ldflags "$3" -o "$1/$5" "$4")
}

# kubernetes NAME... FOLDER: the named commands of Kubernetes in FOLDER. They say the version that they are, as a release does: clients ask.
kubernetes() {
  local folder=${*: -1} version=k8s.io/component-base/version name
  local flags="-s -w -X $version.gitVersion=$kubernetes_version -X $version.gitMajor=1 -X $version.gitMinor=36 -X $version.gitTreeState=clean"
  for name in "${@:1:$#-1}"; do
    compile "$folder" "$repo/test/kubernetes/tools" "$flags" "k8s.io/kubernetes/cmd/$name" "$name" || return
  done
}

# tool MODULE NAME VERSION: where the command is kept; it is built if it is not there.
tool() {
  local folder=$cache/$2-$3
  [[ -x $folder/$2 ]] || GOBIN=$folder CGO_ENABLED=0 nice go install -trimpath -ldflags '-s -w' "$1@$3" >&2 || return
  echo "$folder/$2"
}

helm_command() { tool helm.sh/helm/v4/cmd/helm helm "$helm_version"; }

# control_plane FOLDER: etcd and the API server.
control_plane() {
  compile "$1" "$repo/test/kubernetes/tools" "-s -w" go.etcd.io/etcd/server/v3 etcd && kubernetes kube-apiserver "$1"
}

# operator FOLDER: the OpenTelemetry Operator. It says which version it is, as a release does.
operator() {
  local v=github.com/open-telemetry/opentelemetry-operator/internal/version name flags="-s -w"
  for name in version otelCol targetAllocator operatorOpAMPBridge; do flags+=" -X $v.$name=${operator_version#v}"; done
  compile "$1" "$repo/test/kubernetes/operator" "$flags" github.com/open-telemetry/opentelemetry-operator opentelemetry-operator
}

# node FOLDER: what makes a node of a machine, and the rest of the control plane.
node() {
  kubernetes kube-controller-manager kube-scheduler kubelet kube-proxy kubectl "$1" || return
  local from command=(env "GOBIN=$1" nice go install -trimpath -ldflags "-s -w")
  while read -r from; do
    CGO_ENABLED=0 "${command[@]}" "$from" || return
  done <"$repo/test/kubernetes/node/modules.txt"
  CGO_ENABLED=1 "${command[@]}" -tags seccomp github.com/opencontainers/runc@v1.5.2 # pods have a seccomp profile
}

pins=("$repo/test/kubernetes/tools/go.mod" "$repo/test/kubernetes/tools/go.sum")
operator_pins=("$repo/test/kubernetes/operator/go.mod" "$repo/test/kubernetes/operator/go.sum")
