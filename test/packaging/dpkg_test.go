package packaging

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// machine is a folder that dpkg takes for a machine with systemd. Its systemctl writes down what it is asked.
type machine struct {
	t      testing.TB
	folder string
	asked  string // a file
}

func newMachine(t testing.TB) *machine {
	if _, err := exec.LookPath("dpkg"); err != nil {
		t.Skip("SKIPPED: there is no dpkg")
	}
	m := &machine{t: t, folder: filepath.Join(t.TempDir(), "root")}
	m.asked = filepath.Join(m.folder, "asked")
	for _, folder := range []string{"var/lib/dpkg/info", "var/lib/dpkg/updates", "run/systemd/system", "var/lib/private/otelcol-sentry/queues", "tools"} {
		require.NoError(t, os.MkdirAll(filepath.Join(m.folder, folder), 0o755))
	}
	m.write("var/lib/dpkg/status", "")
	m.write("tools/systemctl", "#!/bin/sh\necho \"$@\" >>"+m.asked+"\n")
	require.NoError(t, os.Chmod(filepath.Join(m.folder, "tools/systemctl"), 0o755))
	return m
}

func (m *machine) write(name, text string) {
	require.NoError(m.t, os.WriteFile(filepath.Join(m.folder, name), []byte(text), 0o600))
}

// dpkg runs dpkg, and gives what it printed and what systemctl was asked.
func (m *machine) dpkg(args ...string) (said string, asked []string) {
	cmd := exec.Command("dpkg", append([]string{
		"--root=" + m.folder, "--force-script-chrootless", "--force-not-root", "--force-architecture", "--force-confold", "--log=/dev/null",
	}, args...)...)
	cmd.Env = append(os.Environ(), "PATH="+filepath.Join(m.folder, "tools")+":"+os.Getenv("PATH"), "DEBIAN_FRONTEND=noninteractive")
	out, err := cmd.CombinedOutput()
	require.NoError(m.t, err, string(out))
	text, err := os.ReadFile(m.asked)
	if !os.IsNotExist(err) {
		require.NoError(m.t, err)
	}
	require.NoError(m.t, os.RemoveAll(m.asked))
	return string(out), strings.FieldsFunc(string(text), func(r rune) bool { return r == '\n' })
}

// TestDebLife: dpkg installs it, upgrades it, removes and purges it.
func TestDebLife(t *testing.T) {
	deb := built(t, "*.deb")
	m := newMachine(t)
	const env, queues = "etc/otelcol-sentry/otelcol-sentry.env", "var/lib/private/otelcol-sentry/queues"
	said, asked := m.dpkg("--install", deb)
	assert.Contains(t, said, "Set SENTRY_DSN in /etc/otelcol-sentry/otelcol-sentry.env, then: systemctl enable --now otelcol-sentry")
	assert.Equal(t, []string{"daemon-reload", "try-restart otelcol-sentry.service"}, asked, "nothing is started without a DSN")
	assert.FileExists(t, filepath.Join(m.folder, "usr/bin/otelcol-sentry"))

	m.write(env, "SENTRY_DSN=https://public@sentry.example.com/1\n")
	said, asked = m.dpkg("--install", deb)
	assert.NotContains(t, said, "Set SENTRY_DSN")
	assert.Equal(t, []string{"daemon-reload", "daemon-reload", "try-restart otelcol-sentry.service"}, asked, "a service that runs is not stopped")
	text, err := os.ReadFile(filepath.Join(m.folder, env))
	require.NoError(t, err)
	assert.Contains(t, string(text), "public@", "an upgrade keeps the configuration")

	_, asked = m.dpkg("--remove", "otelcol-sentry")
	assert.Equal(t, []string{"disable --now otelcol-sentry.service", "daemon-reload"}, asked)
	assert.FileExists(t, filepath.Join(m.folder, env))
	assert.DirExists(t, filepath.Join(m.folder, queues), "what waits is kept")

	m.dpkg("--purge", "otelcol-sentry")
	assert.NoFileExists(t, filepath.Join(m.folder, env))
	assert.NoDirExists(t, filepath.Join(m.folder, queues))
}
