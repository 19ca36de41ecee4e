package conformance

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/config/configopaque"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/exporter/exportertest"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/plog/plogotlp"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-sentry/otelcol-sentry/exporter/sentryexporter"
	"github.com/otelcol-sentry/otelcol-sentry/internal/fields"
	"github.com/otelcol-sentry/otelcol-sentry/internal/sentrytest"
)

// project is the number that a Bugsink gives to its first project: event ids are made for a project, and must be the same there.
const project = "1"

// sending is the exporter with its default configuration, but for the changes that a test makes.
type sending struct {
	logs   exporter.Logs
	traces exporter.Traces
}

func startExporter(t *testing.T, dsn string, changes ...func(*sentryexporter.Config)) *sending {
	factory := sentryexporter.NewFactory()
	cfg := factory.CreateDefaultConfig().(*sentryexporter.Config)
	cfg.DSN = configopaque.String(dsn)
	for _, change := range changes {
		change(cfg)
	}
	set := exportertest.NewNopSettings(factory.Type())
	set.BuildInfo.Command, set.BuildInfo.Version = "otelcol-sentry", "0.1.0"
	ctx, host := context.Background(), componenttest.NewNopHost()
	logs, err := factory.CreateLogs(ctx, set, cfg)
	require.NoError(t, err)
	traces, err := factory.CreateTraces(ctx, set, cfg)
	require.NoError(t, err)
	require.NoError(t, logs.Start(ctx, host))
	require.NoError(t, traces.Start(ctx, host))
	return &sending{logs: logs, traces: traces}
}

func (s *sending) consume(t *testing.T, logs []plog.Logs, traces []ptrace.Traces) {
	for _, ld := range logs {
		require.NoError(t, s.logs.ConsumeLogs(context.Background(), ld))
	}
	for _, td := range traces {
		require.NoError(t, s.traces.ConsumeTraces(context.Background(), td))
	}
}

// stop returns when all that was queued is delivered.
func (s *sending) stop(t *testing.T) {
	require.NoError(t, s.logs.Shutdown(context.Background()))
	require.NoError(t, s.traces.Shutdown(context.Background()))
}

// eventsOf sends a request through the exporter and gives the events that reach Sentry, in order of their time.
func eventsOf(t *testing.T, ld plog.Logs) []Event {
	fake := sentrytest.Start(t)
	e := startExporter(t, fake.DSN(project))
	e.consume(t, []plog.Logs{ld}, nil)
	e.stop(t)
	var out []Event
	for _, r := range fake.Accepted("event") {
		out = append(out, r.Item())
	}
	slices.SortStableFunc(out, func(a, b Event) int { return strings.Compare(moment(a), moment(b)) })
	return out
}

func moment(e Event) string {
	raw, _ := json.Marshal(e["timestamp"])
	return string(raw)
}

// otlpLogs reads an OTLP/JSON log request.
func otlpLogs(t *testing.T, raw []byte) plog.Logs {
	req := plogotlp.NewExportRequest()
	require.NoError(t, req.UnmarshalJSON(raw))
	return req.Logs()
}

// textLogs makes log records of what an app wrote: a body each and nothing else, as a collector has it that knows only the file.
func textLogs(texts ...string) plog.Logs {
	ld := plog.NewLogs()
	sl := ld.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty()
	for _, text := range texts {
		for _, rec := range cut(text) {
			sl.LogRecords().AppendEmpty().Body().SetStr(rec)
		}
	}
	return ld
}

// cut takes an app's output apart into records. A line begins one if it is a JSON object, or if it is not indented and has a level and a
// time of its own; all others go on with the record before.
func cut(text string) []string {
	var records []string
	open, whole := 0, false
	lines := strings.SplitAfter(strings.TrimRight(text, "\n"), "\n")
	at := 0
	for _, line := range lines {
		object := json.Valid([]byte(line)) && strings.HasPrefix(line, "{")
		if at > open && (object || whole || begins(line)) {
			records = append(records, strings.TrimRight(text[open:at], "\n"))
			open = at
		}
		whole = object
		at += len(line)
	}
	if rest := strings.TrimRight(text[open:], "\n"); rest != "" {
		records = append(records, rest)
	}
	return records
}

// begins: a header has a level, and begins with a time or names the logger.
func begins(line string) bool {
	if line == "" || strings.ContainsAny(line[:1], " \t|+>}") {
		return false
	}
	rec := plog.NewLogRecord()
	rec.Body().SetStr(strings.TrimRight(line, "\r\n"))
	read := fields.Read(rec, "")
	if read.Severity == plog.SeverityNumberUnspecified {
		return false
	}
	return read.Time != 0 || read.Logger != "" || line[0] >= '0' && line[0] <= '9'
}
