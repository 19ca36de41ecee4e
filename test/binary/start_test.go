package binary

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/otelcol-sentry/otelcol-sentry/test/distribution"
)

// A collector that could send nothing must not start; what is wrong is named by its key, and a secret is never printed.
func TestItRefusesToStart(t *testing.T) {
	for name, tt := range map[string]struct {
		exporter string
		want     []string
	}{
		"empty dsn":     {`dsn: ""`, []string{"exporters::sentry", "'dsn'", "is empty"}},
		"no dsn":        {`environment: x`, []string{"exporters::sentry", "'dsn'", "is empty"}},
		"unset env dsn": {`dsn: "${env:NOT_SET_ANYWHERE}"`, []string{"exporters::sentry", "'dsn'", "is empty"}},
		"malformed dsn": {`dsn: "https://secret@ho st/1"`, []string{"exporters::sentry", "'dsn'", "not a URL"}},
		"http-less dsn": {`dsn: secret@sentry.example.com/1`, []string{"exporters::sentry", "'dsn'", "https://"}},
		"no project":    {`dsn: https://secret@sentry.example.com/`, []string{"exporters::sentry", "'dsn'", "project number"}},
		"unknown key":   {`{dsn: "https://secret@sentry.example.com/1", dns: oops}`, []string{"dns"}},
		"contrib's key": {`{url: "https://sentry.io", org_slug: acme, auth_token: secret}`, []string{"'org_slug'", "contrib", "dsn"}},
		"negative size": {`{dsn: "https://secret@sentry.example.com/1", sending_queue: {queue_size: -1}}`, []string{"sending_queue", "queue_size"}},
	} {
		t.Run(name, func(t *testing.T) {
			exporter := tt.exporter
			if !strings.HasPrefix(exporter, "{") {
				exporter = "{" + exporter + "}"
			}
			c := launch(t, `
receivers: {otlp: {protocols: {grpc: {endpoint: "127.0.0.1:0"}}}}
exporters:
  sentry: `+exporter+`
service:
  telemetry: {metrics: {level: none}}
  pipelines: {logs: {receivers: [otlp], exporters: [sentry]}}
`)
			assert.NotZero(t, c.wait())
			for _, want := range tt.want {
				assert.Contains(t, c.Output(), want)
			}
			assert.NotContains(t, c.Output(), "secret@")
			assert.NotContains(t, c.Output(), "panic")
		})
	}
}

func TestTheDSNIsNeverPrinted(t *testing.T) {
	file := filepath.Join(t.TempDir(), "config.yaml")
	config := pipeline{grpc: "127.0.0.1:0", http: "127.0.0.1:0", dsn: "https://topsecret@sentry.example.com/1"}.yaml()
	require.NoError(t, os.WriteFile(file, []byte(config), 0o600))
	out, err := exec.Command(distribution.Path(t), "print-config", "--config", file).CombinedOutput()
	require.NoError(t, err, string(out))
	assert.Contains(t, string(out), "sentry")
	assert.NotContains(t, string(out), "topsecret")
}

// TestManifestMatchesTheBinary: what the manifest names is in the binary, and nothing else is; go.mod compiles the versions it names.
func TestManifestMatchesTheBinary(t *testing.T) {
	var manifest map[string]any
	text, err := os.ReadFile(filepath.Join(root, "builder-config.yaml"))
	require.NoError(t, err)
	require.NoError(t, yaml.Unmarshal(text, &manifest))

	out, err := exec.Command(distribution.Path(t), "components").Output()
	require.NoError(t, err)
	var components map[string]any
	require.NoError(t, yaml.Unmarshal(out, &components))

	goMod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	require.NoError(t, err)
	const own = "github.com/otelcol-sentry/otelcol-sentry"
	for _, kind := range []string{"receivers", "processors", "connectors", "exporters", "extensions", "providers"} {
		want := map[string]int{}
		for _, entry := range manifest[kind].([]any) {
			module := entry.(map[string]any)["gomod"].(string)
			want[module]++
			if !strings.HasPrefix(module, own+" ") {
				assert.Regexp(t, `(?m)^\s*`+regexp.QuoteMeta(module)+`( // indirect)?$`, string(goMod), "go.mod compiles another version")
			}
		}
		got := map[string]int{}
		for _, c := range components[kind].([]any) {
			got[c.(map[string]any)["module"].(string)]++
		}
		assert.Equal(t, want, got, kind)
	}
	version := manifest["dist"].(map[string]any)["version"].(string)
	assert.Equal(t, version, components["buildinfo"].(map[string]any)["version"])
}
