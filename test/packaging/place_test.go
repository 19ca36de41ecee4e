package packaging

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentrytest"
	"github.com/otelcol-sentry/otelcol-sentry/test/distribution"
)

const (
	root     = "../.."
	patience = 60 * time.Second
	tick     = 50 * time.Millisecond
)

// built is a file that `make image-tar snapshot` made.
func built(t testing.TB, pattern string) string {
	dist := os.Getenv("DIST")
	if dist == "" {
		t.Skip("nothing is built here: make test-packages")
	}
	files, err := filepath.Glob(filepath.Join(dist, pattern))
	require.NoError(t, err)
	require.Len(t, files, 1, "%s in %s", pattern, dist)
	return files[0]
}

// place is a root file system that nobody can write to but for one folder, as a container's with readOnlyRootFilesystem. What runs in it is user
// 10001 of group 0, has no capability and cannot get one.
type place struct {
	t     testing.TB
	files string
	state string // its /var/lib/otelcol-sentry
	ip    string
	said  *distribution.Output
}

func newPlace(t testing.TB, files string) *place {
	if os.Geteuid() != 0 {
		t.Skip("SKIPPED: only root can make a place as a container's")
	}
	for _, tool := range []string{"unshare", "mount", "chroot", "setpriv"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip("SKIPPED: there is no " + tool)
		}
	}
	p := &place{t: t, files: files, state: t.TempDir(), said: &distribution.Output{}}
	p.ip = fmt.Sprintf("127.%d.%d.%d", 1+rand.IntN(254), rand.IntN(255), 2+rand.IntN(250))
	for _, folder := range []string{"proc", "var/lib/otelcol-sentry"} {
		require.NoError(t, os.MkdirAll(filepath.Join(files, folder), 0o755))
	}
	require.NoError(t, os.Chown(p.state, 10001, 0))
	require.NoError(t, os.Chmod(p.state, 0o700))
	return p
}

// enter is what the namespace of the place begins with. A process that changes from root to another user has no capability left.
const enter = `
mount --bind "$FILES" "$FILES"
mount --bind /proc "$FILES/proc"
mount --bind "$STATE" "$FILES/var/lib/otelcol-sentry"
mount -o remount,bind,ro "$FILES"
mount -o remount,bind,nosuid "$FILES/var/lib/otelcol-sentry"
cd "$FILES"
exec setpriv --no-new-privs chroot --userspec=10001:0 --groups= . "$@"
`

// run starts a command in the place; it is stopped when the test ends.
func (p *place) run(env []string, command ...string) {
	args := append([]string{"--mount", "--propagation", "private", "bash", "-euc", enter, "enter"}, command...)
	cmd := exec.Command("unshare", args...)
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "FILES=" + p.files, "STATE=" + p.state}, env...)
	cmd.Stdout, cmd.Stderr = p.said, p.said
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	require.NoError(p.t, cmd.Start())
	p.t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM) // it may have exited
		_ = cmd.Wait()                          // how it ended is the test's business
	})
}

// sendsAnEvent sends an error and waits until Sentry has it.
func (p *place) sendsAnEvent(fake *sentrytest.Fake) {
	const record = `{"resourceLogs":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"cart"}}]},` +
		`"scopeLogs":[{"logRecords":[{"severityNumber":17,"body":{"stringValue":"no stock left"}}]}]}]}`
	require.Eventually(p.t, func() bool {
		resp, err := http.Post("http://"+p.ip+":4318/v1/logs", "application/json", strings.NewReader(record))
		if err != nil {
			return false
		}
		defer resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	}, patience, tick, "%v", p.said)
	require.Eventually(p.t, func() bool { return len(fake.Accepted("event")) == 1 }, patience, tick, "%v", p.said)
	assert.DirExists(p.t, filepath.Join(p.state, "queues"), "what waits is on disk")
	resp, err := http.Get("http://" + p.ip + ":13133/health/status")
	require.NoError(p.t, err)
	defer resp.Body.Close()
	assert.Equal(p.t, http.StatusOK, resp.StatusCode)
}
