package packaging

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentrytest"
)

// unpacked is what is in the deb.
func unpacked(t testing.TB) string {
	file := built(t, "*.deb")
	if _, err := exec.LookPath("dpkg-deb"); err != nil {
		t.Skip("SKIPPED: there is no dpkg-deb")
	}
	folder := filepath.Join(t.TempDir(), "root")
	out, err := exec.Command("dpkg-deb", "-x", file, folder).CombinedOutput()
	require.NoError(t, err, string(out))
	return folder
}

// unit is the service's file: its settings, in order.
func unit(t testing.TB, folder string) map[string][]string {
	text, err := os.ReadFile(filepath.Join(folder, "usr/lib/systemd/system/otelcol-sentry.service"))
	require.NoError(t, err)
	out := map[string][]string{}
	for line := range strings.Lines(string(text)) {
		if key, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok && !strings.HasPrefix(line, "#") {
			out[key] = append(out[key], value)
		}
	}
	return out
}

// TestDebRuns starts what the unit starts, with the environment of its file, where the rest of the system cannot be written to.
func TestDebRuns(t *testing.T) {
	folder := unpacked(t)
	p := newPlace(t, folder)
	fake := sentrytest.Start(t)
	settings := unit(t, folder)
	env := []string{"SENTRY_DSN=" + fake.DSN("7"), "OTELCOL_LISTEN=" + p.ip}
	env = append(env, settings["Environment"]...)
	require.Len(t, settings["ExecStart"], 1)
	// The file that is shipped sets no more arguments.
	require.Contains(t, environment(t, folder), "OTELCOL_OPTIONS=")
	p.run(env, strings.Fields(strings.ReplaceAll(settings["ExecStart"][0], "$OTELCOL_OPTIONS", ""))...)
	p.sendsAnEvent(fake)
}

// environment is what the shipped EnvironmentFile sets.
func environment(t testing.TB, folder string) (out []string) {
	text, err := os.ReadFile(filepath.Join(folder, unit(t, folder)["EnvironmentFile"][0]))
	require.NoError(t, err)
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			out = append(out, line)
		}
	}
	return out
}

// TestDebSaysWhatIsMissing: as it is shipped, without a DSN, it does not start, and says why.
func TestDebSaysWhatIsMissing(t *testing.T) {
	folder := unpacked(t)
	p := newPlace(t, folder)
	p.run(append(environment(t, folder), "OTELCOL_LISTEN="+p.ip), "/usr/bin/otelcol-sentry", "--config=/etc/otelcol-sentry/config.yaml")
	require.Eventually(t, func() bool { return strings.Contains(p.said.String(), "'dsn'") }, patience, tick, "%v", p.said)
}

// TestDebKeepsSecrets: what holds the DSN is root's alone, and an upgrade leaves both configuration files as they are.
func TestDebKeepsSecrets(t *testing.T) {
	folder := unpacked(t)
	info, err := os.Stat(filepath.Join(folder, "etc/otelcol-sentry/otelcol-sentry.env"))
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	out, err := exec.Command("dpkg-deb", "--info", built(t, "*.deb"), "conffiles").CombinedOutput()
	require.NoError(t, err, string(out))
	assert.ElementsMatch(t, []string{"/etc/otelcol-sentry/config.yaml", "/etc/otelcol-sentry/otelcol-sentry.env"}, strings.Fields(string(out)))
}

// TestUnit: systemd reads every line of it, and finds it well shut in.
func TestUnit(t *testing.T) {
	folder := unpacked(t)
	if _, err := exec.LookPath("systemd-analyze"); err != nil {
		t.Skip("SKIPPED: there is no systemd-analyze")
	}
	const name = "/usr/lib/systemd/system/otelcol-sentry.service"
	file := filepath.Join(folder, name)
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	// Where it will be is not where it is.
	text = []byte(strings.ReplaceAll(string(text), "=/usr/bin/", "="+folder+"/usr/bin/"))
	require.NoError(t, os.WriteFile(file, text, 0o600))
	out, err := exec.Command("systemd-analyze", "verify", "--man=no", file).CombinedOutput()
	require.NoError(t, err, string(out))
	assert.NotContains(t, string(out), "otelcol-sentry.service:")
	out, err = exec.Command("systemd-analyze", "security", "--offline=yes", "--threshold=25", file).CombinedOutput()
	require.NoError(t, err, "more exposed than 2.5 of 10: %s", out)
}
