package kubernetes

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentrytest"
)

// helm runs helm as the administrator; a test is skipped where there is none (make test-chart).
func (c *cluster) helm(t testing.TB, args ...string) string {
	path := os.Getenv("HELM")
	if path == "" {
		t.Skip("no helm here: make test-chart")
	}
	cmd := exec.Command(path, args...)
	home := t.TempDir()
	cmd.Env = append(os.Environ(), "KUBECONFIG="+c.admin, "HELM_CACHE_HOME="+home, "HELM_CONFIG_HOME="+home, "HELM_DATA_HOME="+home)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "helm %s\n%s", strings.Join(args, " "), out)
	return string(out)
}

// get reads an object; nil where there is none.
func (c *cluster) get(t testing.TB, kind, namespace, name string) map[string]any {
	path := fmt.Sprintf("/api/v1/namespaces/%s/secrets/%s", namespace, name)
	if kind != "Secret" {
		o := object{Kind: kind}
		o.Metadata.Name, o.Metadata.Namespace = name, namespace
		path = o.path()
	}
	status, answer := c.call(t, http.MethodGet, path, "application/json", []byte("{}"))
	if status == http.StatusNotFound {
		return nil
	}
	require.Equal(t, http.StatusOK, status, "%v", answer)
	return answer
}

// packaged is the chart as people get it, in a version of the test's choice.
func packaged(t testing.TB, c *cluster, version string) string {
	folder := t.TempDir()
	c.helm(t, "package", filepath.Join(root, "charts", "otelcol-sentry"), "--version", version, "--destination", folder)
	return filepath.Join(folder, "otelcol-sentry-"+version+".tgz")
}

// TestChartLife: install, upgrade to another version of the chart, rollback, uninstall.
func TestChartLife(t *testing.T) {
	c := needCluster(t)
	const namespace, gateway, agent = "chart-life", "otelcol-sentry-gateway", "otelcol-sentry-agent"
	first, second := packaged(t, c, "0.1.0"), packaged(t, c, "0.2.0")
	said := c.helm(t, "install", "otelcol-sentry", first, "--namespace", namespace, "--create-namespace", "--set", "sentry.dsn=https://public@sentry.example.com/1")
	assert.Contains(t, said, "OTEL_EXPORTER_OTLP_ENDPOINT=http://otelcol-sentry-agent.chart-life:4318")
	assert.NotContains(t, said, "WARNING")
	secret := at(c.get(t, "Secret", namespace, "otelcol-sentry"), "data", "dsn")
	require.NotEmpty(t, secret)
	claim := volumes(c.get(t, "StatefulSet", namespace, gateway))
	state := volumes(c.get(t, "DaemonSet", namespace, agent))
	require.Contains(t, claim, `"name":"state"`)
	require.Contains(t, state, "/var/lib/otelcol-sentry")

	c.helm(t, "upgrade", "otelcol-sentry", second, "--namespace", namespace, "--reuse-values",
		"--set", "gateway.replicas=2", "--set", "projects[0].name=a", "--set", "projects[0].dsn=https://a@sentry.example.com/2")
	set := c.get(t, "StatefulSet", namespace, gateway)
	assert.Equal(t, "2", at(set, "spec", "replicas"))
	assert.Equal(t, "otelcol-sentry-0.2.0", at(set, "metadata", "labels", "helm.sh/chart"))
	assert.Equal(t, secret, at(c.get(t, "Secret", namespace, "otelcol-sentry"), "data", "dsn"), "the DSN is kept")
	assert.NotEmpty(t, at(c.get(t, "Secret", namespace, "otelcol-sentry"), "data", "dsn-a"))
	assert.Equal(t, claim, volumes(set), "queues and journals are kept")
	assert.Equal(t, state, volumes(c.get(t, "DaemonSet", namespace, agent)), "offsets are kept")

	c.helm(t, "rollback", "otelcol-sentry", "1", "--namespace", namespace)
	assert.Equal(t, "1", at(c.get(t, "StatefulSet", namespace, gateway), "spec", "replicas"))
	assert.Empty(t, at(c.get(t, "Secret", namespace, "otelcol-sentry"), "data", "dsn-a"))

	c.helm(t, "uninstall", "otelcol-sentry", "--namespace", namespace)
	assert.Nil(t, c.get(t, "DaemonSet", namespace, agent))
	assert.Nil(t, c.get(t, "Secret", namespace, "otelcol-sentry"))
	assert.Nil(t, c.get(t, "ClusterRole", "", "chart-life-otelcol-sentry-agent"))
}

// volumes of a workload, as one text.
func volumes(workload map[string]any) string {
	spec := workload["spec"].(map[string]any)
	text, err := json.Marshal([]any{spec["volumeClaimTemplates"], spec["template"].(map[string]any)["spec"].(map[string]any)["volumes"]})
	if err != nil {
		panic(err) // it came as JSON
	}
	return string(text)
}

// TestChartValues: a real API server takes every example, each field checked, but those for operators that are not here.
func TestChartValues(t *testing.T) {
	c := needCluster(t)
	files, err := filepath.Glob(filepath.Join(root, "charts", "otelcol-sentry", "ci", "*-values.yaml"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	chart := packaged(t, c, "0.1.0")
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), "-values.yaml")
		t.Run(name, func(t *testing.T) {
			args := []string{
				"install", "otelcol-sentry", chart, "--namespace", "chart-" + name, "--create-namespace", "--values", file,
				"--set", "podMonitor.enabled=false,serviceMonitor.enabled=false,prometheusRule.enabled=false",
			}
			c.helm(t, args...)
			c.helm(t, "uninstall", "otelcol-sentry", "--namespace", "chart-"+name)
		})
	}
}

// TestChartPodSecurity: a namespace that warns of whatever the restricted standard forbids names the agent's hostPath, and the init container that
// gives it a directory, and nothing else; without them it is silent.
func TestChartPodSecurity(t *testing.T) {
	c := needCluster(t)
	c.apply(t, `{apiVersion: v1, kind: Namespace, metadata: {name: chart-security, labels: {pod-security.kubernetes.io/warn: restricted}}}`)
	install := func(args ...string) (warnings []string) {
		said := c.helm(t, append([]string{
			"install", "otelcol-sentry", filepath.Join(root, "charts", "otelcol-sentry"), "--namespace", "chart-security",
			"--set", "sentry.dsn=https://public@sentry.example.com/1",
		}, args...)...)
		c.helm(t, "uninstall", "otelcol-sentry", "--namespace", "chart-security")
		for line := range strings.Lines(said) {
			if strings.Contains(line, "PodSecurity") {
				warnings = append(warnings, strings.ReplaceAll(line, `\"`, `"`))
			}
		}
		return warnings
	}
	all := install()
	require.Len(t, all, 1)
	assert.Contains(t, all[0], "restricted volume types")
	assert.Contains(t, all[0], `container "own-state"`)
	assert.NotContains(t, all[0], `container "agent"`)

	readOnly := install("--set", "agent.persistence.enabled=false")
	require.Len(t, readOnly, 1)
	assert.Regexp(t, `would violate PodSecurity "restricted:latest": restricted volume types \(volume "pod-logs" uses restricted volume type "hostPath"\)`, readOnly[0])

	assert.Empty(t, install("--set", "agent.persistence.enabled=false", "--set", "presets.logsCollection.enabled=false"))
}

// TestChartAgent: what the chart installs, run as the pod would: an error in a pod's log is an issue, and its own namespace's apps are read.
func TestChartAgent(t *testing.T) {
	c := needCluster(t)
	fake := sentrytest.Start(t)
	const namespace = "chart-agent"
	c.helm(t, "install", "otelcol-sentry", filepath.Join(root, "charts", "otelcol-sentry"), "--namespace", namespace, "--create-namespace",
		"--set", "mode=agent", "--set", "sentry.dsn="+fake.DSN("7"), "--set", "clusterName=test")
	n := newNode(t, c, "chart-node")
	config := c.get(t, "ConfigMap", namespace, "otelcol-sentry-agent")["data"].(map[string]any)["config.yaml"].(string)
	a := newCollector(t, nil, "", []string{config})
	a.env = append(a.env, "SENTRY_DSN="+fake.DSN("7"), "K8S_NODE_NAME="+n.name, "AGENT_STATE="+a.state, "AGENT_POD_LOGS="+n.logs,
		"KUBECONFIG="+c.tokenFor(t, namespace, "otelcol-sentry-agent"))
	a.start()

	n.run(podSpec{namespace: namespace, deployment: "otelcol-sentry-agent"}).log("app", "stderr", `{"level":"error","msg":"of the agent itself"}`)
	n.run(podSpec{namespace: namespace, deployment: "cart"}).log("app", "stderr", `{"level":"error","msg":"of a neighbour"}`)
	fake.WaitForItems("event", 1)
	require.Contains(t, events(fake), "of a neighbour")
	assert.NotContains(t, events(fake), "of the agent itself")
	assert.Equal(t, "cart", at(events(fake)["of a neighbour"][0].Item(), "tags", "k8s.deployment.name"))
	c.helm(t, "uninstall", "otelcol-sentry", "--namespace", namespace)
}
