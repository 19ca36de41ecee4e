package sentryexporter

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/confmap"
)

const goodDSN = "https://public@o1.ingest.sentry.io/7"

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
	assert.True(t, cfg.Queue.HasValue())
	assert.Zero(t, cfg.Retry.MaxElapsedTime, "data is given up by the queue's size, not by a clock")
}

// What is wrong is named by its key, and the DSN is never repeated.
func TestConfigErrors(t *testing.T) {
	for name, tt := range map[string]struct {
		settings map[string]any
		want     []string
	}{
		"no dsn":             {map[string]any{}, []string{"'dsn'", "is empty", "Client Keys"}},
		"malformed dsn":      {map[string]any{"dsn": "https://sec ret@h/1"}, []string{"'dsn'", "is not a URL"}},
		"http-less dsn":      {map[string]any{"dsn": "secret@h/1"}, []string{"'dsn'", "https://"}},
		"project-less dsn":   {map[string]any{"dsn": "https://secret@h/"}, []string{"'dsn'", "project number"}},
		"unknown key":        {map[string]any{"dsn": goodDSN, "environ": "x"}, []string{"environ"}},
		"unknown nested key": {map[string]any{"dsn": goodDSN, "events": map[string]any{"minseverity": "x"}}, []string{"minseverity"}},
		"contrib's keys":     {map[string]any{"url": "https://sentry.io", "org_slug": "o", "auth_token": "secret"}, []string{"'url'", "'org_slug'", "'auth_token'", "contrib", "dsn: ${env:SENTRY_DSN}"}},
		"old contrib's keys": {map[string]any{"dsn": goodDSN, "insecure_skip_verify": true}, []string{"'insecure_skip_verify'", "http::tls::insecure_skip_verify"}},
		"severity":           {map[string]any{"dsn": goodDSN, "events": map[string]any{"min_severity": "info"}}, []string{"events", "'min_severity'", "warn, error, fatal"}},
		"span exceptions":    {map[string]any{"dsn": goodDSN, "events": map[string]any{"span_exceptions": "some"}}, []string{"events", "'span_exceptions'"}},
		"environment":        {map[string]any{"dsn": goodDSN, "environment": "a/b"}, []string{"'environment'"}},
		"release":            {map[string]any{"dsn": goodDSN, "release": "latest"}, []string{"'release'"}},
		"endpoint":           {map[string]any{"dsn": goodDSN, "http": map[string]any{"endpoint": "https://x"}}, []string{"'http::endpoint'"}},
		"compression":        {map[string]any{"dsn": goodDSN, "http": map[string]any{"compression": "zstd"}}, []string{"'http::compression'"}},
		"negative timeout":   {map[string]any{"dsn": goodDSN, "http": map[string]any{"timeout": "-1s"}}, []string{"'http::timeout'"}},
		"negative queue":     {map[string]any{"dsn": goodDSN, "sending_queue": map[string]any{"queue_size": -1}}, []string{"sending_queue", "queue_size"}},
		"tiny queue":         {map[string]any{"dsn": goodDSN, "sending_queue": map[string]any{"queue_size": 3}}, []string{"'sending_queue::queue_size'"}},
		"no consumers":       {map[string]any{"dsn": goodDSN, "sending_queue": map[string]any{"num_consumers": 0}}, []string{"sending_queue", "num_consumers"}},
		"wait for result":    {map[string]any{"dsn": goodDSN, "sending_queue": map[string]any{"wait_for_result": true}}, []string{"'sending_queue::wait_for_result'"}},
		"batches that cut":   {map[string]any{"dsn": goodDSN, "sending_queue": map[string]any{"batch": map[string]any{"max_size": 10000}}}, []string{"'sending_queue::batch::max_size'"}},
		"negative retry":     {map[string]any{"dsn": goodDSN, "retry_on_failure": map[string]any{"initial_interval": "-1s"}}, []string{"retry_on_failure", "initial_interval"}},
		"two errors at once": {map[string]any{"dsn": "", "environment": "none"}, []string{"'dsn'", "'environment'"}},
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

func TestTheQueueCanBeSwitchedOffOrBatch(t *testing.T) {
	cfg, err := load(t, map[string]any{"dsn": goodDSN, "sending_queue": map[string]any{"enabled": false}})
	require.NoError(t, err)
	assert.False(t, cfg.Queue.HasValue())
	cfg, err = load(t, map[string]any{"dsn": goodDSN, "sending_queue": map[string]any{"batch": map[string]any{"flush_timeout": "1s"}}})
	require.NoError(t, err)
	assert.True(t, cfg.Queue.Get().Batch.HasValue())
}
