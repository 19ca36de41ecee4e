//go:build linux

package chaos

import (
	"bufio"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/plog/plogotlp"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
)

// TestQueuedSizes measures what waits: the telemetry of real programs (testdata/corpus), queued while Sentry is down. docs/operations.md
// makes the table of outages of it.
func TestQueuedSizes(t *testing.T) {
	needsChaos(t)
	fake := startFake(t)
	fake.goDown()
	c := newCollector(t, config{
		dsn: fake.dsn("1", ""), storage: filepath.Join(t.TempDir(), "queues"),
		exporter: "    events: {budget: {enabled: false}, span_exceptions: all}",
	})
	c.start()
	s := newSender(t, c.grpc, load{}, 0)
	eachLine(t, "logs.jsonl", func(line []byte) {
		ld, err := new(plog.JSONUnmarshaler).UnmarshalLogs(line)
		require.NoError(t, err)
		s.send(func(ctx context.Context) error {
			_, err := s.logs.Export(ctx, plogotlp.NewExportRequestFromLogs(ld))
			return err
		}, &s.logsAcked)
	})
	eachLine(t, "traces.jsonl", func(line []byte) {
		td, err := new(ptrace.JSONUnmarshaler).UnmarshalTraces(line)
		require.NoError(t, err)
		s.send(func(ctx context.Context) error {
			_, err := s.traces.Export(ctx, ptraceotlp.NewExportRequestFromTraces(td))
			return err
		}, &s.tracesAcked)
	})
	metrics, err := c.scrape()
	require.NoError(t, err)
	for lane, category := range map[string]string{"events": "error", "spans": "span", "logs": "log_item"} {
		items := total(metrics, "otelcol_exporter_sentry_queued_items", "data_category", category)
		bytes := total(metrics, "otelcol_exporter_queue_size", "exporter", "sentry/#default#"+lane)
		require.Greater(t, items, 100, lane)
		files, err := filepath.Glob(filepath.Join(c.config.storage, "*"+lane+"_*"))
		require.NoError(t, err)
		require.Len(t, files, 1)
		file, err := os.Stat(files[0])
		require.NoError(t, err)
		table.note("queued %s of real programs: %d, %d bytes each in queue_size, %.1f times that in the file", lane, items, bytes/items,
			float64(file.Size())/float64(bytes))
		assert.Less(t, file.Size(), int64(8*bytes), "the file beside what is in it")
	}
}

// eachLine visits the lines of a file of every run in the corpus.
func eachLine(t *testing.T, name string, visit func(line []byte)) {
	files, err := filepath.Glob("../../testdata/corpus/otlp/*/" + name)
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		lines := bufio.NewScanner(strings.NewReader(string(text)))
		lines.Buffer(nil, len(text)+1)
		for lines.Scan() {
			visit(lines.Bytes())
		}
		require.NoError(t, lines.Err())
	}
}
