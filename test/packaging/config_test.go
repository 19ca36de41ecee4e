package packaging

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestConfigurationIsValid: what image and packages start with.
func TestConfigurationIsValid(t *testing.T) {
	cmd := exec.Command(filepath.Join(root, "bin", "otelcol-sentry"), "validate", "--config", filepath.Join(root, "packaging", "config.yaml"))
	cmd.Env = append(os.Environ(), "SENTRY_DSN=https://public@sentry.example.com/1", "OTELCOL_STATE="+t.TempDir())
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
}
