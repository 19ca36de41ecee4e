package sentryexporter

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/confmap"
)

const goodDSN = "https://public@o1.ingest.sentry.io/7"

// projects makes a configuration with one project per change to a good one.
func projects(changes ...map[string]any) map[string]any {
	var list []any
	for _, change := range changes {
		p := map[string]any{"name": "checkout", "dsn": goodDSN, "match": map[string]any{"k8s.namespace.name": "shop-*"}}
		for key, value := range change {
			p[key] = value
		}
		list = append(list, p)
	}
	return map[string]any{"dsn": goodDSN, "projects": list}
}

func load(t *testing.T, settings map[string]any) (*Config, error) {
	t.Helper()
	cfg := createDefaultConfig().(*Config)
	if err := confmap.NewFromStringMap(settings).Unmarshal(cfg); err != nil {
		return nil, err
	}
	return cfg, confmap.Validate(cfg)
}

func TestADSNIsAllThatIsNeeded(t *testing.T) {
	cfg, err := load(t, map[string]any{"dsn": goodDSN})
	require.NoError(t, err)
	assert.Equal(t, "error", cfg.Events.MinSeverity)
	assert.Equal(t, BudgetConfig{Enabled: true, First: 10, Every: 5 * time.Minute}, cfg.Events.Budget)
	assert.True(t, cfg.Queue.HasValue())
	assert.Zero(t, cfg.Retry.MaxElapsedTime, "data is given up by the queue's size, not by a clock")
}

// What is wrong is named by its key, and the DSN is never repeated.
func TestConfigErrors(t *testing.T) {
	for name, tt := range map[string]struct {
		settings map[string]any
		want     []string
	}{
		"no dsn":                {map[string]any{}, []string{"'dsn'", "is empty", "Client Keys"}},
		"malformed dsn":         {map[string]any{"dsn": "https://sec ret@h/1"}, []string{"'dsn'", "is not a URL"}},
		"http-less dsn":         {map[string]any{"dsn": "secret@h/1"}, []string{"'dsn'", "https://"}},
		"project-less dsn":      {map[string]any{"dsn": "https://secret@h/"}, []string{"'dsn'", "project number"}},
		"unknown key":           {map[string]any{"dsn": goodDSN, "environ": "x"}, []string{"environ"}},
		"unknown nested key":    {map[string]any{"dsn": goodDSN, "events": map[string]any{"minseverity": "x"}}, []string{"minseverity"}},
		"contrib's keys":        {map[string]any{"url": "https://sentry.io", "org_slug": "o", "auth_token": "secret"}, []string{"'url'", "'org_slug'", "'auth_token'", "contrib", "dsn: ${env:SENTRY_DSN}"}},
		"old contrib's keys":    {map[string]any{"dsn": goodDSN, "insecure_skip_verify": true}, []string{"'insecure_skip_verify'", "http::tls::insecure_skip_verify"}},
		"severity":              {map[string]any{"dsn": goodDSN, "events": map[string]any{"min_severity": "info"}}, []string{"events", "'min_severity'", "warn, error, fatal"}},
		"span exceptions":       {map[string]any{"dsn": goodDSN, "events": map[string]any{"span_exceptions": "some"}}, []string{"events", "'span_exceptions'"}},
		"breadcrumbs":           {map[string]any{"dsn": goodDSN, "events": map[string]any{"breadcrumbs": map[string]any{"max": 101}}}, []string{"events", "'breadcrumbs::max'"}},
		"breadcrumbs' bytes":    {map[string]any{"dsn": goodDSN, "events": map[string]any{"breadcrumbs": map[string]any{"max_bytes": -1}}}, []string{"events", "'breadcrumbs::max_bytes'"}},
		"a fingerprint":         {map[string]any{"dsn": goodDSN, "events": map[string]any{"fingerprints": []any{map[string]any{"match": map[string]any{"loggers": []any{"x"}}}}}}, []string{"events", "'fingerprints'", "'0'"}},
		"a mode":                {map[string]any{"dsn": goodDSN, "traces": map[string]any{"mode": "spans"}}, []string{"traces", "'mode'", "transaction, stream, off"}},
		"a release's format":    {map[string]any{"dsn": goodDSN, "release_format": "semver"}, []string{"'release_format'", "name@version"}},
		"an empty rule":         {map[string]any{"dsn": goodDSN, "events": map[string]any{"exclude": []any{map[string]any{}}}}, []string{"events", "'exclude'", "'0'"}},
		"a rule's regexp":       {map[string]any{"dsn": goodDSN, "events": map[string]any{"include": []any{map[string]any{"messages": []any{"("}}}}}, []string{"'include'", "messages::0"}},
		"a threshold":           {map[string]any{"dsn": goodDSN, "events": map[string]any{"thresholds": []any{map[string]any{"loggers": []any{"x"}}}}}, []string{"thresholds", "'min_severity'"}},
		"a threshold's rule":    {map[string]any{"dsn": goodDSN, "events": map[string]any{"thresholds": []any{map[string]any{"min_severity": "warn"}}}}, []string{"thresholds::0"}},
		"a status":              {map[string]any{"dsn": goodDSN, "events": map[string]any{"failed_spans": map[string]any{"status": []any{"5xx"}}}}, []string{"'failed_spans::status'", "5xx"}},
		"a scrub rule":          {map[string]any{"dsn": goodDSN, "scrub": map[string]any{"off": []any{"everything"}}}, []string{"'scrub'", "everything"}},
		"budget's first":        {map[string]any{"dsn": goodDSN, "events": map[string]any{"budget": map[string]any{"first": -1}}}, []string{"events::budget", "'first'"}},
		"budget's every":        {map[string]any{"dsn": goodDSN, "events": map[string]any{"budget": map[string]any{"every": "0s"}}}, []string{"events::budget", "'every'"}},
		"environment":           {map[string]any{"dsn": goodDSN, "environment": "a/b"}, []string{"'environment'"}},
		"release":               {map[string]any{"dsn": goodDSN, "release": "latest"}, []string{"'release'"}},
		"endpoint":              {map[string]any{"dsn": goodDSN, "http": map[string]any{"endpoint": "https://x"}}, []string{"'http::endpoint'"}},
		"compression":           {map[string]any{"dsn": goodDSN, "http": map[string]any{"compression": "zstd"}}, []string{"'http::compression'"}},
		"negative timeout":      {map[string]any{"dsn": goodDSN, "http": map[string]any{"timeout": "-1s"}}, []string{"'http::timeout'"}},
		"negative queue":        {map[string]any{"dsn": goodDSN, "sending_queue": map[string]any{"queue_size": -1}}, []string{"sending_queue", "queue_size"}},
		"tiny queue":            {map[string]any{"dsn": goodDSN, "sending_queue": map[string]any{"queue_size": 3}}, []string{"'sending_queue::queue_size'"}},
		"no consumers":          {map[string]any{"dsn": goodDSN, "sending_queue": map[string]any{"num_consumers": 0}}, []string{"sending_queue", "num_consumers"}},
		"wait for result":       {map[string]any{"dsn": goodDSN, "sending_queue": map[string]any{"wait_for_result": true}}, []string{"'sending_queue::wait_for_result'"}},
		"batches that cut":      {map[string]any{"dsn": goodDSN, "sending_queue": map[string]any{"batch": map[string]any{"max_size": 10000}}}, []string{"'sending_queue::batch::max_size'"}},
		"negative retry":        {map[string]any{"dsn": goodDSN, "retry_on_failure": map[string]any{"initial_interval": "-1s"}}, []string{"retry_on_failure", "initial_interval"}},
		"none without projects": {map[string]any{"dsn": "none"}, []string{"'dsn'"}},
		"on_full":               {map[string]any{"dsn": goodDSN, "on_full": "explode"}, []string{"'on_full'", "block or drop"}},
		"negative wait":         {map[string]any{"dsn": goodDSN, "rate_limit": map[string]any{"max_wait": "-1s"}}, []string{"'rate_limit::max_wait'"}},
		"a project's name":      {projects(map[string]any{"name": "Check Out"}), []string{"'projects::0'", "'name'"}},
		"a reserved name":       {projects(map[string]any{"name": "default"}), []string{"'projects::0'", "taken"}},
		"a name twice":          {projects(map[string]any{}, map[string]any{}), []string{"'projects::1'", "taken"}},
		"a project's dsn":       {projects(map[string]any{"dsn": "https://secret@h/"}), []string{"'projects::0'", "'dsn'", "project number"}},
		"a project of nothing":  {projects(map[string]any{"match": map[string]any{}}), []string{"'projects::0'", "'match' or 'namespaces'"}},
		"a project's on_full":   {projects(map[string]any{"on_full": "x"}), []string{"'projects::0'", "'on_full'"}},
		"a project's key":       {projects(map[string]any{"dns": "x"}), []string{"dns"}},
		"two errors at once":    {map[string]any{"dsn": "", "environment": "none"}, []string{"'dsn'", "'environment'"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := load(t, tt.settings)
			require.Error(t, err)
			for _, want := range tt.want {
				assert.ErrorContains(t, err, want)
			}
			assert.NotContains(t, err.Error(), "secret")
		})
	}
}

// What waits in memory is bounded by memory, what waits on disk by the outage that it should cover.
func TestTheQueuesDefaultSize(t *testing.T) {
	for name, tt := range map[string]struct {
		queue map[string]any
		want  int64
	}{
		"in memory":         {map[string]any{}, 32 << 20},
		"stored":            {map[string]any{"storage": "file_storage"}, 1 << 30},
		"stored, by choice": {map[string]any{"storage": "file_storage", "queue_size": 5000}, 5000},
	} {
		cfg, err := load(t, map[string]any{"dsn": goodDSN, "sending_queue": tt.queue})
		require.NoError(t, err)
		assert.Equal(t, tt.want, cfg.Queue.Get().QueueSize, name)
	}
}

func TestProjectsAreRead(t *testing.T) {
	cfg, err := load(t, projects(map[string]any{"namespaces": []any{"team-*"}, "on_full": "drop"}))
	require.NoError(t, err)
	assert.Equal(t, map[string]string{"k8s.namespace.name": "shop-*"}, cfg.Projects[0].Match)
	assert.Equal(t, []string{"team-*"}, cfg.Projects[0].Namespaces)
}

func TestTheQueueCanBeSwitchedOffOrBatch(t *testing.T) {
	cfg, err := load(t, map[string]any{"dsn": goodDSN, "sending_queue": map[string]any{"enabled": false}})
	require.NoError(t, err)
	assert.False(t, cfg.Queue.HasValue())
	cfg, err = load(t, map[string]any{"dsn": goodDSN, "sending_queue": map[string]any{"batch": map[string]any{"flush_timeout": "1s"}}})
	require.NoError(t, err)
	assert.True(t, cfg.Queue.Get().Batch.HasValue())
}
