package kubernetes

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentrytest"
)

// twoProjects is what a user adds for pods that may choose their project.
func twoProjects(fake *sentrytest.Fake, namespaces string) string {
	return fmt.Sprintf(`exporters: {sentry: {projects: [{name: checkout, dsn: %q, namespaces: [%s]}]}}`, fake.DSN("8"), namespaces)
}

// TestEveryEventKnowsItsPod writes one error into the logs of pods of all kinds: it is the first line that each of them writes.
func TestEveryEventKnowsItsPod(t *testing.T) {
	c := needCluster(t)
	c.apply(t, `
{apiVersion: v1, kind: Namespace, metadata: {name: meta-shop, annotations: {resource.opentelemetry.io/deployment.environment.name: staging}}}
---
{apiVersion: v1, kind: Namespace, metadata: {name: meta-team, annotations: {sentry.io/project: checkout, sentry.io/language: python}}}
---
{apiVersion: v1, kind: Namespace, metadata: {name: meta-off, annotations: {sentry.io/off: "true"}}}
---
{apiVersion: v1, kind: Namespace, metadata: {name: meta-foreign}}`)
	n := newNode(t, c, "meta-node")
	fake := sentrytest.Start(t)
	newAgent(t, n, fake.DSN("7"), twoProjects(fake, `"meta-shop", "meta-team"`)).start()

	for _, test := range []struct {
		name        string
		spec        podSpec
		project     string
		release     string
		environment string
		service     string
		workload    string
	}{
		{"plain", podSpec{namespace: "meta-shop", deployment: "plain"}, "7", "1.4.2", "staging", "plain", "plain"},
		{"labels", podSpec{namespace: "meta-shop", deployment: "labels", labels: map[string]string{
			"app.kubernetes.io/name": "cart", "app.kubernetes.io/version": "2.0", "app.kubernetes.io/environment": "test",
		}}, "7", "2.0", "test", "cart", "labels"},
		{"annotations", podSpec{namespace: "meta-shop", deployment: "annotations", labels: map[string]string{
			"app.kubernetes.io/name": "cart", "app.kubernetes.io/version": "2.0", "app.kubernetes.io/environment": "test",
		}, annotations: map[string]string{
			"resource.opentelemetry.io/service.name": "till", "resource.opentelemetry.io/service.version": "3.1",
			"resource.opentelemetry.io/deployment.environment.name": "production", "sentry.io/project": "checkout",
		}}, "8", "3.1", "production", "till", "annotations"},
		{"digest", podSpec{
			namespace: "meta-shop", deployment: "digest",
			image: "example.com/shop@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
		}, "7", "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", "staging", "digest", "digest"},
		{"namespace's project", podSpec{namespace: "meta-team", deployment: "team"}, "8", "1.4.2", "", "team", "team"},
		{"pod before namespace", podSpec{
			namespace: "meta-off", deployment: "on", annotations: map[string]string{"sentry.io/off": "false"},
		}, "7", "1.4.2", "", "on", "on"},
		{"project of others", podSpec{
			namespace: "meta-foreign", deployment: "foreign", annotations: map[string]string{"sentry.io/project": "checkout"},
		}, "7", "1.4.2", "", "foreign", "foreign"},
		{"namespace of others", podSpec{namespace: "meta-foreign", deployment: "forged", annotations: map[string]string{
			"sentry.io/project": "checkout", "resource.opentelemetry.io/k8s.namespace.name": "meta-shop",
		}}, "7", "1.4.2", "", "forged", "forged"},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := n.run(test.spec)
			text := "it broke: " + test.name
			p.log("app", "stderr", `{"level":"error","msg":"`+text+`"}`)
			fake.WaitFor(func() bool { return len(events(fake)[text]) > 0 })
			got := events(fake)[text]
			require.Len(t, got, 1)
			e := got[0].Item()
			assert.Equal(t, test.project, got[0].Project)
			assert.Equal(t, test.release, at(e, "release"))
			assert.Equal(t, p.name, at(e, "server_name"))
			if test.environment != "" {
				assert.Equal(t, test.environment, at(e, "environment"))
			}
			assert.Equal(t, test.service, at(e, "tags", "service.name"))
			assert.Equal(t, test.workload, at(e, "tags", "k8s.deployment.name"))
			assert.Equal(t, test.spec.namespace, at(e, "tags", "k8s.namespace.name"))
			assert.Equal(t, "app", at(e, "tags", "k8s.container.name"))
			assert.Equal(t, "meta-node", at(e, "tags", "k8s.node.name"))
			assert.Equal(t, "test", at(e, "tags", "k8s.cluster.name"))
			assert.Equal(t, "eu-central-1", at(e, "tags", "cloud.region"))
			assert.Equal(t, p.uid, at(e, "contexts", "k8s", "pod.uid"))
			assert.NotContains(t, string(got[0].Body), "sentry.internal", "a marker of the pipeline")
		})
	}

	t.Run("level", func(t *testing.T) {
		for level, want := range map[string][]string{"warn": {"warn", "error", "fatal"}, "fatal": {"fatal"}} {
			p := n.run(podSpec{namespace: "meta-shop", deployment: "level-" + level, annotations: map[string]string{"sentry.io/level": level}})
			for _, severity := range []string{"info", "warn", "error", "fatal"} {
				p.log("app", "stderr", fmt.Sprintf(`{"level":%q,"msg":"%s of %s"}`, severity, severity, p.name))
			}
			came := func() (got []string) {
				for _, severity := range []string{"info", "warn", "error", "fatal"} {
					if len(events(fake)[severity+" of "+p.name]) > 0 {
						got = append(got, severity)
					}
				}
				return got
			}
			fake.WaitFor(func() bool { return len(came()) >= len(want) })
			assert.Equal(t, want, came(), level)
		}
	})

	t.Run("language", func(t *testing.T) {
		p := n.run(podSpec{namespace: "meta-team", deployment: "language"})
		p.log("app", "stderr", `{"level":"error","msg":"what am I written in"}`)
		fake.WaitFor(func() bool { return len(events(fake)["what am I written in"]) > 0 })
		assert.Equal(t, "python", at(events(fake)["what am I written in"][0].Item(), "platform"))
	})

	t.Run("off", func(t *testing.T) {
		n.run(podSpec{namespace: "meta-off", deployment: "silent"}).log("app", "stderr", `{"level":"error","msg":"nobody wants this"}`)
		n.run(podSpec{namespace: "meta-shop", deployment: "quiet", annotations: map[string]string{"sentry.io/off": "true"}}).
			log("app", "stderr", `{"level":"error","msg":"nobody wants this either"}`)
		last := n.run(podSpec{namespace: "meta-shop", deployment: "last"})
		last.log("app", "stderr", `{"level":"error","msg":"the last one"}`)
		fake.WaitFor(func() bool { return len(events(fake)["the last one"]) > 0 })
		assert.NotContains(t, events(fake), "nobody wants this")
		assert.NotContains(t, events(fake), "nobody wants this either")
	})
}

// TestOneWatch: traces and logs share one watch of the cluster's pods.
func TestOneWatch(t *testing.T) {
	c := needCluster(t)
	n := newNode(t, c, "watch-node")
	fake := sentrytest.Start(t)
	a := newAgent(t, n, fake.DSN("7"))
	before := c.watches(t)
	a.start()
	after := c.watches(t)
	assert.Equal(t, before+1, after)
}

// watches counts the open watches of pods.
func (c *cluster) watches(t *testing.T) (n int) {
	resp, err := c.client.Get(c.url + "/metrics")
	require.NoError(t, err)
	defer resp.Body.Close()
	require.Equal(t, http.StatusOK, resp.StatusCode)
	return int(sumOf(t, resp.Body, "apiserver_longrunning_requests", `resource="pods"`, `verb="WATCH"`))
}
