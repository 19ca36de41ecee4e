package packaging

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// TestConfigurationIsValid: what image and packages start with.
func TestConfigurationIsValid(t *testing.T) {
	cmd := exec.Command(filepath.Join(root, "bin", "otelcol-sentry"), "validate", "--config", filepath.Join(root, "packaging", "config.yaml"))
	cmd.Env = append(os.Environ(), "SENTRY_DSN=https://public@sentry.example.com/1", "OTELCOL_STATE="+t.TempDir())
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
}

// contents of a package.
type contents struct {
	Contents []map[string]any
	Scripts  map[string]string
}

// TestReleaseHasThePackagesOfASnapshot: goreleaser's packages hold what `make snapshot` puts into its own, which the tests here run.
func TestReleaseHasThePackagesOfASnapshot(t *testing.T) {
	var snapshot contents
	var release struct{ Nfpms []contents }
	for file, into := range map[string]any{"packaging/nfpm.yaml": &snapshot, ".goreleaser.yaml": &release} {
		text, err := os.ReadFile(filepath.Join(root, file))
		require.NoError(t, err)
		require.NoError(t, yaml.Unmarshal(text, into))
	}
	require.Len(t, release.Nfpms, 1)
	require.Equal(t, "/usr/bin/otelcol-sentry", snapshot.Contents[0]["dst"], "goreleaser adds the binary itself")
	assert.Equal(t, snapshot.Contents[1:], release.Nfpms[0].Contents)
	assert.Equal(t, snapshot.Scripts, release.Nfpms[0].Scripts)
}
