# The parts of a node: what starts them, what looks at them, and what takes all away again. To be sourced, with $repo, $work, $bin, $logs and
# $here set.

pids=() # of what was started, in its order
address=10.88.0.1
api=16443
group=node-test-$$

fail() {
  wrong "$1"
  local log
  for log in "$logs"/*.log; do printf -- '--- %s\n%s\n' "$log" "$(tail -n 15 "$log")"; done
  kubectl get pods -A -o wide 2>/dev/null
  exit 1
}

# pod_processes are those of the pods: they stay when kubelet ends.
pod_processes() { find /sys/fs/cgroup -path "*/$group/*" -name cgroup.procs -exec cat {} + 2>/dev/null | sort -u; }

# finish ends what was started, last first, and removes the node's traces: nothing is left on the machine.
finish() {
  local i pid
  for ((i = ${#pids[@]} - 1; i >= 0; i--)); do kill "${pids[i]}" 2>/dev/null && wait "${pids[i]}" 2>/dev/null; done
  for pid in $(pod_processes); do kill -9 "$pid" 2>/dev/null; done
  for pid in $(shims); do kill -9 "$pid" 2>/dev/null; done
  if [[ -s $work/ns.pid ]]; then kill "$(cat "$work/ns.pid")" 2>/dev/null; fi
  until_true 10 no_pod_processes
  find /sys/fs/cgroup -depth -type d -path "*/$group*" -exec rmdir {} + 2>/dev/null
  rm -rf "$work"
}

no_pod_processes() { [[ -z $(pod_processes) ]]; }

# shims are containerd's, one a pod: they outlive it. They are known by the folder that their binary was started from.
shims() {
  local exe
  for exe in /proc/[0-9]*/exe; do
    [[ $(readlink "$exe" 2>/dev/null) == */containerd-shim-runc-v2 ]] && grep -qz "$work" "${exe%exe}environ" 2>/dev/null && basename "${exe%/exe}"
  done
}

# inside COMMAND...: runs it in the node's namespaces.
inside() { nsenter -t "$(cat "$work/ns.pid")" -n -m env "PATH=$bin:$PATH" "NODE_TEST=$work" "$@"; }

# start NAME COMMAND...: runs it there in the background, its output in a log. The process that is remembered is the command itself.
start() {
  (exec nsenter -t "$(cat "$work/ns.pid")" -n -m env "PATH=$bin:$PATH" "NODE_TEST=$work" "${@:2}") >"$logs/$1.log" 2>&1 </dev/null &
  pids+=($!)
}

kubectl() { inside env KUBECONFIG="$work/admin.kubeconfig" kubectl "$@"; }

# until_true SECONDS COMMAND...: waits until it succeeds.
until_true() {
  local end=$((SECONDS + $1))
  until "${@:2}" >/dev/null 2>&1; do
    ((SECONDS < end)) || return 1
    sleep 0.2
  done
}

# enter_namespaces makes a network with one bridge and nothing else, a /var and a /run of its own, and shows kubelet the kernel settings that it
# insists on as files: the machine's stay as they are.
enter_namespaces() {
  mkdir -p "$work"/{var,var-work,sysctl,kubelet}
  cat >"$work/namespaces.sh" <<SCRIPT
set -eu
ip link set lo up
ip link add br-node type bridge && ip addr add $address/24 dev br-node && ip link set br-node up && ip route add default dev br-node
mount --make-rprivate /
mount -t overlay overlay -o lowerdir=/var,upperdir=$work/var,workdir=$work/var-work /var
mount -t tmpfs tmpfs /run && mount --make-rshared /
set_file() { echo \$2 >$work/sysctl/\$(basename \$1); mount --bind $work/sysctl/\$(basename \$1) \$1; }
set_file /proc/sys/vm/overcommit_memory 1; set_file /proc/sys/vm/panic_on_oom 0
set_file /proc/sys/kernel/panic 10; set_file /proc/sys/kernel/panic_on_oops 1
echo 1 >/proc/sys/net/ipv4/ip_forward
mkdir -p /var/log/pods
echo \$\$ >$work/ns.pid
exec sleep 3600
SCRIPT
  setsid unshare -n -m --propagation private bash "$work/namespaces.sh" >"$logs/namespaces.log" 2>&1 &
  until_true 10 test -s "$work/ns.pid" || fail "the namespaces"
  # cgroup v1 wants the folder, with its processors, in each hierarchy; v2 in the one.
  local of file
  for of in /sys/fs/cgroup/{cpu,cpuacct,cpuset,memory,devices,freezer,blkio,pids,systemd,unified} /sys/fs/cgroup; do
    [[ -d $of && ($of != /sys/fs/cgroup || -f $of/cgroup.controllers) ]] || continue
    mkdir -p "$of/$group"
    for file in cpuset.cpus cpuset.mems; do
      if [[ -f $of/$file ]]; then cat "$of/$file" >"$of/$group/$file"; fi
    done
  done
}

# certificate NAME SUBJECT: a certificate of the test's authority, and a kubeconfig with it.
certificate() {
  {
    openssl ecparam -name prime256v1 -genkey -noout -out "$work/$1.key"
    openssl req -new -key "$work/$1.key" -subj "$2" -out "$work/$1.csr"
    printf 'extendedKeyUsage=serverAuth,clientAuth\nsubjectAltName=DNS:localhost,DNS:kubernetes,DNS:node1,IP:127.0.0.1,IP:10.96.0.1,IP:%s\n' $address >"$work/$1.ext"
    openssl x509 -req -in "$work/$1.csr" -CA "$work/ca.crt" -CAkey "$work/ca.key" -CAcreateserial -days 2 -extfile "$work/$1.ext" -out "$work/$1.crt"
  } 2>/dev/null
  cat >"$work/$1.kubeconfig" <<CONFIG
apiVersion: v1
kind: Config
clusters: [{name: c, cluster: {server: "https://$address:$api", certificate-authority: $work/ca.crt}}]
users: [{name: u, user: {client-certificate: $work/$1.crt, client-key: $work/$1.key}}]
contexts: [{name: x, context: {cluster: c, user: u}}]
current-context: x
CONFIG
}

start_control_plane() {
  openssl ecparam -name prime256v1 -genkey -noout -out "$work/ca.key"
  openssl req -x509 -new -key "$work/ca.key" -subj /CN=test-node -days 2 -out "$work/ca.crt"
  openssl genrsa -out "$work/sa.key" 2048 2>/dev/null && openssl rsa -in "$work/sa.key" -pubout -out "$work/sa.pub" 2>/dev/null
  certificate apiserver /CN=kube-apiserver
  certificate admin /O=system:masters/CN=admin
  certificate manager /CN=system:kube-controller-manager
  certificate scheduler /CN=system:kube-scheduler
  certificate proxy /CN=system:kube-proxy
  certificate kubelet /O=system:nodes/CN=system:node:node1
  start etcd etcd --data-dir "$work/etcd" --listen-client-urls http://127.0.0.1:12379 --advertise-client-urls http://127.0.0.1:12379 \
    --listen-peer-urls http://127.0.0.1:12380 --unsafe-no-fsync
  start apiserver kube-apiserver --etcd-servers=http://127.0.0.1:12379 --bind-address=0.0.0.0 --advertise-address=$address --secure-port=$api \
    --tls-cert-file="$work/apiserver.crt" --tls-private-key-file="$work/apiserver.key" --client-ca-file="$work/ca.crt" \
    --kubelet-client-certificate="$work/admin.crt" --kubelet-client-key="$work/admin.key" --kubelet-certificate-authority="$work/ca.crt" \
    --kubelet-preferred-address-types=InternalIP --service-account-issuer=https://kubernetes.default.svc --service-account-key-file="$work/sa.pub" \
    --service-account-signing-key-file="$work/sa.key" --service-cluster-ip-range=10.96.0.0/16 --authorization-mode=Node,RBAC \
    --allow-privileged=true --endpoint-reconciler-type=lease
  until_true 60 kubectl get --raw /readyz || return 1
  start manager kube-controller-manager --kubeconfig="$work/manager.kubeconfig" --bind-address=127.0.0.1 --leader-elect=false \
    --service-account-private-key-file="$work/sa.key" --root-ca-file="$work/ca.crt" --use-service-account-credentials
  start scheduler kube-scheduler --kubeconfig="$work/scheduler.kubeconfig" --bind-address=127.0.0.1 --leader-elect=false
  until_true 60 kubectl get serviceaccount default
}

start_node() {
  cat >"$work/containerd.toml" <<CONFIG
version = 3
root = "$work/containerd"
state = "/run/containerd"
[grpc]
  address = "/run/containerd/containerd.sock"
[plugins.'io.containerd.cri.v1.images'.pinned_images]
  sandbox = "localhost/pause:1"
[plugins.'io.containerd.cri.v1.runtime']
  restrict_oom_score_adj = true
  disable_apparmor = true
[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"
[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]
  SystemdCgroup = false
  BinaryName = "$bin/runc"
[plugins.'io.containerd.cri.v1.runtime'.cni]
  bin_dirs = ["$bin"]
  conf_dir = "$work/cni"
CONFIG
  mkdir -p "$work/cni"
  cat >"$work/cni/10-bridge.conflist" <<'CONFIG'
{"cniVersion": "1.0.0", "name": "pods", "plugins": [
  {"type": "bridge", "bridge": "cni0", "isGateway": true, "ipMasq": false, "hairpinMode": true,
   "ipam": {"type": "host-local", "ranges": [[{"subnet": "10.244.0.0/24"}]], "routes": [{"dst": "0.0.0.0/0"}]}},
  {"type": "portmap", "capabilities": {"portMappings": true}}]}
CONFIG
  cat >"$work/kubelet.yaml" <<CONFIG
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
address: $address
healthzBindAddress: 127.0.0.1
authentication: {anonymous: {enabled: false}, webhook: {enabled: false}, x509: {clientCAFile: $work/ca.crt}}
authorization: {mode: AlwaysAllow}
tlsCertFile: $work/kubelet.crt
tlsPrivateKeyFile: $work/kubelet.key
cgroupDriver: cgroupfs
cgroupRoot: /$group
failCgroupV1: false
failSwapOn: false
oomScoreAdj: 0
containerRuntimeEndpoint: unix:///run/containerd/containerd.sock
resolvConf: ""
containerLogMaxSize: 100Ki
containerLogMaxFiles: 3
containerLogMonitorInterval: 3s
evictionHard: {memory.available: "50Mi", nodefs.available: "1%", imagefs.available: "1%"}
imageGCHighThresholdPercent: 100
localStorageCapacityIsolation: false
CONFIG
  cat >"$work/proxy.yaml" <<CONFIG
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
mode: iptables
clientConnection: {kubeconfig: $work/proxy.kubeconfig}
hostnameOverride: node1
clusterCIDR: 10.244.0.0/16
bindAddress: $address
healthzBindAddress: 127.0.0.1:10256
metricsBindAddress: 127.0.0.1:10249
conntrack: {maxPerCore: 0, min: 0, tcpEstablishedTimeout: 0s, tcpCloseWaitTimeout: 0s}
CONFIG
  start containerd containerd -c "$work/containerd.toml"
  local ctr=(inside ctr -a /run/containerd/containerd.sock -n k8s.io) image
  until_true 30 "${ctr[@]}" version || return 1
  for image in "$work"/image.*.tar; do "${ctr[@]}" images import "$image" >"$logs/import.log" 2>&1 || return 1; done
  start kubelet kubelet --config="$work/kubelet.yaml" --kubeconfig="$work/kubelet.kubeconfig" --hostname-override=node1 --node-ip=$address \
    --root-dir="$work/kubelet" --cert-dir="$work/kubelet/pki"
  start proxy kube-proxy --config="$work/proxy.yaml"
  until_true 60 kubectl get node node1 && kubectl wait --for=condition=Ready node/node1 --timeout=90s
}

# start_inbox starts the embedded Sentry, on the node's own address.
start_inbox() {
  cat >"$work/inbox.yaml" <<CONFIG
extensions: {sentry_inbox: {endpoint: "$address:8969", allow_remote: true, allowed_hosts: ["$address"]}}
receivers: {otlp: {protocols: {http: {endpoint: "127.0.0.1:4999"}}}}
exporters: {nop: {}}
service:
  extensions: [sentry_inbox]
  telemetry: {metrics: {level: none}}
  pipelines: {logs: {receivers: [otlp], exporters: [nop]}}
CONFIG
  start inbox "$repo/bin/otelcol-sentry" --config "$work/inbox.yaml"
  until_true 20 issues || fail "the inbox"
}

# start_agent applies the shipped manifests. What differs: images are not pulled.
start_agent() {
  kubectl apply -f "$repo/configs/kubernetes/namespace.yaml" -f "$repo/configs/kubernetes/agent-rbac.yaml" || return 1
  kubectl -n otelcol-sentry create secret generic sentry --from-literal=dsn="http://inbox@$address:8969/1" || return 1
  kubectl -n otelcol-sentry create configmap agent --from-file="$repo/configs/agent.yaml" || return 1
  sed 's/^\( *\)image: .*/&\n\1imagePullPolicy: Never/' "$repo/configs/kubernetes/agent.yaml" >"$work/agent.yaml"
  kubectl apply -f "$work/agent.yaml" || return 1
  kubectl -n otelcol-sentry rollout status daemonset/otelcol-sentry-agent --timeout=90s
}

crash() {
  kubectl apply -f "$here/programs/pods.yaml" || return 1
  until_true 60 four_issues
}

# by_otlp has a pod send to the agent through its Service.
by_otlp() {
  local service
  service=$(kubectl -n otelcol-sentry get service otelcol-sentry-agent -o 'jsonpath={.spec.clusterIP}') || return 1
  sed "s/\$AGENT\"/$service\"/" "$here/programs/sender.yaml" >"$work/sender.yaml"
  kubectl apply -f "$work/sender.yaml" || return 1
  until_true 60 has_come sender
}

# start_chart installs the packaged chart in place of the manifests.
start_chart() {
  kubectl delete -f "$work/agent.yaml" --wait || return 1
  "$helm" package "$repo/charts/otelcol-sentry" --destination "$work/chart" || return 1
  inside env KUBECONFIG="$work/admin.kubeconfig" HELM_CACHE_HOME="$work/helm" HELM_CONFIG_HOME="$work/helm" HELM_DATA_HOME="$work/helm" \
    "$helm" install sentry "$work"/chart/*.tgz --namespace monitoring --create-namespace --set mode=agent --set image.pullPolicy=Never \
    --set "sentry.dsn=http://inbox@$address:8969/1" --wait --timeout 120s || return 1
  kubectl -n monitoring get pods -o wide
}

# crash_again lets the programs crash once more. Each is an event that was not there.
crash_again() {
  local before
  before=$(crashes)
  kubectl -n shop rollout restart deployment || return 1
  until_true 60 more_crashes "$before" || return 1
  echo "$before crashes before, $(crashes) now"
}

crashes() { inside curl -sf "http://$address:8969/api/0/events/" | python3 -c 'import json, sys; print(sum("sent by OTLP" not in json.dumps(e) for e in json.load(sys.stdin)))'; }

more_crashes() { (($(crashes) >= $1 + 4)); }

has_come() { inside curl -sf "http://$address:8969/api/0/events/" | grep -q "$1"; }

issues() { inside curl -sf "http://$address:8969/api/0/issues/"; }

four_issues() { [[ $(issues | python3 -c 'import json, sys; print(len(json.load(sys.stdin)))') -ge 4 ]]; }

judge() { inside python3 "$here/judge.py" "http://$address:8969"; }

# picture PATH FILE: what a person sees.
picture() {
  local chromium
  chromium=$(command -v chromium || command -v chromium-browser) || { skipped "the picture" "there is no Chromium"; return 0; }
  inside "$chromium" --headless --no-sandbox --disable-gpu --hide-scrollbars --window-size=1400,1300 --virtual-time-budget=5000 \
    --user-data-dir="$work/chromium" --screenshot="$work/picture.png" "http://$address:8969/$1" >"$logs/chromium.log" 2>&1
  cp "$work/picture.png" "$repo/$2" && echo "$2"
}

newest_issue() { issues | python3 -c 'import json, sys; print(next(i["id"] for i in json.load(sys.stdin) if "IllegalState" in json.dumps(i)))'; }
