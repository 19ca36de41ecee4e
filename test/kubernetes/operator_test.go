package kubernetes

import (
	"crypto/x509/pkix"
	"encoding/base64"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/otelcol-sentry/otelcol-sentry/test/distribution"
)

// operator is the OpenTelemetry Operator with its webhooks, outside of the cluster. Its webhook server listens on all addresses: the tests run
// in a network of their own (operator.sh).
type operator struct {
	t       testing.TB
	cluster *cluster
	dir     string
}

// startOperator needs the operator's binary and its module, which has the resource definitions and the webhooks.
func startOperator(t *testing.T, c *cluster) *operator {
	bin, module := os.Getenv("OPERATOR_BIN"), os.Getenv("OPERATOR_MODULE")
	if bin == "" || module == "" {
		t.Skip("no OpenTelemetry Operator here: make test-operator")
	}
	o := &operator{t, c, t.TempDir()}
	definitions, err := filepath.Glob(filepath.Join(module, "config", "crd", "bases", "*.yaml"))
	require.NoError(t, err)
	require.NotEmpty(t, definitions)
	for _, file := range definitions {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		c.applyLoosely(t, string(text))
	}
	o.eventually("the definitions are not established", func() bool {
		status, answer := c.call(t, http.MethodGet, "/apis/opentelemetry.io/v1beta1", "application/json", nil)
		return status == http.StatusOK && len(answer["resources"].([]any)) > 0
	})
	certs := filepath.Join(o.dir, "k8s-webhook-server", "serving-certs")
	require.NoError(t, os.MkdirAll(certs, 0o700))
	require.NoError(t, c.pki.issue("webhook", pkix.Name{CommonName: "webhook"}))
	for from, to := range map[string]string{"webhook.crt": "tls.crt", "webhook.key": "tls.key"} {
		require.NoError(t, os.Rename(c.pki.path(from), filepath.Join(certs, to)))
	}
	port, probe := freePort(), fmt.Sprintf("127.0.0.1:%d", freePort())
	log, err := os.Create(filepath.Join(o.dir, "operator.log"))
	require.NoError(t, err)
	cmd := exec.Command(bin, "--metrics-addr=0", "--metrics-secure=false", "--health-probe-addr="+probe,
		fmt.Sprintf("--webhook-port=%d", port), "--collector-image=example.com/unused:1")
	cmd.Env = append(os.Environ(), "ENABLE_WEBHOOKS=true", "KUBECONFIG="+c.admin, "TMPDIR="+o.dir, "NAMESPACE=default", "SERVICE_ACCOUNT_NAME=operator")
	cmd.Stdout, cmd.Stderr = log, log
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // it may have exited
		_ = cmd.Wait()         // killed
		if t.Failed() {
			t.Log(tail(log.Name()))
		}
	})
	o.eventually("the operator does not get ready", func() bool {
		resp, err := http.Get("http://" + probe + "/readyz")
		if err != nil {
			return false
		}
		defer resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	})
	o.webhooks(filepath.Join(module, "config", "webhook", "manifests.yaml"), port)
	return o
}

// webhooks registers the operator's webhooks under an address instead of a Service: no pod of the cluster runs it.
func (o *operator) webhooks(manifest string, port int) {
	text, err := os.ReadFile(manifest)
	require.NoError(o.t, err)
	ca, err := os.ReadFile(o.cluster.pki.path("ca.crt"))
	require.NoError(o.t, err)
	decoder := yaml.NewDecoder(strings.NewReader(string(text)))
	for {
		var doc map[string]any
		if decoder.Decode(&doc) != nil {
			return // the end
		}
		for _, w := range doc["webhooks"].([]any) {
			client := w.(map[string]any)["clientConfig"].(map[string]any)
			path := client["service"].(map[string]any)["path"]
			w.(map[string]any)["clientConfig"] = map[string]any{
				"url": fmt.Sprintf("https://127.0.0.1:%d%s", port, path), "caBundle": base64.StdEncoding.EncodeToString(ca),
			}
		}
		changed, err := yaml.Marshal(doc)
		require.NoError(o.t, err)
		o.cluster.apply(o.t, string(changed))
	}
}

func (o *operator) eventually(otherwise string, condition func() bool) {
	deadline := time.After(patience)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !condition() {
		select {
		case <-tick.C:
		case <-deadline:
			require.Fail(o.t, otherwise)
		}
	}
}

// made waits for an object that the operator makes.
func (o *operator) made(path string) (object map[string]any) {
	o.eventually("the operator does not make "+path, func() bool {
		status, answer := o.cluster.call(o.t, http.MethodGet, path, "application/json", nil)
		object = answer
		return status == http.StatusOK
	})
	return object
}

// ports of a Service.
func ports(service map[string]any) (out []int) {
	for _, p := range service["spec"].(map[string]any)["ports"].([]any) {
		out = append(out, int(p.(map[string]any)["port"].(float64)))
	}
	return out
}

// valid has the built binary judge a configuration as the operator wrote it.
func valid(t *testing.T, config string) {
	cmd := exec.Command(distribution.Path(t), "validate", "--config=env:OTEL_CONFIG")
	state := t.TempDir()
	cmd.Env = append(os.Environ(), "OTEL_CONFIG="+config, "K8S_AUTH_TYPE=kubeConfig", "K8S_NODE_NAME=node", "SENTRY_DSN=http://key@localhost/1",
		"AGENT_STATE="+state, "GATEWAY_STATE="+state, "SIDECAR_STATE="+state)
	out, err := cmd.CombinedOutput()
	assert.NoError(t, err, "%s", out)
}

const ourServices = "/api/v1/namespaces/otelcol-sentry/services/"

// collectorOf is what the operator put into its ConfigMap, and the workload's pod.
func (o *operator) collectorOf(workload map[string]any) (config string, pod map[string]any) {
	pod = workload["spec"].(map[string]any)["template"].(map[string]any)["spec"].(map[string]any)
	for _, v := range pod["volumes"].([]any) {
		if name := at(v.(map[string]any), "configMap", "name"); name != "" {
			return at(o.made("/api/v1/namespaces/otelcol-sentry/configmaps/"+name), "data", "collector.yaml"), pod
		}
	}
	require.Fail(o.t, "no ConfigMap")
	return "", nil
}

func containers(pod map[string]any, key string) map[string]map[string]any {
	out := map[string]map[string]any{}
	list, _ := pod[key].([]any)
	for _, c := range list {
		out[at(c.(map[string]any), "name")] = c.(map[string]any)
	}
	return out
}

// TestOperator: the shipped resources are taken, become workloads, and the sidecar is in the pod that asks for it.
func TestOperator(t *testing.T) {
	c := needCluster(t)
	o := startOperator(t, c)
	for _, manifest := range []string{"kubernetes/namespace", "kubernetes/agent-rbac", "kubernetes/gateway-rbac", "operator/agent", "operator/gateway", "operator/instrumentation"} {
		c.applyFile(t, "configs/"+manifest+".yaml")
	}

	t.Run("agent", func(t *testing.T) {
		config, pod := o.collectorOf(o.made("/apis/apps/v1/namespaces/otelcol-sentry/daemonsets/otelcol-sentry-agent-collector"))
		valid(t, config)
		assert.Equal(t, "otelcol-sentry-agent", at(pod, "serviceAccountName"))
		assert.Equal(t, "10001", at(pod, "securityContext", "runAsUser"))
		assert.Equal(t, "0", at(pod, "securityContext", "runAsGroup"))
		main := containers(pod, "containers")["otc-container"]
		assert.Equal(t, "ghcr.io/otelcol-sentry/otelcol-sentry:0.1.0", at(main, "image"))
		assert.Equal(t, "true", at(main, "securityContext", "readOnlyRootFilesystem"))
		assert.Equal(t, "[own /var/lib/otelcol-sentry]", at(containers(pod, "initContainers")["own-state"], "args"))
		service := o.made(ourServices + "otelcol-sentry-agent-collector")
		assert.ElementsMatch(t, []int{4317, 4318}, ports(service))
		assert.Equal(t, "Local", at(service, "spec", "internalTrafficPolicy"))
	})
	t.Run("gateway", func(t *testing.T) {
		set := o.made("/apis/apps/v1/namespaces/otelcol-sentry/statefulsets/otelcol-sentry-gateway-collector")
		config, pod := o.collectorOf(set)
		valid(t, config)
		assert.Equal(t, "2", at(set, "spec", "replicas"))
		assert.Equal(t, "otelcol-sentry-gateway", at(pod, "serviceAccountName"))
		assert.ElementsMatch(t, []int{4317, 4318, 4319, 5514, 24224}, ports(o.made(ourServices+"otelcol-sentry-gateway-collector")))
		assert.Equal(t, "None", at(o.made(ourServices+"otelcol-sentry-gateway-collector-headless"), "spec", "clusterIP"))
	})
	t.Run("sidecar", func(t *testing.T) {
		c.apply(t, `{apiVersion: v1, kind: Namespace, metadata: {name: injected}}`)
		text, err := os.ReadFile(filepath.Join(root, "configs", "operator", "sidecar.yaml"))
		require.NoError(t, err)
		c.apply(t, strings.Replace(string(text), "  name: otelcol-sentry-sidecar\n", "  name: otelcol-sentry-sidecar\n  namespace: injected\n", 1))
		pod := o.pod("injected", map[string]any{"sidecar.opentelemetry.io/inject": "otelcol-sentry-sidecar"})
		sidecar := containers(pod, "initContainers")["otc-container"]
		require.NotNil(t, sidecar, "%v", pod)
		assert.Equal(t, "Always", at(sidecar, "restartPolicy"), "it starts before the app and ends after it")
		env := envOf(sidecar)
		valid(t, env["OTEL_CONFIG"])
		assert.Contains(t, env["OTEL_RESOURCE_ATTRIBUTES"], "k8s.namespace.name=injected")
		assert.Equal(t, "/var/log/app", mountOf(sidecar, "app-logs"))
		assert.Equal(t, "/var/lib/otelcol-sentry", mountOf(sidecar, "otelcol-sentry-state"))
	})
	t.Run("instrumentation", func(t *testing.T) {
		var env map[string]string
		o.eventually("it is not put into the pod", func() bool { // the operator hears of the resource a moment later
			env = envOf(containers(o.pod("injected", map[string]any{
				"instrumentation.opentelemetry.io/inject-java": "otelcol-sentry/otelcol-sentry",
			}), "containers")["app"])
			return len(env) > 0
		})
		assert.Equal(t, "http://otelcol-sentry-agent-collector.otelcol-sentry:4318", env["OTEL_EXPORTER_OTLP_ENDPOINT"])
		assert.Equal(t, "otlp", env["OTEL_LOGS_EXPORTER"])
	})
}

// envOf are the variables of a container that have a value.
func envOf(container map[string]any) map[string]string {
	out := map[string]string{}
	list, _ := container["env"].([]any)
	for _, e := range list {
		out[at(e.(map[string]any), "name")] = at(e.(map[string]any), "value")
	}
	return out
}

func mountOf(container map[string]any, volume string) string {
	for _, m := range container["volumeMounts"].([]any) {
		if at(m.(map[string]any), "name") == volume {
			return at(m.(map[string]any), "mountPath")
		}
	}
	return ""
}

// pod makes a pod with annotations, and gives its spec as the webhooks left it.
func (o *operator) pod(namespace string, annotations map[string]any) map[string]any {
	answer := o.cluster.must(o.t, http.MethodPost, "/api/v1/namespaces/"+namespace+"/pods", "application/json", map[string]any{
		"apiVersion": "v1", "kind": "Pod",
		"metadata": map[string]any{"generateName": "app-", "namespace": namespace, "annotations": annotations, "labels": map[string]any{"app.kubernetes.io/name": "cart"}},
		"spec": map[string]any{
			"containers": []any{map[string]any{"name": "app", "image": "example.com/cart:1", "volumeMounts": []any{map[string]any{"name": "app-logs", "mountPath": "/var/log/app"}}}},
			"volumes":    []any{map[string]any{"name": "app-logs", "emptyDir": map[string]any{}}},
		},
	})
	return answer["spec"].(map[string]any)
}
