package chart

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// notes are what an installation ends with.
func notes(t testing.TB, values string) string {
	t.Setenv("KUBECONFIG", filepath.Join(t.TempDir(), "none"))
	out, err := helm(t, over(t, dsn, values), "install", release, folder, "--namespace", release, "--dry-run=client", "--values", "-")
	require.NoError(t, err, out)
	_, text, ok := strings.Cut(out, "\nNOTES:\n")
	require.True(t, ok, out)
	return text
}

// TestNotes: a default installation is told its next step and no warning; what may cost data or safety is said.
func TestNotes(t *testing.T) {
	plain := notes(t, `{}`)
	assert.Contains(t, plain, "kubectl run crash")
	assert.Contains(t, plain, "OTEL_EXPORTER_OTLP_ENDPOINT=http://otelcol-sentry-agent.otelcol-sentry:4318")
	assert.Contains(t, plain, "kubectl label namespace otelcol-sentry pod-security.kubernetes.io/enforce=privileged")
	assert.Contains(t, plain, "sentry.io/off")
	assert.NotContains(t, plain, "WARNING")
	for values, want := range map[string]string{
		`agent: {persistence: {enabled: false}}`:                     "forgets what waits for Sentry, and reads the log files anew.",
		`gateway: {persistence: {enabled: false}}`:                   "WARNING: gateway.persistence is off.",
		`agent: {resources: {limits: null}}`:                         "WARNING: agent.resources.limits.memory is not set",
		`gateway: {resources: {limits: null}}`:                       "WARNING: gateway.resources.limits.memory is not set",
		`networkPolicy: {enabled: false}`:                            "WARNING: networkPolicy is off.",
		`mode: gateway`:                                              "=http://otelcol-sentry-gateway.otelcol-sentry:4318",
		`{mode: gateway, gateway: {tls: {secretName: tls}}}`:         "=https://otelcol-sentry-gateway.otelcol-sentry:4318",
		`{mode: agent, presets: {logsCollection: {enabled: false}}}`: "The agent mounts directories of its node.",
	} {
		assert.Contains(t, notes(t, values), want, values)
	}
	for values, gone := range map[string]string{
		`mode: gateway`: "kubectl label namespace",
		`presets: {logsCollection: {enabled: false}}`:                                           "kubectl run crash",
		`presets: {kubernetesAttributes: {enabled: false}}`:                                     "sentry.io/off",
		`{agent: {persistence: {enabled: false}}, presets: {logsCollection: {enabled: false}}}`: "reads the log files anew",
	} {
		assert.NotContains(t, notes(t, values), gone, values)
	}
}

// TestReadmeValues: each block of values in the chart's README is one that the chart takes, and makes a configuration that the binary takes.
func TestReadmeValues(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(folder, "README.md"))
	require.NoError(t, err)
	blocks := regexp.MustCompile("(?ms)^```yaml\n(.*?)^```$").FindAllStringSubmatch(string(text), -1)
	require.Len(t, blocks, 2)
	for _, block := range blocks {
		rendered := render(t, over(t, dsn, block[1]))
		for _, component := range []string{"agent", "gateway"} {
			validate(t, rendered.config(t, component))
		}
	}
}
