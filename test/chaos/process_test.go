//go:build linux

package chaos

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// patience bounds how long a failing test waits; a long run leaves backlogs of a gigabyte.
var patience = lasting(90*time.Second, 15*time.Minute)

// config of the binary. The zero value is the exporter as it is by default, with Sentry Logs.
type config struct {
	dsn      string
	storage  string // directory of the queues; "": in memory
	compact  bool   // the files shrink while they are used
	exporter string // more keys of the exporter, indented by four blanks
	queue    string // more keys of sending_queue, in flow style
	retry    string // retry_on_failure in flow style; "": short pauses
	noLogs   bool   // without Sentry Logs
}

// defaultRetry leaves retry_on_failure as it is.
const defaultRetry = "{}"

const shortRetry = "{initial_interval: 100ms, max_interval: 1s}"

func (c config) yaml(grpc, metrics, health string) string {
	_, metricsPort, _ := net.SplitHostPort(metrics)
	storage, extensions, queue := "", "[healthcheckv2]", c.queue
	if c.storage != "" {
		queue = strings.TrimPrefix(queue+", storage: file_storage", ", ")
		extensions = "[healthcheckv2, file_storage]"
		compaction := ""
		if c.compact {
			compaction = fmt.Sprintf(`, compaction: {on_start: true, on_rebound: true, directory: %q, rebound_needed_threshold_mib: 1, `+
				`rebound_trigger_threshold_mib: 1, check_interval: 200ms}`, c.storage)
		}
		storage = fmt.Sprintf(`
  file_storage: {directory: %q, create_directory: true, directory_permissions: "0700", recreate: true%s}`, c.storage, compaction)
	}
	retry := c.retry
	if retry == "" {
		retry = shortRetry
	}
	return fmt.Sprintf(`
extensions:
  healthcheckv2:
    use_v2: true
    component_health: {include_recoverable_errors: true, recovery_duration: 1h}
    http: {endpoint: %q, status: {enabled: true, path: /status}}%s
receivers:
  otlp:
    protocols:
      grpc: {endpoint: %q}
exporters:
  sentry:
    dsn: %q
    logs: {enabled: %t}
    sending_queue: {%s}
    retry_on_failure: %s
%s
service:
  extensions: %s
  telemetry:
    metrics:
      readers: [{pull: {exporter: {prometheus: {host: 127.0.0.1, port: %s}}}}]
  pipelines:
    logs: {receivers: [otlp], exporters: [sentry]}
    traces: {receivers: [otlp], exporters: [sentry]}
`, health, storage, grpc, c.dsn, !c.noLogs, queue, retry, c.exporter, extensions, metricsPort)
}

// collector is the binary with one configuration, which may die and be started again.
type collector struct {
	t       testing.TB
	config  config
	file    string // configuration
	grpc    string
	metrics string
	health  string
	wrap    []string // a command to run the binary with

	log    *os.File
	cmd    *exec.Cmd
	exited chan struct{}

	peakAnon, peakRSS atomic.Int64 // KiB, over all processes
}

// newCollector prepares one; the test's end kills it.
func newCollector(t testing.TB, cfg config) *collector {
	dir := t.TempDir()
	c := &collector{t: t, config: cfg, file: filepath.Join(dir, "config.yaml"), grpc: freeAddress(t), metrics: freeAddress(t), health: freeAddress(t)}
	var err error
	c.log, err = os.Create(filepath.Join(dir, "log"))
	require.NoError(t, err)
	t.Cleanup(func() {
		c.kill()
		_ = c.log.Close()
	})
	return c
}

// freeAddress is an address on loopback on which nothing listens, outside the range from which connections get their ports: it must
// still be free when the binary is started again.
func freeAddress(t testing.TB) string {
	for range 1000 {
		address := fmt.Sprintf("127.0.0.1:%d", 10_000+rand.IntN(20_000))
		if l, err := net.Listen("tcp", address); err == nil {
			require.NoError(t, l.Close())
			return address
		}
	}
	require.Fail(t, "no port is free")
	return ""
}

// start starts the binary and waits until it takes OTLP.
func (c *collector) start() {
	c.spawn()
	c.listening()
}

// spawn starts the binary.
func (c *collector) spawn() {
	require.NoError(c.t, os.WriteFile(c.file, []byte(c.config.yaml(c.grpc, c.metrics, c.health)), 0o600))
	args := append(slices.Clone(c.wrap), binaryPath, "--config", c.file)
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stdout, cmd.Stderr = c.log, c.log
	require.NoError(c.t, cmd.Start())
	exited := make(chan struct{})
	go func() {
		_ = cmd.Wait() // whoever waits asks the state
		close(exited)
	}()
	c.cmd, c.exited = cmd, exited
	go c.watch(cmd.Process.Pid, exited)
}

func (c *collector) listening() {
	deadline := time.After(patience)
	for {
		if conn, err := net.DialTimeout("tcp", c.grpc, time.Second); err == nil {
			_ = conn.Close()
			return
		}
		select {
		case <-c.exited:
			require.Fail(c.t, "the binary exited", c.said())
		case <-deadline:
			require.Fail(c.t, "the binary does not listen", c.said())
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// kill is kill -9.
func (c *collector) kill() {
	if c.cmd == nil {
		return
	}
	_ = c.cmd.Process.Kill() // it may have exited
	<-c.exited
}

// terminate is what Kubernetes does; it gives the exit code and how long it took.
func (c *collector) terminate() (int, time.Duration) {
	begin := time.Now()
	_ = c.cmd.Process.Signal(syscall.SIGTERM) // it may have exited
	select {
	case <-c.exited:
	case <-time.After(patience):
		c.t.Errorf("the binary does not stop\n%s", c.said())
		c.kill()
	}
	return c.cmd.ProcessState.ExitCode(), time.Since(begin)
}

// said is all it has written.
func (c *collector) said() string {
	text, _ := os.ReadFile(c.log.Name()) // what cannot be read is not said
	return string(text)
}

// watch keeps the peaks of a process's memory.
func (c *collector) watch(pid int, exited <-chan struct{}) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid)) // it may be gone
		raise(&c.peakAnon, kib(string(text), "RssAnon:"))
		raise(&c.peakRSS, kib(string(text), "VmHWM:"))
		select {
		case <-tick.C:
		case <-exited:
			return
		}
	}
}

func raise(peak *atomic.Int64, to int64) {
	for now := peak.Load(); to > now && !peak.CompareAndSwap(now, to); now = peak.Load() {
	}
}

func kib(status, name string) int64 {
	_, rest, _ := strings.Cut(status, name)
	fields := strings.Fields(rest)
	if len(fields) == 0 {
		return 0
	}
	n, _ := strconv.ParseInt(fields[0], 10, 64)
	return n
}

// sample is one value of the binary's own metrics.
type sample struct {
	name   string
	labels map[string]string
	value  float64
}

var sampleLine = regexp.MustCompile(`^(\w+)(?:\{(.*)\})? (\S+)$`)

var sampleLabel = regexp.MustCompile(`(\w+)="([^"]*)"`)

// scrape reads the binary's metrics.
func (c *collector) scrape() ([]sample, error) {
	text, err := get("http://" + c.metrics + "/metrics")
	if err != nil {
		return nil, err
	}
	return parseSamples(strings.NewReader(text))
}

// status is what the binary says about its health: the components of the pipelines, verbosely.
func (c *collector) status() string {
	text, _ := get("http://" + c.health + "/status?verbose") // nothing is no status
	return text
}

func get(url string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return string(text), err
}

func parseSamples(r io.Reader) ([]sample, error) {
	var out []sample
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		m := sampleLine.FindStringSubmatch(lines.Text())
		if m == nil {
			continue
		}
		s := sample{name: m[1], labels: make(map[string]string)}
		for _, label := range sampleLabel.FindAllStringSubmatch(m[2], -1) {
			s.labels[label[1]] = label[2]
		}
		s.value, _ = strconv.ParseFloat(m[3], 64)
		out = append(out, s)
	}
	return out, lines.Err()
}

// total adds up a metric over the labels that are given ("name", "value", ...).
func total(samples []sample, name string, labels ...string) int {
	sum := 0.0
next:
	for _, s := range samples {
		if s.name != name {
			continue
		}
		for i := 0; i < len(labels); i += 2 {
			if s.labels[labels[i]] != labels[i+1] {
				continue next
			}
		}
		sum += s.value
	}
	return int(sum)
}
