package kubernetes

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the configurations into the operator's resources")

const configKey = "\n  config:\n"

// TestOperatorResourcesHoldTheConfigs: spec.config of configs/operator/X.yaml is configs/X.yaml, with its comments.
func TestOperatorResourcesHoldTheConfigs(t *testing.T) {
	for _, name := range []string{"agent", "gateway", "sidecar"} {
		t.Run(name, func(t *testing.T) {
			config, err := os.ReadFile(filepath.Join(root, "configs", name+".yaml"))
			require.NoError(t, err)
			file := filepath.Join(root, "configs", "operator", name+".yaml")
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			head, _, ok := strings.Cut(string(text), configKey)
			require.True(t, ok)
			want := head + configKey + indent(string(config))
			if *update {
				require.NoError(t, os.WriteFile(file, []byte(want), 0o600))
				return
			}
			assert.Equal(t, want, string(text), "go test ./test/kubernetes -run OperatorResources -update")
		})
	}
}

func indent(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		if line != "\n" {
			b.WriteString("    ")
		}
		b.WriteString(line)
	}
	return b.String()
}
