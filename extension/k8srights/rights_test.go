package k8srights

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componentstatus"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/extension/extensiontest"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/metric/metricdata/metricdatatest"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/otelcol-sentry/otelcol-sentry/extension/k8srights/internal/metadata"
	"github.com/otelcol-sentry/otelcol-sentry/extension/k8srights/internal/metadatatest"
)

const patience = 20 * time.Second

// apiServer knows one account and what it may do.
type apiServer struct {
	*httptest.Server
	mu     sync.Mutex
	denied map[string]bool // verb resource
	down   bool
	asked  int
}

func startAPIServer(t *testing.T) *apiServer {
	s := &apiServer{denied: map[string]bool{}}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	config := fmt.Sprintf(`{apiVersion: v1, kind: Config, current-context: x,
clusters: [{name: c, cluster: {server: %q}}], users: [{name: u, user: {token: t}}], contexts: [{name: x, context: {cluster: c, user: u}}]}`, s.URL)
	file := filepath.Join(t.TempDir(), "config")
	require.NoError(t, os.WriteFile(file, []byte(config), 0o600))
	t.Setenv("KUBECONFIG", file)
	return s
}

func (s *apiServer) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	if s.down {
		http.Error(w, "etcd has no leader", http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	switch req.URL.Path {
	case "/apis/authentication.k8s.io/v1/selfsubjectreviews":
		_, _ = w.Write([]byte(`{"kind":"SelfSubjectReview","apiVersion":"authentication.k8s.io/v1","status":{"userInfo":{"username":"system:serviceaccount:sentry:agent"}}}`))
	case "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews":
		var review struct {
			Spec struct {
				ResourceAttributes struct{ Verb, Resource string } `json:"resourceAttributes"`
			} `json:"spec"`
		}
		if err := json.NewDecoder(req.Body).Decode(&review); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		a := review.Spec.ResourceAttributes
		fmt.Fprintf(w, `{"kind":"SelfSubjectAccessReview","apiVersion":"authorization.k8s.io/v1","status":{"allowed":%t}}`, !s.denied[a.Verb+" "+a.Resource])
	default:
		http.NotFound(w, req)
	}
}

func (s *apiServer) deny(rights ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.denied = map[string]bool{}
	for _, r := range rights {
		s.denied[r] = true
	}
}

func (s *apiServer) setDown(down bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.down = down
}

// host remembers the last status.
type host struct {
	component.Host
	mu   sync.Mutex
	last componentstatus.Status
}

func (h *host) Report(e *componentstatus.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.last = e.Status()
}

func (h *host) status() componentstatus.Status {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.last
}

func testConfig() *Config {
	cfg := createDefaultConfig().(*Config)
	cfg.AuthType = authKubeConfig
	cfg.Needs = []Need{
		{Resources: []string{"pods", "nodes"}, Verbs: []string{"list", "watch"}},
		{Group: "apps", Resources: []string{"replicasets"}, Verbs: []string{"list"}, Namespace: "shop"},
		{Resources: []string{"pods"}, Verbs: []string{"list"}},
	}
	cfg.Interval = 10 * time.Millisecond
	return cfg
}

func build(t *testing.T, cfg *Config, tel *componenttest.Telemetry) (*rights, *observer.ObservedLogs) {
	core, logs := observer.New(zap.InfoLevel)
	set := extensiontest.NewNopSettings(metadata.Type)
	set.TelemetrySettings = tel.NewTelemetrySettings()
	set.Logger = zap.New(core)
	x, err := create(t.Context(), set, cfg)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, x.Shutdown(context.Background())) })
	return x.(*rights), logs
}

func telemetry(t *testing.T) *componenttest.Telemetry {
	tel := componenttest.NewTelemetry()
	t.Cleanup(func() { assert.NoError(t, tel.Shutdown(context.Background())) })
	return tel
}

func missingPoints(lost string) []metricdata.DataPoint[int64] {
	var out []metricdata.DataPoint[int64]
	for _, r := range rightsOf(testConfig().Needs) {
		var n int64
		if r.verb+" "+r.resource == lost {
			n = 1
		}
		out = append(out, metricdata.DataPoint[int64]{Value: n, Attributes: attribute.NewSet(
			attribute.String("group", r.group), attribute.String("resource", r.resource), attribute.String("verb", r.verb))})
	}
	return out
}

func TestLifecycle(t *testing.T) {
	api := startAPIServer(t)
	tel := telemetry(t)
	x, logs := build(t, testConfig(), tel)
	h := &host{Host: componenttest.NewNopHost()}
	require.NoError(t, x.Start(t.Context(), h))
	metadatatest.AssertEqualExtensionK8sRightsMissing(t, tel, missingPoints(""), metricdatatest.IgnoreTimestamp())

	api.deny("watch pods")
	require.Eventually(t, func() bool { return h.status() == componentstatus.StatusRecoverableError }, patience, time.Millisecond)
	lost := logs.FilterMessageSnippet("Rights were lost").All()
	require.Len(t, lost, 1, "once, not with every check")
	assert.Contains(t, lost[0].Message, "system:serviceaccount:sentry:agent does not have all the rights")
	assert.Contains(t, lost[0].Message, "missing: watch pods (docs/kubernetes.md has the ClusterRole)")
	metadatatest.AssertEqualExtensionK8sRightsMissing(t, tel, missingPoints("watch pods"), metricdatatest.IgnoreTimestamp())

	api.deny()
	require.Eventually(t, func() bool { return h.status() == componentstatus.StatusOK }, patience, time.Millisecond)
	assert.Equal(t, 1, logs.FilterMessage("All rights are there again").Len())
	metadatatest.AssertEqualExtensionK8sRightsMissing(t, tel, missingPoints(""), metricdatatest.IgnoreTimestamp())
}

func TestMissingAtTheStart(t *testing.T) {
	api := startAPIServer(t)
	api.deny("watch nodes", "list replicasets")
	x, _ := build(t, testConfig(), telemetry(t))
	err := x.Start(t.Context(), componenttest.NewNopHost())
	assert.EqualError(t, err, "system:serviceaccount:sentry:agent does not have all the rights that this configuration needs; "+
		"missing: watch nodes, list replicasets.apps in namespace shop (docs/kubernetes.md has the ClusterRole)")
}

func TestServerThatDoesNotAnswerAtTheStart(t *testing.T) {
	api := startAPIServer(t)
	api.setDown(true)
	cfg := testConfig()
	cfg.Timeout = 50 * time.Millisecond
	x, _ := build(t, cfg, telemetry(t))
	err := x.Start(t.Context(), componenttest.NewNopHost())
	require.Error(t, err)
	assert.Contains(t, err.Error(), "the API server at "+api.URL+" does not say what this account may do")
	assert.Contains(t, err.Error(), "currently unable to handle the request", "the server's word, not that the time was up")
}

// A server that is away for a while takes no right away.
func TestServerThatGoesAway(t *testing.T) {
	api := startAPIServer(t)
	tel := telemetry(t)
	x, logs := build(t, testConfig(), tel)
	h := &host{Host: componenttest.NewNopHost()}
	require.NoError(t, x.Start(t.Context(), h))
	api.setDown(true)
	require.Eventually(t, func() bool { return logs.FilterMessage("The rights could not be checked").Len() > 0 }, patience, time.Millisecond)
	assert.Equal(t, componentstatus.StatusNone, h.status())
	metric, err := tel.GetMetric("otelcol_extension_k8s_rights_failed_checks")
	require.NoError(t, err)
	assert.Positive(t, metric.Data.(metricdata.Sum[int64]).DataPoints[0].Value)
	metadatatest.AssertEqualExtensionK8sRightsMissing(t, tel, missingPoints(""), metricdatatest.IgnoreTimestamp())
}

func TestNoCluster(t *testing.T) {
	t.Setenv("KUBERNETES_SERVICE_HOST", "")
	cfg := testConfig()
	cfg.AuthType = authServiceAccount
	x, _ := build(t, cfg, telemetry(t))
	err := x.Start(t.Context(), componenttest.NewNopHost())
	require.Error(t, err)
	assert.Contains(t, err.Error(), "no way to the Kubernetes API (auth_type serviceAccount)")
}

func TestConfig(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*Config)
		want   string
	}{
		"good":     {func(*Config) {}, ""},
		"auth":     {func(c *Config) { c.AuthType = "tls" }, "'auth_type' must be serviceAccount or kubeConfig"},
		"needs":    {func(c *Config) { c.Needs = nil }, "'needs' must say"},
		"verbs":    {func(c *Config) { c.Needs[0].Verbs = nil }, "'resources' and 'verbs'"},
		"timeout":  {func(c *Config) { c.Timeout = 0 }, "'timeout' must be above 0"},
		"interval": {func(c *Config) { c.Interval = 1 }, "'interval' must be at least 1s"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := testConfig()
			cfg.Interval = defaultInterval
			test.change(cfg)
			err := cfg.Validate()
			for i := range cfg.Needs {
				if err == nil {
					err = cfg.Needs[i].Validate()
				}
			}
			if test.want == "" {
				assert.NoError(t, err)
			} else {
				assert.ErrorContains(t, err, test.want)
			}
		})
	}
}
