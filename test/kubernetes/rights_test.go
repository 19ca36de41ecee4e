package kubernetes

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentrytest"
)

const bindingOfAgent = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/otelcol-sentry-agent"

// withoutBinding takes the agent's rights away until the test ends.
func (c *cluster) withoutBinding(t *testing.T) {
	c.must(t, http.MethodDelete, bindingOfAgent, "application/json", []byte("{}"))
	t.Cleanup(func() { c.applyFile(t, "configs/kubernetes/agent-rbac.yaml") })
}

func TestRightsMissingAtTheStart(t *testing.T) {
	c := needCluster(t)
	n := newNode(t, c, "rights-node")
	a := newAgent(t, n, sentrytest.Start(t).DSN("7"))
	c.withoutBinding(t)
	a.launch()
	assert.Equal(t, 1, a.wait())
	assert.Contains(t, a.said(), "system:serviceaccount:otelcol-sentry:otelcol-sentry-agent does not have all the rights that this configuration needs; "+
		"missing: list pods, watch pods, list namespaces, watch namespaces, list nodes, watch nodes (docs/kubernetes.md has the ClusterRole)")
}

// TestRightsLostLater: what the agent knows already stays; it says at once that it will hear no more.
func TestRightsLostLater(t *testing.T) {
	c := needCluster(t)
	c.apply(t, `{apiVersion: v1, kind: Namespace, metadata: {name: rights}}`)
	n := newNode(t, c, "rights-node")
	fake := sentrytest.Start(t)
	a := newAgent(t, n, fake.DSN("7"), `extensions: {k8s_rights: {interval: 1s}}`)
	a.start()
	p := n.run(podSpec{namespace: "rights", deployment: "known"})
	p.log("app", "stderr", `{"level":"error","msg":"before"}`)
	fake.WaitForItems("event", 1)
	const missing = "otelcol_extension_k8s_rights_missing"
	require.Zero(t, a.metric(missing))
	require.Contains(t, a.metrics(), missing+"{", "there before anything is missing, for an alert to look at")

	c.withoutBinding(t)
	a.eventually("it does not notice", func() bool { return a.metric(missing) == 6 })
	assert.Equal(t, 1.0, a.metric(missing, `resource="pods"`, `verb="watch"`))
	a.eventually("it does not say so", func() bool {
		return strings.Contains(a.said(), "Rights were lost: system:serviceaccount:otelcol-sentry:")
	})
	p.log("app", "stderr", `{"level":"error","msg":"after"}`)
	fake.WaitForItems("event", 2)
	assert.Equal(t, "known", at(events(fake)["after"][0].Item(), "tags", "k8s.deployment.name"))

	c.applyFile(t, "configs/kubernetes/agent-rbac.yaml")
	a.eventually("it does not notice that they are back", func() bool { return a.metric(missing) == 0 })
}

// TestShippedRole: the role holds nothing that the agent does not need, and the agent nothing that the role does not hold.
func TestShippedRole(t *testing.T) {
	c := needCluster(t)
	c.applyFile(t, "configs/kubernetes/namespace.yaml")
	c.applyFile(t, "configs/kubernetes/agent-rbac.yaml")
	role := c.must(t, http.MethodGet, "/apis/rbac.authorization.k8s.io/v1/clusterroles/otelcol-sentry-agent", "application/json", []byte("{}"))
	var granted, needed []string
	for _, r := range role["rules"].([]any) {
		granted = append(granted, rightsIn(r.(map[string]any), "apiGroups")...)
	}
	config := readConfig(t, "configs/agent.yaml")
	for _, r := range config["extensions"].(map[string]any)["k8s_rights"].(map[string]any)["needs"].([]any) {
		needed = append(needed, rightsIn(r.(map[string]any), "group")...)
	}
	assert.ElementsMatch(t, granted, needed)
}

// TestShippedManifests: a real API server takes them, every field checked.
func TestShippedManifests(t *testing.T) {
	c := needCluster(t)
	for _, file := range []string{"namespace", "agent-rbac", "agent", "gateway-rbac", "gateway"} {
		c.applyFile(t, "configs/kubernetes/"+file+".yaml")
	}
	set := c.must(t, http.MethodGet, "/apis/apps/v1/namespaces/otelcol-sentry/daemonsets/otelcol-sentry-agent", "application/json", []byte("{}"))
	spec := set["spec"].(map[string]any)["template"].(map[string]any)["spec"].(map[string]any)
	security := spec["securityContext"].(map[string]any)
	assert.EqualValues(t, 10001, security["runAsUser"])
	assert.EqualValues(t, 0, security["runAsGroup"], "with any other group the agent reads nothing")
	container := spec["containers"].([]any)[0].(map[string]any)["securityContext"].(map[string]any)
	assert.Equal(t, true, container["readOnlyRootFilesystem"])
	assert.Equal(t, []any{"ALL"}, container["capabilities"].(map[string]any)["drop"])
}

// rightsIn takes a rule apart. group is the key of its API groups.
func rightsIn(rule map[string]any, group string) (out []string) {
	list := func(v any) []any {
		if l, ok := v.([]any); ok {
			return l
		}
		if v == nil {
			v = ""
		}
		return []any{v}
	}
	for _, g := range list(rule[group]) {
		for _, resource := range list(rule["resources"]) {
			for _, verb := range list(rule["verbs"]) {
				out = append(out, fmt.Sprintf("%v %v.%v", verb, resource, g))
			}
		}
	}
	return out
}
