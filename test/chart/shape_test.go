package chart

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// keyPair is a folder with tls.crt and tls.key, as a Secret of cert-manager is mounted.
func keyPair(t testing.TB) string {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	require.NoError(t, err)
	private, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	dir := t.TempDir()
	for name, block := range map[string]*pem.Block{"tls.crt": {Type: "CERTIFICATE", Bytes: cert}, "tls.key": {Type: "PRIVATE KEY", Bytes: private}} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(block), 0o600))
	}
	return dir
}

// TestSamePipelines: with default values the collectors run what configs/ has, but for the bounds of queues and what is read.
func TestSamePipelines(t *testing.T) {
	agent := render(t, over(t, dsn, `mode: agent`)).config(t, "agent")
	shipped := shippedConfig(t, "agent.yaml")
	delete(at(agent, "exporters", "sentry", "sending_queue").(map[string]any), "queue_size")
	delete(at(agent, "receivers", "file_log").(map[string]any), "exclude")
	delete(at(shipped, "receivers", "file_log").(map[string]any), "exclude")
	assert.Equal(t, yamlOf(t, shipped), yamlOf(t, agent))

	gateway := render(t, dsn).config(t, "gateway")
	delete(at(gateway, "exporters", "sentry", "sending_queue").(map[string]any), "queue_size")
	assert.Equal(t, yamlOf(t, shippedConfig(t, "gateway.yaml")), yamlOf(t, gateway))
}

// TestSameRights: the chart asks for what the manifests in configs/kubernetes ask for.
func TestSameRights(t *testing.T) {
	rendered := render(t, dsn)
	for _, component := range []string{"agent", "gateway"} {
		text, err := os.ReadFile(filepath.Join(root, "configs", "kubernetes", component+"-rbac.yaml"))
		require.NoError(t, err)
		shipped := parse(t, string(text))
		assert.Equal(t, yamlOf(t, shipped["ClusterRole/otelcol-sentry-"+component]["rules"]),
			yamlOf(t, rendered["ClusterRole/otelcol-sentry-otelcol-sentry-"+component]["rules"]))
	}
}

func shippedConfig(t testing.TB, name string) (out map[string]any) {
	text, err := os.ReadFile(filepath.Join(root, "configs", name))
	require.NoError(t, err)
	require.NoError(t, yaml.Unmarshal(text, &out))
	return out
}

// TestChecksums: a change of configuration or DSN rolls the pods that it is about; anything else does not.
func TestChecksums(t *testing.T) {
	sums := func(values string) (out []string) {
		rendered := render(t, over(t, dsn, values))
		for _, workload := range []string{daemonSet, statefulSet} {
			for _, what := range []string{"checksum/config", "checksum/secret"} {
				out = append(out, str(at(rendered[workload], "spec", "template", "metadata", "annotations", what)))
			}
		}
		return out
	}
	changes := func(values string) (out [4]bool) {
		before, after := sums(`{}`), sums(values)
		for i := range before {
			out[i] = before[i] != after[i]
		}
		return out
	}
	assert.Equal(t, [4]bool{true, false, false, false}, changes(`agent: {queueSize: 1Mi}`))
	assert.Equal(t, [4]bool{false, false, true, false}, changes(`gateway: {queueSize: 1Mi}`))
	assert.Equal(t, [4]bool{false, true, false, true}, changes(`sentry: {dsn: "https://other@sentry.example.com/1"}`))
	assert.Equal(t, [4]bool{}, changes(`gateway: {replicas: 1, podDisruptionBudget: {enabled: false}}`))
}

// TestTheDSNIsInTheSecretAlone: not in a ConfigMap, an argument or a variable's value.
func TestTheDSNIsInTheSecretAlone(t *testing.T) {
	for name, object := range render(t, over(t, dsn, `projects: [{name: a, dsn: "https://public@sentry.example.com/2"}]`)) {
		if !strings.HasPrefix(name, "Secret/") {
			assert.NotContains(t, yamlOf(t, object), "public@", name)
		}
	}
}

// TestTwoReleasesDoNotMeet: nothing without a namespace has one name in two namespaces, no selector takes the pods of the other release.
func TestTwoReleasesDoNotMeet(t *testing.T) {
	names := func(release, namespace string) objects {
		out, err := helm(t, dsn, "template", release, folder, "--namespace", namespace, "--values", "-")
		require.NoError(t, err, out)
		return parse(t, out)
	}
	a, b := names("otelcol-sentry", "a"), names("otelcol-sentry", "b")
	for name := range a {
		if strings.HasPrefix(name, "ClusterRole") {
			assert.NotContains(t, b, name)
		}
	}
	c := names("second-otelcol-sentry", "a")
	for name := range a {
		assert.NotContains(t, c, name)
	}
	assert.NotEqual(t, at(a[daemonSet], "spec", "selector"), at(c["DaemonSet/second-otelcol-sentry-agent"], "spec", "selector"))
}

// TestTheExampleWithoutPrivileges: nothing in it needs more than the restricted Pod Security Standard gives.
func TestTheExampleWithoutPrivileges(t *testing.T) {
	rendered := render(t, ciValues(t)["restricted"])
	for _, workload := range []string{daemonSet, statefulSet} {
		assert.NotContains(t, yamlOf(t, rendered[workload]), "hostPath")
		assert.Equal(t, "null", pod(workload, "initContainers").in(t, rendered))
	}
	for name := range rendered {
		assert.NotContains(t, name, "ClusterRole")
	}
}
