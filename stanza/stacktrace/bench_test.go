package stacktrace

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/stanza/entry"

	"github.com/otelcol-sentry/otelcol-sentry/internal/storagetest"
)

// counter counts lines.
type counter struct {
	lines atomic.Int64
	want  int64
	done  chan struct{}
}

func (*counter) Capabilities() consumer.Capabilities { return consumer.Capabilities{} }

func (c *counter) ConsumeLogs(_ context.Context, logs plog.Logs) error {
	n := int64(0)
	for _, rl := range logs.ResourceLogs().All() {
		for _, sl := range rl.ScopeLogs().All() {
			for _, rec := range sl.LogRecords().All() {
				n += 1 + int64(strings.Count(rec.Body().Str(), "\n"))
			}
		}
	}
	if total := c.lines.Add(n); total >= c.want && total-n < c.want {
		close(c.done)
	}
	return nil
}

// benchLogs are files of so many lines in containerd's frames.
func benchLogs(b *testing.B, lines int) map[string]string {
	var traces []string
	for _, name := range []string{"java/stderr-printstacktrace.log", "java/log4j2-xex.log", "pynode/python-uncaught-A.log", "multi/go-runtime-goroutine-all.log", "pynode/node-winston-printf-A.log"} {
		for _, l := range corpusLines(b, name) {
			traces = append(traces, strings.TrimRight(l, " \t\r"))
		}
	}
	root := b.TempDir()
	files := map[string]string{}
	for kind, line := range map[string]func(int) string{
		"ordinary": func(n int) string {
			return fmt.Sprintf("2026-11-21T19:45:35.472Z  INFO 28484 --- [inventory] [main] com.example.inventory.CoreScenarios : request %d took %d ms", n, n%97)
		},
		"json": func(n int) string {
			return fmt.Sprintf(`{"level":"info","ts":"2026-11-21T19:36:17.373Z","caller":"fileutil/purge.go:42","msg":"started to purge file","n":%d}`, n)
		},
		"traces": func(n int) string { return traces[n%len(traces)] },
	} {
		var text strings.Builder
		for n := range lines {
			text.WriteString(cri(n%1_000_000, "stdout", line(n), 0)[0])
			text.WriteByte('\n')
		}
		path := filepath.Join(podDir(b, filepath.Join(root, kind), 1), "0.log")
		require.NoError(b, os.WriteFile(path, []byte(text.String()), 0o600))
		files[kind] = path
	}
	return files
}

// BenchmarkReceiver is the cost of a line from the file to the pipeline, with storage: with the container operator, with ours in its
// place, and with ours behind it.
func BenchmarkReceiver(b *testing.B) {
	synchronous(b)
	const lines = 100_000
	files := benchLogs(b, lines)
	container := map[string]any{"type": "container", "format": "containerd"}
	for _, kind := range []string{"ordinary", "json", "traces"} {
		b.Run(kind, func(b *testing.B) {
			took := map[string]time.Duration{}
			for b.Loop() {
				for name, ops := range map[string][]any{"container": {container}, "ours": joiner(), "behind": {container, joiner()[0]}} {
					c := &counter{want: lines - 500, done: make(chan struct{})}
					began := time.Now()
					a := startAgent(b, b.TempDir(), files[kind], ops, c)
					<-c.done
					took[name] += time.Since(began)
					a.stop()
				}
			}
			b.ReportMetric(0, "ns/op")
			for name, d := range took {
				b.ReportMetric(float64(d.Nanoseconds())/float64(b.N)/lines, "ns/line-"+name)
			}
			b.ReportMetric(took["ours"].Seconds()/took["container"].Seconds(), "ratio-ours")
			b.ReportMetric(took["behind"].Seconds()/took["container"].Seconds(), "ratio-behind")
		})
	}
}

// BenchmarkProcessBatch is the operator alone, per batch of 100 ordinary lines, its storage being memory.
func BenchmarkProcessBatch(b *testing.B) {
	for _, framed := range []bool{true, false} {
		b.Run(fmt.Sprintf("framed=%v", framed), func(b *testing.B) {
			r := open(b, testConfig(), storagetest.New())
			b.Cleanup(func() { require.NoError(b, r.Stop()) })
			offset := int64(0)
			batch := make([]*entry.Entry, 100)
			b.ReportAllocs()
			for b.Loop() {
				b.StopTimer()
				for i := range batch {
					line := fmt.Sprintf("2026-11-21T19:45:35.472Z INFO request %d", i)
					if framed {
						line = cri(i, "stdout", line, 0)[0]
					}
					batch[i] = record(podPath, offset, line)
					offset += int64(len(line)) + 1
				}
				b.StartTimer()
				r.feed(batch...)
				b.StopTimer()
				r.sink.take()
				b.StartTimer()
			}
		})
	}
}
