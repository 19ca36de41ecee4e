package sentrysegmentprocessor

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/confmap/confmaptest"
)

func TestConfigFile(t *testing.T) {
	conf, err := confmaptest.LoadConf(filepath.Join("testdata", "config.yaml"))
	require.NoError(t, err)
	storage := component.MustNewIDWithName("file_storage", "segments")
	for name, want := range map[string]*Config{
		"sentry_segment": {
			WaitAfterRoot: 2 * time.Second, IdleTimeout: 30 * time.Second, MaxBytes: 128 << 20, MaxRequestBytes: 4 << 20, RememberedSpans: 500_000,
			ShutdownTimeout: 10 * time.Second, Shards: 1,
		},
		"sentry_segment/all": {
			WaitAfterRoot: 5 * time.Second, IdleTimeout: time.Minute, MaxBytes: 256 << 20, MaxRequestBytes: 8 << 20, BlockOnOverflow: true,
			RememberedSpans: 100_000, ShutdownTimeout: 20 * time.Second, Shards: 4, Storage: &storage,
		},
	} {
		t.Run(name, func(t *testing.T) {
			sub, err := conf.Sub(name)
			require.NoError(t, err)
			cfg := createDefaultConfig()
			require.NoError(t, sub.Unmarshal(cfg))
			require.NoError(t, confmap.Validate(cfg))
			assert.Equal(t, want, cfg)
		})
	}
}

func TestValidate(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(*Config)
		want   string
	}{
		"wait":             {func(c *Config) { c.WaitAfterRoot = -1 }, "'wait_after_root' must not be negative"},
		"no wait":          {func(c *Config) { c.WaitAfterRoot = 0 }, ""},
		"idle":             {func(c *Config) { c.IdleTimeout = 0 }, "'idle_timeout' must be above 0"},
		"idle below wait":  {func(c *Config) { c.IdleTimeout = time.Second }, "'idle_timeout' must be at least 'wait_after_root' (2s), not 1s"},
		"max bytes":        {func(c *Config) { c.MaxBytes = 1000 }, "'max_bytes' must be at least 1048576, not 1000"},
		"request bytes":    {func(c *Config) { c.MaxRequestBytes = 0 }, "'max_request_bytes' must be above 0"},
		"request too big":  {func(c *Config) { c.MaxRequestBytes = c.MaxBytes/4 + 1 }, "at most a quarter of 'max_bytes'"},
		"remembered":       {func(c *Config) { c.RememberedSpans = -1 }, "'remembered_spans' must not be negative"},
		"none remembered":  {func(c *Config) { c.RememberedSpans = 0 }, ""},
		"shutdown":         {func(c *Config) { c.ShutdownTimeout = 0 }, "'shutdown_timeout' must be above 0"},
		"no shard":         {func(c *Config) { c.Shards = 0 }, "'shards' must be from 1 to 64, not 0"},
		"too many shards":  {func(c *Config) { c.Shards = 65 }, "'shards' must be from 1 to 64, not 65"},
		"all that is said": {func(c *Config) { c.Shards, c.MaxBytes = 0, 0 }, "\n'shards'"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := createDefaultConfig().(*Config)
			tt.change(cfg)
			err := confmap.Validate(cfg)
			if tt.want == "" {
				assert.NoError(t, err)
			} else {
				assert.ErrorContains(t, err, tt.want)
			}
		})
	}
}

func TestUnknownKeysAreRefused(t *testing.T) {
	err := confmap.NewFromStringMap(map[string]any{"wait_duration": "1s"}).Unmarshal(createDefaultConfig())
	assert.ErrorContains(t, err, "wait_duration")
}
