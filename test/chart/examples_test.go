package chart

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-sentry/otelcol-sentry/test/distribution"
)

var update = flag.Bool("update", false, "write charts/otelcol-sentry/examples and files anew")

// copied are the shipped configurations that the chart holds.
var copied = []string{"agent", "agent-spans-to-gateway", "agent-all-to-gateway", "gateway", "gateway-replicas", "gateway-tls"}

// TestFilesAreTheShippedConfigurations: the chart has no pipeline of its own.
func TestFilesAreTheShippedConfigurations(t *testing.T) {
	for _, name := range copied {
		shipped, err := os.ReadFile(filepath.Join(root, "configs", name+".yaml"))
		require.NoError(t, err)
		golden(t, filepath.Join(folder, "files", name+".yaml"), string(shipped))
	}
	entries, err := os.ReadDir(filepath.Join(folder, "files"))
	require.NoError(t, err)
	assert.Len(t, entries, len(copied))
}

// TestExamplesGolden: what the values in ci/ render is checked in, for people to read and for reviews to see.
func TestExamplesGolden(t *testing.T) {
	for name, values := range ciValues(t) {
		t.Run(name, func(t *testing.T) {
			out, err := template(t, values)
			require.NoError(t, err, out)
			golden(t, filepath.Join(folder, "examples", name+".yaml"), out)
		})
	}
}

// TestExamplesAreValidForTheBinary: each configuration in each example passes the built binary's validation.
func TestExamplesAreValidForTheBinary(t *testing.T) {
	for name, values := range ciValues(t) {
		out, err := template(t, values)
		require.NoError(t, err, out)
		rendered := parse(t, out)
		for _, component := range []string{"agent", "gateway"} {
			if config := rendered.config(t, component); config != nil {
				t.Run(name+"/"+component, func(t *testing.T) { validate(t, config) })
			}
		}
	}
}

// TestLint runs helm's own checks, strictly.
func TestLint(t *testing.T) {
	for name, values := range ciValues(t) {
		out, err := helm(t, values, "lint", "--strict", folder, "--values", "-")
		require.NoError(t, err, "%s: %s", name, out)
	}
}

// validate asks the binary. Folders that it checks are some that are there.
func validate(t *testing.T, config map[string]any) {
	cmd := exec.Command(distribution.Path(t), "validate", "--config", "yaml:"+yamlOf(t, config))
	state := t.TempDir()
	cmd.Env = append(os.Environ(), "SENTRY_DSN=https://public@sentry.example.com/1", "K8S_NODE_NAME=node", "AGENT_STATE="+state, "GATEWAY_STATE="+state,
		"SENTRY_DSN_CHECKOUT=https://public@sentry.example.com/2", "SENTRY_DSN_TEAM_SEARCH=https://public@sentry.example.com/3", "GATEWAY_TLS="+keyPair(t))
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
}

// ciValues are the values in ci/, by name.
func ciValues(t testing.TB) map[string]string {
	files, err := filepath.Glob(filepath.Join(folder, "ci", "*-values.yaml"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	out := map[string]string{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		out[strings.TrimSuffix(filepath.Base(file), "-values.yaml")] = string(text)
	}
	return out
}

func golden(t *testing.T, file, got string) {
	if *update {
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
		require.NoError(t, os.WriteFile(file, []byte(got), 0o644))
		return
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	if string(want) != got {
		assert.Fail(t, "not what it should be: run `make chart`, and look at the difference", file)
	}
}
