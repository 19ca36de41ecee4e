package sentryinbox

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/confmap/confmaptest"

	"github.com/otelcol-sentry/otelcol-sentry/extension/sentryinbox/internal/metadata"
)

func TestDefaultConfigIsValid(t *testing.T) {
	cfg := createDefaultConfig().(*Config)
	assert.NoError(t, confmap.Validate(cfg))
	assert.Equal(t, "127.0.0.1:8969", cfg.Endpoint)
	assert.False(t, cfg.AllowRemote)
}

func TestLoadConfig(t *testing.T) {
	conf, err := confmaptest.LoadConf(filepath.Join("testdata", "config.yaml"))
	require.NoError(t, err)
	tests := map[string]Config{
		"": {Endpoint: defaultEndpoint, MaxItems: defaultMaxItems, MaxBytes: defaultMaxBytes, MaxEnvelopeBytes: defaultMaxEnvelopeBytes},
		"all": {
			Endpoint: "0.0.0.0:9000", AllowRemote: true, AllowedHosts: []string{"inbox.test", "*"},
			MaxItems: 50, MaxBytes: 128 << 20, MaxEnvelopeBytes: 1_000_000,
		},
		"numbers": {Endpoint: "[::1]:0", MaxItems: 1, MaxBytes: 4096, MaxEnvelopeBytes: 2048},
	}
	for name, want := range tests {
		t.Run(name, func(t *testing.T) {
			sub, err := conf.Sub(component.NewIDWithName(metadata.Type, name).String())
			require.NoError(t, err)
			cfg := createDefaultConfig().(*Config)
			require.NoError(t, sub.Unmarshal(cfg))
			assert.Equal(t, &want, cfg)
			assert.NoError(t, confmap.Validate(cfg))
		})
	}
}

func TestUnknownKeyIsRefused(t *testing.T) {
	cfg := createDefaultConfig()
	err := confmap.NewFromStringMap(map[string]any{"max_item": 5}).Unmarshal(cfg)
	assert.ErrorContains(t, err, "max_item")
}

func TestBadSizeIsRefused(t *testing.T) {
	cfg := createDefaultConfig()
	err := confmap.NewFromStringMap(map[string]any{"max_bytes": "lots"}).Unmarshal(cfg)
	require.ErrorContains(t, err, "max_bytes")
	assert.ErrorContains(t, err, "64MiB")
}

func TestValidateNamesTheKey(t *testing.T) {
	tests := map[string]struct {
		change func(*Config)
		want   string
	}{
		"no port":              {func(c *Config) { c.Endpoint = "127.0.0.1" }, `endpoint: "127.0.0.1" must be "host:port"`},
		"port is a name":       {func(c *Config) { c.Endpoint = "127.0.0.1:http" }, `endpoint: port "http" must be a number`},
		"port too large":       {func(c *Config) { c.Endpoint = "127.0.0.1:70000" }, `endpoint: port "70000"`},
		"every interface":      {func(c *Config) { c.Endpoint = "0.0.0.0:8969" }, "allow_remote: true"},
		"no host":              {func(c *Config) { c.Endpoint = ":8969" }, "allow_remote: true"},
		"ipv6 any":             {func(c *Config) { c.Endpoint = "[::]:8969" }, "allow_remote: true"},
		"a name":               {func(c *Config) { c.Endpoint = "inbox.example:8969" }, "allow_remote: true"},
		"a name like loopback": {func(c *Config) { c.Endpoint = "127.0.0.1.example:8969" }, "allow_remote: true"},
		"no items":             {func(c *Config) { c.MaxItems = 0 }, "max_items: must be from 1 to 100000, not 0"},
		"too many items":       {func(c *Config) { c.MaxItems = 100_001 }, "max_items: must be from 1 to 100000"},
		"tiny envelopes":       {func(c *Config) { c.MaxEnvelopeBytes = 10 }, "max_envelope_bytes: must be at least 1KiB, not 10B"},
		"less than one":        {func(c *Config) { c.MaxBytes = 1 << 20 }, "max_bytes: must be at least max_envelope_bytes (20MiB), not 1MiB"},
		"host with port":       {func(c *Config) { c.AllowedHosts = []string{"ok", "inbox:80"} }, `allowed_hosts[1]: "inbox:80"`},
		"host with scheme":     {func(c *Config) { c.AllowedHosts = []string{"http://inbox"} }, "allowed_hosts[0]"},
		"half a pattern":       {func(c *Config) { c.AllowedHosts = []string{"*.test"} }, "allowed_hosts[0]"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			cfg := createDefaultConfig().(*Config)
			tt.change(cfg)
			assert.ErrorContains(t, cfg.Validate(), tt.want)
		})
	}
}

func TestValidateTellsAllAtOnce(t *testing.T) {
	cfg := &Config{Endpoint: "x", MaxItems: -1, MaxEnvelopeBytes: 1}
	err := cfg.Validate()
	for _, key := range []string{"endpoint:", "max_items:", "max_envelope_bytes:", "max_bytes:"} {
		assert.ErrorContains(t, err, key)
	}
}

func TestEveryKeyIsDocumented(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	fields := reflect.TypeFor[Config]()
	for i := range fields.NumField() {
		assert.Contains(t, string(readme), "| `"+fields.Field(i).Tag.Get("mapstructure")+"` |")
	}
}

func TestLoopbackNeedsNoPermission(t *testing.T) {
	for _, endpoint := range []string{"localhost:1", "LOCALHOST:1", "127.0.0.1:0", "127.9.9.9:80", "[::1]:8969", "[::ffff:127.0.0.1]:8969"} {
		cfg := createDefaultConfig().(*Config)
		cfg.Endpoint = endpoint
		assert.NoError(t, cfg.Validate(), endpoint)
	}
}

func TestByteSize(t *testing.T) {
	good := map[string]ByteSize{
		"0": 0, "17": 17, "17B": 17, "1KiB": 1024, "2 MiB": 2 << 20, "3gib": 3 << 30, "5KB": 5000, "6MB": 6_000_000, "7gb": 7_000_000_000, " 8 ": 8,
	}
	for text, want := range good {
		var s ByteSize
		require.NoError(t, s.UnmarshalText([]byte(text)), text)
		assert.Equal(t, want, s, text)
	}
	for _, text := range []string{"", "MiB", "-1", "1.5MiB", "1TiB", "9223372036854775807GiB", "one", "1 0"} {
		var s ByteSize
		assert.Error(t, s.UnmarshalText([]byte(text)), text)
	}
	for s, want := range map[ByteSize]string{0: "0B", 1023: "1023B", 1024: "1KiB", 64 << 20: "64MiB", 3 << 30: "3GiB", 1_000_000: "1000000B"} {
		assert.Equal(t, want, s.String())
	}
}
