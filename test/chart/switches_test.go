package chart

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

const dsn = `{sentry: {dsn: "https://public@sentry.example.com/1"}}`

const (
	daemonSet   = "DaemonSet/otelcol-sentry-agent"
	statefulSet = "StatefulSet/otelcol-sentry-gateway"
)

// look is where a switch shows.
type look struct {
	object string // "Kind/name", or "config:agent", "config:gateway"
	path   []any
}

func in(object string, path ...any) look { return look{object, path} }

// pod is a place in the spec of a component's pods.
func pod(workload string, path ...any) look {
	return look{workload, append([]any{"spec", "template", "spec"}, path...)}
}

func container(workload string, path ...any) look {
	return pod(workload, append([]any{"containers", 0}, path...)...)
}

func (l look) in(t testing.TB, o objects) string {
	if component, ok := strings.CutPrefix(l.object, "config:"); ok {
		return yamlOf(t, at(o.config(t, component), l.path...))
	}
	return yamlOf(t, at(o[l.object], l.path...))
}

// switches: one value of the chart each, where it shows, and what is there without and with it. "null" is nothing.
var switches = []struct {
	values       string
	look         look
	without, one string
}{
	{`mode: agent`, in(statefulSet, "kind"), "StatefulSet", "null"},
	{`mode: agent`, in("config:agent", "service", "pipelines", "traces", "exporters"), "- load_balancing", "- sentry"},
	{`mode: gateway`, in(daemonSet, "kind"), "DaemonSet", "null"},
	{
		`sentry: {dsn: "https://other@sentry.example.com/1"}`, in("Secret/otelcol-sentry", "data", "dsn"),
		"aHR0cHM6Ly9wdWJsaWNAc2VudHJ5LmV4YW1wbGUuY29tLzE=", "aHR0cHM6Ly9vdGhlckBzZW50cnkuZXhhbXBsZS5jb20vMQ==",
	},
	{`sentry: {dsn: "", existingSecret: mine}`, in("Secret/otelcol-sentry", "type"), "Opaque", "null"},
	{`sentry: {dsn: "", existingSecret: mine}`, container(daemonSet, "env", "name=SENTRY_DSN", "valueFrom", "secretKeyRef", "name"), "otelcol-sentry", "mine"},
	{
		`sentry: {dsn: "", existingSecret: mine, existingSecretKey: url}`,
		container(statefulSet, "env", "name=SENTRY_DSN", "valueFrom", "secretKeyRef", "key"), "dsn", "url",
	},
	{
		`projects: [{name: team-a, dsn: "https://a@sentry.example.com/2", match: {service.name: a}, namespaces: [a-*], onFull: drop}]`,
		in("config:agent", "exporters", "sentry", "projects"), "null",
		"- dsn: ${env:SENTRY_DSN_TEAM_A}\n  match:\n    service.name: a\n  name: team-a\n  namespaces:\n    - a-*\n  on_full: drop",
	},
	{
		`projects: [{name: team-a, dsn: "https://a@sentry.example.com/2"}]`,
		container(statefulSet, "env", "name=SENTRY_DSN_TEAM_A", "valueFrom", "secretKeyRef"), "null", "key: dsn-team-a\nname: otelcol-sentry",
	},
	{
		`projects: [{name: team-a, dsn: "https://a@sentry.example.com/2"}]`,
		in("Secret/otelcol-sentry", "data", "dsn-team-a"), "null", "aHR0cHM6Ly9hQHNlbnRyeS5leGFtcGxlLmNvbS8y",
	},
	{`environment: staging`, container(daemonSet, "env", "name=SENTRY_ENVIRONMENT", "value"), "null", "staging"},
	{`clusterName: eu-1`, container(statefulSet, "env", "name=K8S_CLUSTER_NAME", "value"), "null", "eu-1"},
	{`sentryLogs: {enabled: true}`, in("config:agent", "exporters", "sentry", "logs"), "null", "enabled: true\nmin_severity: info"},
	{`sentryLogs: {enabled: true, minSeverity: warn}`, in("config:gateway", "exporters", "sentry", "logs", "min_severity"), "null", "warn"},
	{`presets: {logsCollection: {enabled: false}}`, pod(daemonSet, "volumes", "name=pod-logs", "name"), "pod-logs", "null"},
	{`presets: {logsCollection: {enabled: false}}`, in("config:agent", "service", "pipelines", "logs/files", "exporters"), "- sentry", "null"},
	{
		`presets: {logsCollection: {namespaces: [shop]}}`, in("config:agent", "receivers", "file_log", "include", 0),
		"${env:AGENT_POD_LOGS:-/var/log/pods}/*/*/*.log", "${env:AGENT_POD_LOGS:-/var/log/pods}/shop_*/*/*.log",
	},
	{
		`presets: {logsCollection: {excludeNamespaces: [noise]}}`, in("config:agent", "receivers", "file_log", "exclude", 0),
		"${env:AGENT_POD_LOGS:-/var/log/pods}/kube-system_*/*/*", "${env:AGENT_POD_LOGS:-/var/log/pods}/noise_*/*/*",
	},
	{
		`presets: {logsCollection: {includeCollectorLogs: true}}`, in("config:agent", "receivers", "file_log", "exclude", 1),
		"${env:AGENT_POD_LOGS:-/var/log/pods}/otelcol-sentry_otelcol-sentry-agent-*/*/*", "null",
	},
	{`presets: {kubernetesAttributes: {enabled: false}}`, in("ClusterRole/otelcol-sentry-otelcol-sentry-agent", "kind"), "ClusterRole", "null"},
	{`presets: {kubernetesAttributes: {enabled: false}}`, in("ClusterRole/otelcol-sentry-otelcol-sentry-gateway", "kind"), "ClusterRole", "null"},
	{`presets: {kubernetesAttributes: {enabled: false}}`, pod(daemonSet, "automountServiceAccountToken"), "true", "false"},
	{
		`presets: {kubernetesAttributes: {enabled: false}}`, in("config:gateway", "extensions", "k8s_rights", "auth_type"),
		"${env:K8S_AUTH_TYPE:-serviceAccount}", "null",
	},
	{`presets: {shippers: {enabled: false}}`, in("config:gateway", "receivers", "fluent_forward", "endpoint"), "${env:POD_IP:-0.0.0.0}:24224", "null"},
	{`presets: {shippers: {enabled: false}}`, in("Service/otelcol-sentry-gateway", "spec", "ports", "name=syslog", "port"), "5514", "null"},
	{`config: {exporters: {sentry: {release: r1}}}`, in("config:agent", "exporters", "sentry", "release"), "null", "r1"},
	{`config: {exporters: {sentry: {release: r1}}}`, in("config:gateway", "exporters", "sentry", "release"), "null", "r1"},
	{`config: {processors: {k8s_wait: null}}`, in("config:agent", "processors", "k8s_wait", "timeout"), "10s", "null"},
	{
		`image: {repository: mirror.example.com/otelcol-sentry}`, container(daemonSet, "image"),
		"ghcr.io/otelcol-sentry/otelcol-sentry:0.1.0", "mirror.example.com/otelcol-sentry:0.1.0",
	},
	{`image: {tag: "9"}`, container(statefulSet, "image"), "ghcr.io/otelcol-sentry/otelcol-sentry:0.1.0", "ghcr.io/otelcol-sentry/otelcol-sentry:9"},
	{
		`image: {digest: "sha256:` + zeros + `"}`, container(daemonSet, "image"),
		"ghcr.io/otelcol-sentry/otelcol-sentry:0.1.0", "ghcr.io/otelcol-sentry/otelcol-sentry@sha256:" + zeros,
	},
	{`image: {pullPolicy: Always}`, container(daemonSet, "imagePullPolicy"), "IfNotPresent", "Always"},
	{`imagePullSecrets: [{name: pull}]`, pod(daemonSet, "imagePullSecrets"), "null", "- name: pull"},
	{`nameOverride: other`, in("DaemonSet/otelcol-sentry-other-agent", "kind"), "null", "DaemonSet"},
	{`fullnameOverride: other`, in("StatefulSet/other-gateway", "kind"), "null", "StatefulSet"},
	{`commonLabels: {team: a}`, in("Secret/otelcol-sentry", "metadata", "labels", "team"), "null", "a"},
	{`serviceAccount: {create: false}`, in("ServiceAccount/otelcol-sentry-agent", "kind"), "ServiceAccount", "null"},
	{`serviceAccount: {create: false, agentName: a}`, pod(daemonSet, "serviceAccountName"), "otelcol-sentry-agent", "a"},
	{
		`serviceAccount: {create: false, gatewayName: g}`,
		in("ClusterRoleBinding/otelcol-sentry-otelcol-sentry-gateway", "subjects", 0, "name"), "otelcol-sentry-gateway", "g",
	},
	{`serviceAccount: {annotations: {a: b}}`, in("ServiceAccount/otelcol-sentry-agent", "metadata", "annotations"), "null", "a: b"},
	{`rbac: {create: false}`, in("ClusterRole/otelcol-sentry-otelcol-sentry-agent", "kind"), "ClusterRole", "null"},
	{`rbac: {create: false}`, in("ClusterRoleBinding/otelcol-sentry-otelcol-sentry-gateway", "kind"), "ClusterRoleBinding", "null"},
	{`extraEnvs: [{name: A, value: b}]`, container(daemonSet, "env", "name=A", "value"), "null", "b"},
	{`extraEnvs: [{name: A, value: b}]`, container(statefulSet, "env", "name=A", "value"), "null", "b"},
	{
		`extraManifests: [{apiVersion: v1, kind: ConfigMap, metadata: {name: mine}, data: {a: "{{ .Release.Name }}"}}]`,
		in("ConfigMap/mine", "data", "a"), "null", release,
	},
	{`networkPolicy: {enabled: false}`, in("NetworkPolicy/otelcol-sentry-gateway", "kind"), "NetworkPolicy", "null"},
	{`networkPolicy: {from: [{podSelector: {}}]}`, in("NetworkPolicy/otelcol-sentry-agent", "spec", "ingress", 0, "from"), "null", "- podSelector: {}"},
	{`podMonitor: {enabled: true}`, in("PodMonitor/otelcol-sentry", "spec", "podMetricsEndpoints", 0, "port"), "null", "metrics"},
	{`podMonitor: {enabled: true, interval: 5s}`, in("PodMonitor/otelcol-sentry", "spec", "podMetricsEndpoints", 0, "interval"), "null", "5s"},
	{`podMonitor: {enabled: true, labels: {a: b}}`, in("PodMonitor/otelcol-sentry", "metadata", "labels", "a"), "null", "b"},
	{`serviceMonitor: {enabled: true}`, in("Service/otelcol-sentry-gateway", "spec", "ports", "name=metrics", "port"), "null", "8888"},
	{`serviceMonitor: {enabled: true, interval: 5s}`, in("ServiceMonitor/otelcol-sentry", "spec", "endpoints", 0, "interval"), "null", "5s"},
	{`serviceMonitor: {enabled: true, labels: {a: b}}`, in("ServiceMonitor/otelcol-sentry", "metadata", "labels", "a"), "null", "b"},
	{`prometheusRule: {enabled: true}`, in("PrometheusRule/otelcol-sentry", "spec", "groups", 0, "name"), "null", "otelcol-sentry"},
	{`prometheusRule: {enabled: true, labels: {a: b}}`, in("PrometheusRule/otelcol-sentry", "metadata", "labels", "a"), "null", "b"},
	{
		`prometheusRule: {enabled: true, extraRules: [{alert: Mine, expr: up == 0}]}`,
		in("PrometheusRule/otelcol-sentry", "spec", "groups", 0, "rules", 8), "null", "alert: Mine\nexpr: up == 0",
	},

	{`agent: {config: {exporters: {sentry: {release: r1}}}}`, in("config:agent", "exporters", "sentry", "release"), "null", "r1"},
	{`agent: {toGateway: everything}`, in("config:agent", "service", "pipelines", "logs/files", "exporters"), "- sentry", "- load_balancing/pods"},
	{`agent: {toGateway: everything}`, container(daemonSet, "env", "name=SENTRY_DSN", "name"), "SENTRY_DSN", "null"},
	{`agent: {queueSize: 64Mi}`, in("config:agent", "exporters", "sentry", "sending_queue", "queue_size"), "1073741824", "67108864"},
	{`agent: {persistence: {enabled: false}}`, pod(daemonSet, "volumes", "name=state", "hostPath", "path"), "/var/lib/otelcol-sentry", "null"},
	{`agent: {persistence: {enabled: false}}`, pod(daemonSet, "initContainers", 0, "name"), "own-state", "null"},
	{`agent: {persistence: {hostPath: /data}}`, pod(daemonSet, "volumes", "name=state", "hostPath", "path"), "/var/lib/otelcol-sentry", "/data"},
	{`agent: {persistence: {enabled: false, emptyDirSize: 9Gi}}`, pod(daemonSet, "volumes", "name=state", "emptyDir", "sizeLimit"), "null", "9Gi"},
	{`agent: {resources: {requests: {cpu: 1, memory: 2Gi}}}`, container(daemonSet, "resources", "requests", "memory"), "256Mi", "2Gi"},
	{`agent: {resources: {requests: {cpu: 1}}}`, container(daemonSet, "resources", "requests", "cpu"), "100m", "1"},
	{`agent: {resources: {limits: {memory: 1Gi}}}`, container(daemonSet, "env", "name=GOMEMLIMIT", "value"), "409MiB", "819MiB"},
	{`agent: {tolerations: []}`, pod(daemonSet, "tolerations"), "- operator: Exists", "null"},
	{`agent: {nodeSelector: {kubernetes.io/os: other}}`, pod(daemonSet, "nodeSelector", "kubernetes.io/os"), "linux", "other"},
	{`agent: {affinity: {nodeAffinity: {}}}`, pod(daemonSet, "affinity"), "null", "nodeAffinity: {}"},
	{`agent: {priorityClassName: ""}`, pod(daemonSet, "priorityClassName"), "system-node-critical", "null"},
	{`agent: {updateStrategy: {rollingUpdate: {maxUnavailable: 2}}}`, in(daemonSet, "spec", "updateStrategy", "rollingUpdate", "maxUnavailable"), "10%", "2"},
	{`agent: {terminationGracePeriodSeconds: 9}`, pod(daemonSet, "terminationGracePeriodSeconds"), "30", "9"},
	{
		`agent: {podSecurityContext: {runAsUser: 1, runAsGroup: 0, runAsNonRoot: true, seccompProfile: {type: Unconfined}}}`,
		pod(daemonSet, "securityContext", "seccompProfile", "type"), "RuntimeDefault", "Unconfined",
	},
	{`agent: {podSecurityContext: {runAsUser: 1}}`, pod(daemonSet, "securityContext", "runAsUser"), "10001", "1"},
	{`agent: {podSecurityContext: {runAsGroup: 1}}`, pod(daemonSet, "securityContext", "runAsGroup"), "0", "1"},
	{`agent: {podSecurityContext: {runAsNonRoot: false}}`, pod(daemonSet, "securityContext", "runAsNonRoot"), "true", "false"},
	{`agent: {securityContext: {readOnlyRootFilesystem: false}}`, container(daemonSet, "securityContext", "readOnlyRootFilesystem"), "true", "false"},
	{`agent: {securityContext: {allowPrivilegeEscalation: true}}`, container(daemonSet, "securityContext", "allowPrivilegeEscalation"), "false", "true"},
	{`agent: {securityContext: {capabilities: {drop: []}}}`, container(daemonSet, "securityContext", "capabilities", "drop"), "- ALL", "[]"},
	{`agent: {podAnnotations: {a: b}}`, in(daemonSet, "spec", "template", "metadata", "annotations", "a"), "null", "b"},
	{`agent: {podLabels: {a: b}}`, in(daemonSet, "spec", "template", "metadata", "labels", "a"), "null", "b"},
	{`agent: {extraEnvs: [{name: A, value: b}]}`, container(daemonSet, "env", "name=A", "value"), "null", "b"},
	{`agent: {extraVolumes: [{name: a, emptyDir: {}}]}`, pod(daemonSet, "volumes", "name=a", "emptyDir"), "null", "{}"},
	{`agent: {extraVolumeMounts: [{name: a, mountPath: /a}]}`, container(daemonSet, "volumeMounts", "name=a", "mountPath"), "null", "/a"},

	{`gateway: {config: {exporters: {sentry: {release: r1}}}}`, in("config:gateway", "exporters", "sentry", "release"), "null", "r1"},
	{`gateway: {replicas: 3}`, in(statefulSet, "spec", "replicas"), "1", "3"},
	{`gateway: {replicas: 2}`, in("config:gateway", "service", "pipelines", "traces/apps", "exporters"), "- forward/spans", "- load_balancing"},
	{`gateway: {replicas: 2}`, container(statefulSet, "env", "name=GATEWAY_HOST", "value"), "null", "otelcol-sentry-gateway-headless.otelcol-sentry"},
	{`gateway: {queueSize: 64Mi}`, in("config:gateway", "exporters", "sentry", "sending_queue", "queue_size"), "1073741824", "67108864"},
	{`gateway: {persistence: {enabled: false}}`, in(statefulSet, "spec", "volumeClaimTemplates", 0, "metadata", "name"), "state", "null"},
	{
		`gateway: {persistence: {size: 9Gi}}`,
		in(statefulSet, "spec", "volumeClaimTemplates", 0, "spec", "resources", "requests", "storage"), "2Gi", "9Gi",
	},
	{`gateway: {persistence: {storageClass: fast}}`, in(statefulSet, "spec", "volumeClaimTemplates", 0, "spec", "storageClassName"), "null", "fast"},
	{`gateway: {tls: {secretName: tls}}`, pod(statefulSet, "volumes", "name=tls", "secret", "secretName"), "null", "tls"},
	{`gateway: {tls: {secretName: tls}}`, in("config:gateway", "receivers", "otlp", "protocols", "http", "tls", "reload_interval"), "null", "1h"},
	{`gateway: {tls: {secretName: tls}}`, container(statefulSet, "env", "name=GATEWAY_TLS", "value"), "null", "/var/run/otelcol-sentry/tls"},
	{`gateway: {service: {type: LoadBalancer}}`, in("Service/otelcol-sentry-gateway", "spec", "type"), "ClusterIP", "LoadBalancer"},
	{`gateway: {service: {annotations: {a: b}}}`, in("Service/otelcol-sentry-gateway", "metadata", "annotations"), "null", "a: b"},
	{`gateway: {resources: {requests: {memory: 2Gi}}}`, container(statefulSet, "resources", "requests", "memory"), "512Mi", "2Gi"},
	{`gateway: {resources: {requests: {cpu: 1}}}`, container(statefulSet, "resources", "requests", "cpu"), "250m", "1"},
	{`gateway: {resources: {limits: {memory: 2Gi}}}`, container(statefulSet, "env", "name=GOMEMLIMIT", "value"), "819MiB", "1638MiB"},
	{`gateway: {autoscaling: {enabled: true}}`, in(statefulSet, "spec", "replicas"), "1", "null"},
	{`gateway: {autoscaling: {enabled: true}}`, in("config:gateway", "service", "pipelines", "traces/apps", "exporters"), "- forward/spans", "- load_balancing"},
	{`gateway: {autoscaling: {enabled: true, minReplicas: 3}}`, in(autoscaler, "spec", "minReplicas"), "null", "3"},
	{`gateway: {autoscaling: {enabled: true, maxReplicas: 7}}`, in(autoscaler, "spec", "maxReplicas"), "null", "7"},
	{
		`gateway: {autoscaling: {enabled: true, targetCPUUtilizationPercentage: 7}}`,
		in(autoscaler, "spec", "metrics", 0, "resource", "target", "averageUtilization"), "null", "7",
	},
	{
		`gateway: {autoscaling: {enabled: true, targetMemoryUtilizationPercentage: 7}}`,
		in(autoscaler, "spec", "metrics", 1, "resource", "target", "averageUtilization"), "null", "7",
	},
	{`gateway: {podDisruptionBudget: {enabled: false}}`, in("PodDisruptionBudget/otelcol-sentry-gateway", "kind"), "PodDisruptionBudget", "null"},
	{`gateway: {podDisruptionBudget: {maxUnavailable: 2}}`, in("PodDisruptionBudget/otelcol-sentry-gateway", "spec", "maxUnavailable"), "1", "2"},
	{`gateway: {tolerations: [{operator: Exists}]}`, pod(statefulSet, "tolerations"), "null", "- operator: Exists"},
	{`gateway: {nodeSelector: {kubernetes.io/os: other}}`, pod(statefulSet, "nodeSelector", "kubernetes.io/os"), "linux", "other"},
	{`gateway: {affinity: {nodeAffinity: {}}}`, pod(statefulSet, "affinity"), "null", "nodeAffinity: {}"},
	{
		`gateway: {topologySpreadConstraints: [{topologyKey: zone}]}`,
		pod(statefulSet, "topologySpreadConstraints", 0, "topologyKey"), "kubernetes.io/hostname", "zone",
	},
	{`gateway: {priorityClassName: high}`, pod(statefulSet, "priorityClassName"), "null", "high"},
	{`gateway: {terminationGracePeriodSeconds: 9}`, pod(statefulSet, "terminationGracePeriodSeconds"), "60", "9"},
	{`gateway: {podSecurityContext: {runAsUser: 1}}`, pod(statefulSet, "securityContext", "runAsUser"), "10001", "1"},
	{`gateway: {podSecurityContext: {runAsGroup: 1}}`, pod(statefulSet, "securityContext", "runAsGroup"), "10001", "1"},
	{`gateway: {podSecurityContext: {fsGroup: 1}}`, pod(statefulSet, "securityContext", "fsGroup"), "10001", "1"},
	{`gateway: {podSecurityContext: {runAsNonRoot: false}}`, pod(statefulSet, "securityContext", "runAsNonRoot"), "true", "false"},
	{
		`gateway: {podSecurityContext: {seccompProfile: {type: Unconfined}}}`,
		pod(statefulSet, "securityContext", "seccompProfile", "type"), "RuntimeDefault", "Unconfined",
	},
	{`gateway: {securityContext: {readOnlyRootFilesystem: false}}`, container(statefulSet, "securityContext", "readOnlyRootFilesystem"), "true", "false"},
	{`gateway: {securityContext: {allowPrivilegeEscalation: true}}`, container(statefulSet, "securityContext", "allowPrivilegeEscalation"), "false", "true"},
	{`gateway: {securityContext: {capabilities: {drop: []}}}`, container(statefulSet, "securityContext", "capabilities", "drop"), "- ALL", "[]"},
	{`gateway: {podAnnotations: {a: b}}`, in(statefulSet, "spec", "template", "metadata", "annotations", "a"), "null", "b"},
	{`gateway: {podLabels: {a: b}}`, in(statefulSet, "spec", "template", "metadata", "labels", "a"), "null", "b"},
	{`gateway: {extraEnvs: [{name: A, value: b}]}`, container(statefulSet, "env", "name=A", "value"), "null", "b"},
	{`gateway: {extraVolumes: [{name: a, emptyDir: {}}]}`, pod(statefulSet, "volumes", "name=a", "emptyDir"), "null", "{}"},
	{`gateway: {extraVolumeMounts: [{name: a, mountPath: /a}]}`, container(statefulSet, "volumeMounts", "name=a", "mountPath"), "null", "/a"},
}

const (
	autoscaler = "HorizontalPodAutoscaler/otelcol-sentry-gateway"
	zeros      = "0000000000000000000000000000000000000000000000000000000000000000"
)

func TestSwitches(t *testing.T) {
	plain := render(t, dsn)
	for _, s := range switches {
		t.Run(s.values, func(t *testing.T) {
			require.NotEqual(t, s.without, s.one, "this row cannot fail")
			assert.Equal(t, s.without, s.look.in(t, plain))
			values := over(t, dsn, s.values)
			assert.Equal(t, s.one, s.look.in(t, render(t, values)))
		})
	}
}

// TestEverySwitchHasARow: a value without a row in the table above is one that nobody would miss.
func TestEverySwitchHasARow(t *testing.T) {
	covered := map[string]bool{}
	for _, s := range switches {
		var values map[string]any
		require.NoError(t, yaml.Unmarshal([]byte(s.values), &values))
		for path := range paths(values) {
			covered[path] = true
		}
	}
	text, err := os.ReadFile(filepath.Join(folder, "values.yaml"))
	require.NoError(t, err)
	var defaults map[string]any
	require.NoError(t, yaml.Unmarshal(text, &defaults))
	for path, leaf := range paths(defaults) {
		if leaf && !covered[path] {
			assert.Fail(t, "no row", path)
		}
	}
}

// paths of a tree of values, dotted, and whether each is a leaf.
func paths(values map[string]any) map[string]bool {
	out := map[string]bool{}
	for key, value := range values {
		below, _ := value.(map[string]any)
		out[key] = len(below) == 0
		for path, leaf := range paths(below) {
			out[key+"."+path] = leaf
		}
	}
	return out
}

// over merges values over others.
func over(t testing.TB, base, values string) string {
	var a, b map[string]any
	require.NoError(t, yaml.Unmarshal([]byte(base), &a))
	require.NoError(t, yaml.Unmarshal([]byte(values), &b))
	merge(a, b)
	return yamlOf(t, a)
}

func merge(into, from map[string]any) {
	for key, value := range from {
		below, isMap := value.(map[string]any)
		if there, ok := into[key].(map[string]any); ok && isMap {
			merge(there, below)
			continue
		}
		into[key] = value
	}
}

// TestRefusals: what cannot work is refused, with a sentence that says what to set.
func TestRefusals(t *testing.T) {
	for values, want := range map[string]string{
		`{}`:                                    "There is no DSN: set sentry.dsn to that of your Sentry project (Settings > Client Keys), or sentry.existingSecret",
		`{sentry: {dsn: a, existingSecret: b}}`: "sentry.dsn and sentry.existingSecret are both set",
		over(t, dsn, `mode: agnet`):             `mode is "agnet": set it to agent, gateway or agent+gateway`,
		over(t, dsn, `mode: sidecar`):           "configs/operator has it",
		over(t, dsn, `projects: [{name: a}]`):   `set the dsn of "a"`,
		`{sentry: {existingSecret: s}, projects: [{name: a, dsn: x}]}`: `into the Secret "s" under the key "dsn-a"`,
		over(t, dsn, `gateway: {queueSize: 2Gi}`):                      "gateway.queueSize is 2Gi: it may be three quarters of gateway.persistence.size (2Gi) at most",
		over(t, dsn, `gateway: {resources: {limits: {memory: much}}}`): `"much" is no size`,
		over(t, dsn, `agent: {queueSize: much}`):                       "/agent/queueSize",
		over(t, dsn, `projects: [{name: "Team A", dsn: x}]`):           "/projects/0/name",
		over(t, dsn, `projects: [{dsn: x}]`):                           "missing property 'name'",
		over(t, dsn, `extraEnvs: [{name: a, vlaue: x}]`):               "'vlaue' not allowed",
		over(t, dsn, `image: {digest: latest}`):                        "/image/digest",
		over(t, dsn, `presets: {hostMetrics: {enabled: true}}`):        "'hostMetrics' not allowed",
		over(t, dsn, `gateway: {replicas: 0}`):                         "/gateway/replicas",
		over(t, dsn, `agent: {toGateway: all}`):                        "/agent/toGateway",
	} {
		t.Run(want, func(t *testing.T) { assert.Contains(t, refused(t, values), want) })
	}
}

// TestMisspeltKeys: at every level of the chart's own values an unknown key is refused.
func TestMisspeltKeys(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(folder, "values.yaml"))
	require.NoError(t, err)
	var defaults map[string]any
	require.NoError(t, yaml.Unmarshal(text, &defaults))
	// Kubernetes' own types and free maps: the API server knows their keys.
	foreign := []string{"requests", "limits", "nodeSelector", "updateStrategy", "podSecurityContext", "securityContext"}
	levels := []string{""}
	for _, path := range slices.Sorted(maps.Keys(paths(defaults))) {
		isForeign := slices.ContainsFunc(strings.Split(path, "."), func(s string) bool { return slices.Contains(foreign, s) })
		if m, ok := at(defaults, anySteps(path)...).(map[string]any); ok && len(m) > 0 && !isForeign {
			levels = append(levels, path)
		}
	}
	require.Greater(t, len(levels), 15)
	for _, level := range levels {
		values := "misspelt: 1"
		for _, key := range slices.Backward(strings.FieldsFunc(level, func(r rune) bool { return r == '.' })) {
			values = key + ": {" + values + "}"
		}
		t.Run(level, func(t *testing.T) { assert.Contains(t, refused(t, over(t, dsn, values)), "'misspelt' not allowed") })
	}
}

func anySteps(path string) (out []any) {
	for _, step := range strings.Split(path, ".") {
		out = append(out, step)
	}
	return out
}
