package kubernetes

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-sentry/otelcol-sentry/test/distribution"
)

// shipped are the configurations as they are meant to be started.
var shipped = map[string][]string{
	"agent":                      {"agent.yaml"},
	"agent, spans to gateways":   {"agent.yaml", "agent-spans-to-gateway.yaml"},
	"agent, all to gateways":     {"agent.yaml", "agent-all-to-gateway.yaml"},
	"gateway":                    {"gateway.yaml"},
	"gateway with TLS":           {"gateway.yaml", "gateway-tls.yaml"},
	"gateways that share traces": {"gateway.yaml", "gateway-replicas.yaml"},
	"sidecar":                    {"sidecar.yaml"},
}

// TestConfigsAreValid: the built binary takes every configuration that is shipped; `validate` builds its pipelines, too.
func TestConfigsAreValid(t *testing.T) {
	inUse := map[string]bool{}
	for name, files := range shipped {
		t.Run(name, func(t *testing.T) {
			args := []string{"validate"}
			for _, file := range files {
				args = append(args, "--config", "configs/"+file)
			}
			cmd := exec.Command(distribution.Path(t), args...)
			cmd.Dir = root
			state := t.TempDir()
			cmd.Env = append(os.Environ(), "K8S_AUTH_TYPE=kubeConfig", "K8S_NODE_NAME=node", "AGENT_STATE="+state, "GATEWAY_STATE="+state, "SIDECAR_STATE="+state)
			if !strings.Contains(name, "all to gateways") {
				cmd.Env = append(cmd.Env, "SENTRY_DSN=http://key@localhost/1")
			}
			out, err := cmd.CombinedOutput()
			assert.NoError(t, err, "%s", out)
		})
		for _, file := range files {
			inUse[filepath.Join(root, "configs", file)] = true
		}
	}
	all, err := filepath.Glob(filepath.Join(root, "configs", "*.yaml"))
	require.NoError(t, err)
	for _, file := range all {
		assert.True(t, inUse[file] || strings.HasSuffix(file, "quickstart.yaml"), "%s is not tested", file)
	}
}

// TestOwn: the init container gives the state's directory to the agent's user, also when it is not the first to do it.
func TestOwn(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	require.NoError(t, os.Mkdir(dir, 0o755))
	for range 2 {
		out, err := exec.Command(distribution.Path(t), "own", dir).CombinedOutput()
		if os.Geteuid() != 0 {
			require.Error(t, err)
			assert.Contains(t, string(out), "operation not permitted")
			return
		}
		require.NoError(t, err, "%s", out)
	}
	info, err := os.Stat(dir)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o700), info.Mode().Perm())
	uid, gid := ownerOf(info)
	assert.EqualValues(t, 10001, uid)
	assert.EqualValues(t, 0, gid)
}

func ownerOf(info os.FileInfo) (uid, gid uint32) {
	stat := info.Sys().(*syscall.Stat_t)
	return stat.Uid, stat.Gid
}
