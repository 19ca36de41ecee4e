package stacktrace

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/extension/xextension/storage"
	"go.uber.org/goleak"
	"go.uber.org/zap"

	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/stanza/entry"
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/stanza/fileconsumer/attrs"
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/stanza/operator"

	"github.com/otelcol-sentry/otelcol-sentry/internal/clock/clocktest"
	"github.com/otelcol-sentry/otelcol-sentry/internal/storagetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const corpus = "../../testdata/corpus/logs/"

// sink is the pipeline behind the operator.
type sink struct {
	mu      sync.Mutex
	got     []*entry.Entry
	refuses bool // blocks until the write's time is over, as a full queue does
	blocked chan struct{}
}

func (*sink) ID() string                           { return "sink" }
func (*sink) Type() string                         { return "sink" }
func (*sink) Start(operator.Persister) error       { return nil }
func (*sink) Stop() error                          { return nil }
func (*sink) CanOutput() bool                      { return false }
func (*sink) Outputs() []operator.Operator         { return nil }
func (*sink) GetOutputIDs() []string               { return nil }
func (*sink) SetOutputs([]operator.Operator) error { return nil }
func (*sink) SetOutputIDs([]string)                {}
func (*sink) CanProcess() bool                     { return true }
func (*sink) Logger() *zap.Logger                  { return zap.NewNop() }

func (s *sink) Process(ctx context.Context, e *entry.Entry) error {
	return s.ProcessBatch(ctx, []*entry.Entry{e})
}

// ProcessBatch copies the entries and gives them back to the pool with nothing left in them, as the receiver's emitter does.
func (s *sink) ProcessBatch(ctx context.Context, entries []*entry.Entry) error {
	s.mu.Lock()
	refuses := s.refuses
	if !refuses {
		for _, e := range entries {
			d := decoder{buf: appendEntry(nil, e)}
			s.got = append(s.got, d.entry())
		}
	}
	s.mu.Unlock()
	for _, e := range entries {
		clear(e.Attributes)
		*e = entry.Entry{Body: "used again"}
		entry.Put(e)
	}
	if refuses {
		if s.blocked != nil {
			s.blocked <- struct{}{}
		}
		<-ctx.Done()
	}
	return nil
}

func (s *sink) take() []*entry.Entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	got := s.got
	s.got = nil
	return got
}

func (s *sink) bodies() (out []string) {
	for _, e := range s.take() {
		out = append(out, fmt.Sprint(e.Body))
	}
	return out
}

// rig is an operator with its surroundings.
type rig struct {
	*Operator
	t     testing.TB
	clock *clocktest.Hand
	sink  *sink
	store *storagetest.Storage
}

func testConfig() *Config {
	c := NewConfig()
	c.OutputIDs = []string{"sink"}
	c.ShutdownTimeout = 50 * time.Millisecond
	return c
}

// open starts an operator on a storage; nil: none.
func open(t testing.TB, cfg *Config, store *storagetest.Storage) *rig {
	t.Helper()
	require.NoError(t, cfg.Validate())
	writer, err := cfg.WriterConfig.Build(componenttest.NewNopTelemetrySettings())
	require.NoError(t, err)
	r := &rig{t: t, clock: clocktest.New(), sink: &sink{}, store: store}
	r.Operator = newOperator(cfg, writer, r.clock)
	require.NoError(t, r.SetOutputs([]operator.Operator{r.sink}))
	var p operator.Persister = storage.NewNopClient()
	if store != nil {
		p = store.Client()
	}
	require.NoError(t, r.Start(p))
	return r
}

// kill ends the operator as a kill does: nothing is flushed or saved.
func (r *rig) kill() {
	close(r.Operator.stop)
	r.wg.Wait()
	r.refuse()
}

// record is a line as the receiver makes it of a file.
func record(path string, offset int64, line string) *entry.Entry {
	e := entry.New()
	e.ObservedTimestamp = time.Unix(1, 0).UTC()
	e.Body = line
	e.Attributes = map[string]any{attrs.LogFilePath: path, attrs.LogFileRecordOffset: offset}
	return e
}

// recordsOf are the lines of a file.
func recordsOf(path string, lines []string) (out []*entry.Entry) {
	offsets := offsetsOf(lines)
	for i, l := range lines {
		out = append(out, record(path, offsets[i], l))
	}
	return out
}

func offsetsOf(lines []string) []int64 {
	out := make([]int64, len(lines)+1)
	for i, l := range lines {
		out[i+1] = out[i] + int64(len(l)) + 1
	}
	return out
}

func (r *rig) feed(entries ...*entry.Entry) {
	r.t.Helper()
	require.NoError(r.t, r.ProcessBatch(context.Background(), entries))
}

// feedLines feeds the lines of one file from an offset on and gives the offset behind them.
func (r *rig) feedLines(path string, offset int64, lines ...string) int64 {
	r.t.Helper()
	var entries []*entry.Entry
	for _, l := range lines {
		entries = append(entries, record(path, offset, l))
		offset += int64(len(l)) + 1
	}
	r.feed(entries...)
	return offset
}

// cri frames a line as containerd does; part cuts it into parts of that size (0: whole).
func cri(n int, stream, line string, part int) (out []string) {
	at := time.Date(2026, 11, 21, 10, 0, 0, n*1000+1, time.UTC).Format("2006-01-02T15:04:05.000000000Z")
	for part > 0 && len(line) > part {
		out = append(out, at+" "+stream+" P "+line[:part])
		line = line[part:]
	}
	return append(out, at+" "+stream+" F "+line)
}

func corpusLines(t testing.TB, name string) []string {
	t.Helper()
	b, err := os.ReadFile(corpus + name)
	require.NoError(t, err)
	return strings.Split(strings.TrimSuffix(string(b), "\n"), "\n")
}

// corpusLogs are the logs of the languages that are joined.
func corpusLogs(t testing.TB) (names []string) {
	t.Helper()
	for _, glob := range []string{"java/*.log", "pynode/*.log", "multi/go-*.log", "multi/mix-go-*.log", "multi/mix-zap-*.log"} {
		paths, err := filepath.Glob(corpus + glob)
		require.NoError(t, err)
		for _, p := range paths {
			names = append(names, strings.TrimPrefix(p, corpus))
		}
	}
	require.Greater(t, len(names), 150)
	return names
}

// equalRecords compares without printing all of two long lists.
func equalRecords(t testing.TB, want, got []string, name string) {
	t.Helper()
	for i := range min(len(want), len(got)) {
		if want[i] != got[i] {
			require.Fail(t, "another record", "%s: record %d: want %.300q, got %.300q", name, i, want[i], got[i])
		}
	}
	require.Len(t, got, len(want), name)
}
