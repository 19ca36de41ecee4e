package binary

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-sentry/otelcol-sentry/test/distribution"
)

// root is the root of the repository.
const root = "../.."

// patience bounds how long a failing test waits.
const patience = 60 * time.Second

// collector is a running otelcol-sentry.
type collector struct {
	t      testing.TB
	cmd    *exec.Cmd
	exited chan struct{}
	err    error

	output distribution.Output
}

// Output is all it has written so far.
func (c *collector) Output() string { return c.output.String() }

// launch starts the binary with a configuration; the test's end stops it.
func launch(t testing.TB, config string, env ...string) *collector {
	file := filepath.Join(t.TempDir(), "config.yaml")
	require.NoError(t, os.WriteFile(file, []byte(config), 0o600))
	return launchFile(t, file, env...)
}

func launchFile(t testing.TB, file string, env ...string) *collector {
	c := &collector{t: t, exited: make(chan struct{})}
	c.cmd = exec.Command(distribution.Path(t), "--config", file)
	c.cmd.Env = append(os.Environ(), env...)
	c.cmd.Dir = root
	c.cmd.Stdout, c.cmd.Stderr = &c.output, &c.output
	require.NoError(t, c.cmd.Start())
	go func() {
		c.err = c.cmd.Wait()
		close(c.exited)
	}()
	t.Cleanup(c.stop)
	return c
}

// stop ends it as Kubernetes would and waits.
func (c *collector) stop() {
	_ = c.cmd.Process.Signal(syscall.SIGTERM) // it may have exited
	select {
	case <-c.exited:
	case <-time.After(patience):
		_ = c.cmd.Process.Kill()
		<-c.exited
		c.t.Error("the collector did not stop")
	}
	if c.t.Failed() {
		c.t.Log(c.Output())
	}
}

// wait waits until it exits by itself, and gives the exit code.
func (c *collector) wait() int {
	select {
	case <-c.exited:
		return c.cmd.ProcessState.ExitCode()
	case <-time.After(patience):
		require.Fail(c.t, "the collector did not exit", c.Output())
		return 0
	}
}

// listening waits until something accepts connections on the address.
func (c *collector) listening(address string) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var dialer net.Dialer
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		conn, err := dialer.DialContext(ctx, "tcp", address)
		if err == nil {
			_ = conn.Close()
			return
		}
		select {
		case <-tick.C:
		case <-c.exited:
			require.Fail(c.t, "the collector exited", c.Output())
		case <-ctx.Done():
			require.Fail(c.t, "nothing listens on "+address, c.Output())
		}
	}
}

// freeAddress is an address on loopback on which nothing listens.
func freeAddress(t testing.TB) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	return l.Addr().String()
}

// pipeline is a configuration with OTLP receivers, file logs and the sentry exporter.
type pipeline struct {
	grpc, http string
	dsn        string
	logs       string // pattern of log files; "" none
	exporter   string // more keys of the exporter, indented by four blanks
	segments   string // configuration of sentry_segment, in flow style; "": traces go without it
}

func (p pipeline) yaml() string {
	files, receivers := "", "[otlp]"
	if p.logs != "" {
		receivers = "[otlp, file_log]"
		files = fmt.Sprintf(`
  file_log:
    include: [%q]
    start_at: beginning
    include_file_path: true
    include_file_record_offset: true
    multiline:
      line_start_pattern: '^\d{4}-\d\d-\d\d'
    resource:
      service.name: from-files`, p.logs)
	}
	processors := "[sentry_segment]"
	if p.segments == "" {
		processors = "[]"
	}
	return strings.NewReplacer("$SEGMENTS", cmp.Or(p.segments, "{}"), "$PROCESSORS", processors, "$GRPC", p.grpc, "$HTTP", p.http, "$DSN", p.dsn, "$EXPORTER", p.exporter, "$FILES", files, "$RECEIVERS", receivers).Replace(`
receivers:
  otlp:
    protocols:
      grpc: {endpoint: $GRPC}
      http: {endpoint: $HTTP}$FILES
processors:
  sentry_segment: $SEGMENTS
exporters:
  sentry:
    dsn: $DSN
$EXPORTER
service:
  telemetry:
    metrics: {level: none}
  pipelines:
    logs:
      receivers: $RECEIVERS
      exporters: [sentry]
    traces:
      receivers: [otlp]
      processors: $PROCESSORS
      exporters: [sentry]
`)
}
