package kubernetes

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// resources are the paths of the kinds that the tests and the shipped manifests use.
var resources = map[string]struct {
	path       string
	namespaced bool
}{
	"Namespace":           {"/api/v1/namespaces", false},
	"Node":                {"/api/v1/nodes", false},
	"Pod":                 {"/api/v1/pods", true},
	"Service":             {"/api/v1/services", true},
	"ServiceAccount":      {"/api/v1/serviceaccounts", true},
	"ConfigMap":           {"/api/v1/configmaps", true},
	"DaemonSet":           {"/apis/apps/v1/daemonsets", true},
	"Deployment":          {"/apis/apps/v1/deployments", true},
	"StatefulSet":         {"/apis/apps/v1/statefulsets", true},
	"NetworkPolicy":       {"/apis/networking.k8s.io/v1/networkpolicies", true},
	"PodDisruptionBudget": {"/apis/policy/v1/poddisruptionbudgets", true},
	"ClusterRole":         {"/apis/rbac.authorization.k8s.io/v1/clusterroles", false},
	"ClusterRoleBinding":  {"/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", false},

	"CustomResourceDefinition":       {"/apis/apiextensions.k8s.io/v1/customresourcedefinitions", false},
	"MutatingWebhookConfiguration":   {"/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations", false},
	"ValidatingWebhookConfiguration": {"/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations", false},
	"OpenTelemetryCollector":         {"/apis/opentelemetry.io/v1beta1/opentelemetrycollectors", true},
	"Instrumentation":                {"/apis/opentelemetry.io/v1alpha1/instrumentations", true},
}

// call sends a request as the administrator and decodes the answer.
func (c *cluster) call(t testing.TB, method, path, contentType string, body []byte) (status int, answer map[string]any) {
	req, err := http.NewRequest(method, c.url+path, bytes.NewReader(body))
	require.NoError(t, err)
	req.Header.Set("Content-Type", contentType)
	resp, err := c.client.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	if json.Unmarshal(text, &answer) != nil { // a path that nobody serves is answered in plain text
		answer = map[string]any{"message": string(text)}
	}
	return resp.StatusCode, answer
}

// must is a call that succeeds.
func (c *cluster) must(t testing.TB, method, path, contentType string, body any) map[string]any {
	text, ok := body.([]byte)
	if !ok {
		var err error
		text, err = json.Marshal(body)
		require.NoError(t, err)
	}
	status, answer := c.call(t, method, path, contentType, text)
	require.Less(t, status, 300, "%s %s: %v", method, path, answer)
	return answer
}

// object is a manifest.
type object struct {
	Kind     string
	Metadata struct{ Name, Namespace string }
}

func (o object) path() string {
	r, ok := resources[o.Kind]
	if !ok {
		panic("no path for " + o.Kind)
	}
	if !r.namespaced {
		return r.path + "/" + o.Metadata.Name
	}
	i := strings.LastIndexByte(r.path, '/')
	return r.path[:i] + "/namespaces/" + o.Metadata.Namespace + r.path[i:] + "/" + o.Metadata.Name
}

// apply applies the documents of a manifest as `kubectl apply --server-side` does, with every field checked.
func (c *cluster) apply(t testing.TB, manifest string) { c.applyWith(t, manifest, "Strict") }

// applyLoosely lets unknown fields pass: what others ship.
func (c *cluster) applyLoosely(t testing.TB, manifest string) { c.applyWith(t, manifest, "Ignore") }

func (c *cluster) applyWith(t testing.TB, manifest, validation string) {
	decoder := yaml.NewDecoder(strings.NewReader(manifest))
	for {
		var doc map[string]any
		if err := decoder.Decode(&doc); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			require.NoError(t, err)
		}
		text, err := json.Marshal(doc)
		require.NoError(t, err)
		var o object
		require.NoError(t, json.Unmarshal(text, &o))
		c.must(t, http.MethodPatch, o.path()+"?fieldManager=test&force=true&fieldValidation="+validation, "application/apply-patch+yaml", text)
	}
}

// applyFile applies a file of the repository.
func (c *cluster) applyFile(t testing.TB, path string) {
	text, err := os.ReadFile(filepath.Join(root, path))
	require.NoError(t, err)
	c.apply(t, string(text))
}

// tokenFor writes a kubeconfig for a service account.
func (c *cluster) tokenFor(t testing.TB, namespace, account string) string {
	answer := c.must(t, http.MethodPost, fmt.Sprintf("/api/v1/namespaces/%s/serviceaccounts/%s/token", namespace, account), "application/json",
		map[string]any{"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": map[string]any{"expirationSeconds": 7200}})
	token := answer["status"].(map[string]any)["token"].(string)
	file := filepath.Join(t.TempDir(), "kubeconfig")
	require.NoError(t, os.WriteFile(file, []byte(c.kubeconfig("{token: "+token+"}")), 0o600))
	return file
}

// readConfig reads a YAML file of the repository.
func readConfig(t testing.TB, path string) map[string]any {
	text, err := os.ReadFile(filepath.Join(root, path))
	require.NoError(t, err)
	var out map[string]any
	require.NoError(t, yaml.Unmarshal(text, &out))
	return out
}
