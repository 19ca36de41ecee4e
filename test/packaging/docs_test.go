package packaging

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestDocumentedConfigurationsAreValid: each block of the guides is one that the binary takes beside the configuration of the packages.
func TestDocumentedConfigurationsAreValid(t *testing.T) {
	for _, file := range []string{"docs/configuration.md", "docs/migration.md"} {
		text, err := os.ReadFile(filepath.Join(root, file))
		require.NoError(t, err)
		blocks := regexp.MustCompile("(?ms)^```yaml\n(.*?)^```$").FindAllStringSubmatch(string(text), -1)
		require.NotEmpty(t, blocks)
		for i, block := range blocks {
			t.Run(fmt.Sprintf("%s/%d", filepath.Base(file), i), func(t *testing.T) {
				cmd := exec.Command(filepath.Join(root, "bin", "otelcol-sentry"), "validate",
					"--config", filepath.Join(root, "packaging", "config.yaml"), "--config", "yaml:"+block[1])
				cmd.Env = append(os.Environ(), "OTELCOL_STATE="+t.TempDir(), "SENTRY_DSN=https://public@sentry.example.com/1",
					"SENTRY_DSN_CHECKOUT=https://public@sentry.example.com/2", "SENTRY_DSN_SEARCH=https://public@sentry.example.com/3")
				out, err := cmd.CombinedOutput()
				require.NoError(t, err, "%s\n%s", block[1], out)
			})
		}
	}
}

// TestLinksLeadSomewhere: what the guides link to in this repository is there.
func TestLinksLeadSomewhere(t *testing.T) {
	for _, file := range []string{"README.md", "SECURITY.md", "CHANGELOG.md", "docs/configuration.md", "docs/migration.md", "charts/otelcol-sentry/README.md"} {
		text, err := os.ReadFile(filepath.Join(root, file))
		require.NoError(t, err)
		for _, link := range regexp.MustCompile(`\]\(([^):#]+)(#[^)]*)?\)`).FindAllStringSubmatch(string(text), -1) {
			_, err := os.Stat(filepath.Join(root, filepath.Dir(file), link[1]))
			assert.NoError(t, err, "%s links to %s", file, link[1])
		}
	}
}
