package stacktrace

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/extension"
	"go.opentelemetry.io/collector/extension/extensiontest"
	"go.opentelemetry.io/collector/featuregate"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/receiver"
	"go.opentelemetry.io/collector/receiver/receivertest"

	"github.com/open-telemetry/opentelemetry-collector-contrib/extension/storage/filestorage"
	"github.com/open-telemetry/opentelemetry-collector-contrib/receiver/filelogreceiver"

	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/stanza/fileconsumer/attrs"

	"github.com/otelcol-sentry/otelcol-sentry/internal/join"
)

const syncGate = "stanza.synchronousLogEmitter"

// synchronous sets the gate with which the receiver hands lines on as they are read, as the distribution does.
func synchronous(t testing.TB) {
	t.Helper()
	require.NoError(t, featuregate.GlobalRegistry().Set(syncGate, true))
	t.Cleanup(func() { require.NoError(t, featuregate.GlobalRegistry().Set(syncGate, false)) })
}

type host struct {
	extensions map[component.ID]component.Component
}

func (h host) GetExtensions() map[component.ID]component.Component { return h.extensions }

// agent is a file_log receiver with its storage.
type agent struct {
	t        testing.TB
	receiver receiver.Logs
	storage  extension.Extension
}

// startAgent starts a receiver over the pattern, with operators in YAML's form and its state in a directory.
func startAgent(t testing.TB, state, pattern string, operators []any, next consumer.Logs) *agent {
	t.Helper()
	ctx := context.Background()
	storeFactory := filestorage.NewFactory()
	storeConfig := storeFactory.CreateDefaultConfig().(*filestorage.Config)
	storeConfig.Directory = state
	store, err := storeFactory.Create(ctx, extensiontest.NewNopSettings(storeFactory.Type()), storeConfig)
	require.NoError(t, err)
	require.NoError(t, store.Start(ctx, componenttest.NewNopHost()))
	storeID := component.NewID(storeFactory.Type())

	factory := filelogreceiver.NewFactory()
	cfg := factory.CreateDefaultConfig()
	require.NoError(t, confmap.NewFromStringMap(map[string]any{
		"include": []any{pattern}, "start_at": "beginning", "poll_interval": "5ms", "include_file_path": true,
		"include_file_record_offset": true, "storage": storeID.String(), "force_flush_period": 0,
		"retry_on_failure": map[string]any{"enabled": true, "initial_interval": "5ms", "max_interval": "20ms", "max_elapsed_time": 0},
		"operators":        operators,
	}).Unmarshal(cfg))
	set := receivertest.NewNopSettings(factory.Type())
	set.ID = component.NewID(factory.Type()) // the storage's key
	r, err := factory.CreateLogs(ctx, set, cfg, next)
	require.NoError(t, err)
	require.NoError(t, r.Start(ctx, host{map[component.ID]component.Component{storeID: store}}))
	return &agent{t: t, receiver: r, storage: store}
}

func (a *agent) stop() {
	a.t.Helper()
	require.NoError(a.t, a.receiver.Shutdown(context.Background()))
	require.NoError(a.t, a.storage.Shutdown(context.Background()))
}

func joiner(options ...any) []any {
	op := map[string]any{"type": Type}
	for i := 0; i < len(options); i += 2 {
		op[options[i].(string)] = options[i+1]
	}
	return []any{op}
}

// inbox takes what the receiver hands on, or refuses it.
type inbox struct {
	mu      sync.Mutex
	records []plog.LogRecord
	uids    []string
	refuse  bool
	refused int
}

func (*inbox) Capabilities() consumer.Capabilities { return consumer.Capabilities{} }

func (b *inbox) ConsumeLogs(_ context.Context, logs plog.Logs) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.refuse {
		b.refused++
		return errors.New("the queue is full")
	}
	for _, rl := range logs.ResourceLogs().All() {
		uid := ""
		if v, ok := rl.Resource().Attributes().Get("k8s.pod.uid"); ok {
			uid = v.Str()
		}
		for _, sl := range rl.ScopeLogs().All() {
			for _, rec := range sl.LogRecords().All() {
				copied := plog.NewLogRecord()
				rec.CopyTo(copied)
				b.records = append(b.records, copied)
				b.uids = append(b.uids, uid)
			}
		}
	}
	return nil
}

func (b *inbox) setRefuse(refuse bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.refuse, b.refused = refuse, 0
}

func (b *inbox) refusals() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.refused
}

func (b *inbox) bodies() (out []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, rec := range b.records {
		out = append(out, rec.Body().Str())
	}
	return out
}

// lines counts the lines in all bodies.
func (b *inbox) lines() (n int) {
	for _, body := range b.bodies() {
		n += 1 + strings.Count(body, "\n")
	}
	return n
}

func podDir(t testing.TB, root string, n int) string {
	t.Helper()
	dir := filepath.Join(root, fmt.Sprintf("shop_cart-%d_ad27715f-eba7-4d09-98d7-%012d", n, n), "app")
	require.NoError(t, os.MkdirAll(dir, 0o700))
	return dir
}

func appendTo(t testing.TB, path string, lines ...string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	require.NoError(t, err)
	_, err = f.WriteString(strings.Join(lines, "\n") + "\n")
	require.NoError(t, err)
	require.NoError(t, f.Close())
}

// criLines frames lines; every so often the runtime cuts one.
func criLines(lines []string, part int) (out []string) {
	for i, l := range lines {
		out = append(out, cri(i, "stdout", strings.TrimRight(l, " \t\r"), part)...)
	}
	return out
}

const wait, tick = 30 * time.Second, 5 * time.Millisecond

// TestReceiverStopsWhileRefused: the receiver moves its offset though the pipeline refuses; the operator keeps what was refused. After
// the restart every line is there, once, in its order.
func TestReceiverStopsWhileRefused(t *testing.T) {
	synchronous(t)
	root, state := t.TempDir(), t.TempDir()
	path := filepath.Join(podDir(t, root, 1), "0.log")
	var lines []string
	for n := range 1000 {
		lines = append(lines, fmt.Sprintf("2026-11-21T10:00:00Z INFO line %d", n))
		if n%50 == 0 {
			lines = append(lines, traceLines...)
		}
	}
	appendTo(t, path, criLines(lines, 0)...)
	in := &inbox{}
	pattern := filepath.Join(root, "*", "*", "*.log")
	for round := 0; in.lines() < len(lines); round++ {
		require.Less(t, round, 100)
		in.setRefuse(true)
		a := startAgent(t, state, pattern, joiner("shutdown_timeout", "20ms", "flush_after", "50ms"), in)
		require.Eventually(t, func() bool { return in.refusals() > 0 }, wait, tick)
		a.stop()
		// Next time it is taken, until it is refused again.
		before := in.lines()
		in.setRefuse(false)
		a = startAgent(t, state, pattern, joiner("shutdown_timeout", "20ms", "flush_after", "50ms"), in)
		require.Eventually(t, func() bool { return in.lines() >= min(len(lines), before+100) }, wait, tick)
		a.stop()
	}
	equalRecords(t, wantOf(t, lines), in.bodies(), "after all restarts")
	assertOffsets(t, in)
}

// wantOf is what the operator alone makes of lines.
func wantOf(t testing.TB, lines []string) []string {
	t.Helper()
	r := open(t, testConfig(), nil)
	r.feed(recordsOf("x.log", lines)...)
	require.NoError(t, r.Stop())
	return r.sink.bodies()
}

// assertOffsets: the records of one file stand in its order, none twice.
func assertOffsets(t testing.TB, in *inbox) {
	t.Helper()
	last := int64(-1)
	for _, rec := range in.records {
		offset, ok := rec.Attributes().Get("log.file.record_offset")
		require.True(t, ok)
		require.Greater(t, offset.Int(), last)
		last = offset.Int()
	}
}

// TestReceiverRotation: a trace that is written while kubelet rotates the file comes whole, whether the pattern takes in what was rotated or
// not.
func TestReceiverRotation(t *testing.T) {
	synchronous(t)
	for name, pattern := range map[string]string{"live files": "*.log", "and rotated ones": "*.log*"} {
		t.Run(name, func(t *testing.T) {
			root, state := t.TempDir(), t.TempDir()
			dir := podDir(t, root, 1)
			path := filepath.Join(dir, "0.log")
			in := &inbox{}
			a := startAgent(t, state, filepath.Join(root, "*", "*", pattern), joiner("flush_after", "300ms"), in)
			appendTo(t, path, criLines([]string{"INFO started", "INFO second"}, 0)...)
			require.Eventually(t, func() bool { return in.lines() > 0 }, wait, tick)
			for n := range 5 {
				trace := append(append([]string{}, traceLines...), fmt.Sprintf("INFO after %d", n))
				frames := criLines(trace, 25)
				cut := 1 + n%(len(frames)-1)
				appendTo(t, path, frames[:cut]...)
				require.NoError(t, os.Rename(path, fmt.Sprintf("%s.20261121-1716%02d", path, n)))
				appendTo(t, path, frames[cut:]...)
				require.Eventually(t, func() bool { return in.lines() >= 1+(n+1)*5 }, wait, tick)
			}
			require.Eventually(t, func() bool { return in.lines() == 27 }, wait, tick)
			a.stop()
			want := []string{"INFO started", "INFO second"}
			for n := range 5 {
				want = append(want, strings.Join(traceLines, "\n"), fmt.Sprintf("INFO after %d", n))
			}
			assert.Equal(t, want, in.bodies())
		})
	}
}

// TestReceiverTrims: a receiver that is not told otherwise cuts off the blanks around a line, and with them what makes a trace of Python or Go
// one. The records are those of the file, but for its blank lines, which never come.
func TestReceiverTrims(t *testing.T) {
	synchronous(t)
	root := t.TempDir()
	want := map[string][]string{}
	lines := 0
	for _, name := range []string{
		"pynode/python-logging-basic-A.log", "pynode/python-loguru-default-A.log", "pynode/node-uncaught-A.log", "multi/go-runtime-goroutine-all.log",
		"multi/go-zap-dev.log", "multi/mix-go-ticker-interrupted.log", "java/logback-default.log", "java/log4j2-jsonlayout.log",
	} {
		path := filepath.Join(root, filepath.Base(name))
		text, err := os.ReadFile(corpus + name)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(path, text, 0o600))
		s := join.NewStream[string](join.Limits{Lines: 5000, Bytes: 1 << 20, HeldLines: 10_000, HeldBytes: 2 << 20})
		for _, line := range corpusLines(t, name) {
			if line = strings.TrimSuffix(line, "\r"); strings.TrimSpace(line) != "" {
				s.Push(line, line, 0)
				lines++
			}
		}
		s.Flush()
		for record, ok := s.Next(); ok; record, ok = s.Next() {
			var text []string
			for _, line := range record {
				text = append(text, line.Value)
			}
			want[path] = append(want[path], strings.Join(text, "\n"))
		}
	}
	in := &inbox{}
	a := startAgent(t, t.TempDir(), filepath.Join(root, "*.log"), joiner("format", "none", "flush_after", "300ms"), in)
	require.Eventually(t, func() bool { return in.lines() >= lines }, wait, tick)
	a.stop()
	got := map[string][]string{}
	for _, rec := range in.records {
		path, _ := rec.Attributes().Get(attrs.LogFilePath)
		got[path.Str()] = append(got[path.Str()], rec.Body().Str())
	}
	for path := range want {
		equalRecords(t, want[path], got[path], filepath.Base(path))
	}
}

// TestReceiverCopyTruncate: a trace whose file is copied and truncated in its middle comes whole.
func TestReceiverCopyTruncate(t *testing.T) {
	synchronous(t)
	for name, pattern := range map[string]string{"live files": "*.log", "and rotated ones": "*.log*"} {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			path := filepath.Join(root, "app.log")
			in := &inbox{}
			a := startAgent(t, t.TempDir(), filepath.Join(root, pattern), joiner("format", "none", "flush_after", "500ms"), in)
			appendTo(t, path, "INFO started", "INFO second")
			want := []string{"INFO started", "INFO second"}
			for n := range 2 {
				begin, message := fmt.Sprintf("ERROR failed %d", n), fmt.Sprintf("shop.CartException: no stock of %d", n)
				appendTo(t, path, fmt.Sprintf("INFO before %d", n), begin, message)
				require.Eventually(t, func() bool { return in.lines() == 2+n*6+1 }, wait, tick, "what comes before the trace is out, so that has been read")
				text, err := os.ReadFile(path)
				require.NoError(t, err)
				require.NoError(t, os.WriteFile(fmt.Sprintf("%s.%d", path, n+1), text, 0o600))
				require.NoError(t, os.Truncate(path, 0))
				appendTo(t, path, traceLines[2], traceLines[3], fmt.Sprintf("INFO after %d", n))
				require.Eventually(t, func() bool { return in.lines() == 2+(n+1)*6 }, wait, tick)
				want = append(want, fmt.Sprintf("INFO before %d", n), strings.Join([]string{begin, message, traceLines[2], traceLines[3]}, "\n"), fmt.Sprintf("INFO after %d", n))
			}
			a.stop()
			assert.Equal(t, want, in.bodies())
		})
	}
}

// TestReceiverRotatedWhileAway: both files have much that was not read, and a trace stands in both.
func TestReceiverRotatedWhileAway(t *testing.T) {
	synchronous(t)
	root := t.TempDir()
	live, rotated := filepath.Join(podDir(t, root, 1), "0.log"), filepath.Join(podDir(t, root, 1), "0.log.20261121-171634")
	var old, fresh []string
	for n := range 5000 {
		old = append(old, fmt.Sprintf("INFO old %d", n))
		fresh = append(fresh, fmt.Sprintf("INFO fresh %d", n))
	}
	appendTo(t, rotated, criLines(append(slices.Clone(old), traceLines[:2]...), 0)...)
	appendTo(t, live, criLines(append(slices.Clone(traceLines[2:]), fresh...), 0)...)
	in := &inbox{}
	a := startAgent(t, t.TempDir(), filepath.Join(root, "*", "*", "*.log*"), joiner(), in)
	want := append(append(old, strings.Join(traceLines, "\n")), fresh...)
	require.Eventually(t, func() bool { return in.lines() == len(want)+3 }, wait, tick)
	a.stop()
	equalRecords(t, want, in.bodies(), "")
}
