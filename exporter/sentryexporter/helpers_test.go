package sentryexporter

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/config/configopaque"
	"go.opentelemetry.io/collector/config/configoptional"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/exporter/exporterhelper"
	"go.opentelemetry.io/collector/exporter/exportertest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-sentry/otelcol-sentry/exporter/sentryexporter/internal/metadata"
	"github.com/otelcol-sentry/otelcol-sentry/internal/sentrytest"
)

// testConfig is the default configuration for a fake Sentry, with short pauses between tries and without a budget: most tests want every event.
func testConfig(fake *sentrytest.Fake, change ...func(*Config)) *Config {
	cfg := createDefaultConfig().(*Config)
	cfg.Events.Budget.Enabled = false
	cfg.DSN = configopaque.String(fake.DSN("7"))
	cfg.Retry.InitialInterval = 5 * time.Millisecond
	cfg.Retry.MaxInterval = 10 * time.Millisecond
	for _, c := range change {
		c(cfg)
	}
	return cfg
}

func withoutQueue(cfg *Config) {
	cfg.Queue = configoptional.None[exporterhelper.QueueBatchConfig]()
}

func withBudget(cfg *Config) { cfg.Events.Budget.Enabled = true }

func withoutRetry(cfg *Config) { cfg.Retry.Enabled = false }

func settings() exporter.Settings {
	set := exportertest.NewNopSettings(metadata.Type)
	set.ID = component.NewID(metadata.Type)
	set.BuildInfo.Command = "otelcol-sentry"
	set.BuildInfo.Version = "0.1.0"
	return set
}

// startLogs and startTraces start an exporter of one signal; the test's end stops it.
func startLogs(t testing.TB, cfg *Config) exporter.Logs {
	e, err := NewFactory().CreateLogs(context.Background(), settings(), cfg)
	require.NoError(t, err)
	start(t, e)
	return e
}

func startTraces(t testing.TB, cfg *Config) exporter.Traces {
	e, err := NewFactory().CreateTraces(context.Background(), settings(), cfg)
	require.NoError(t, err)
	start(t, e)
	return e
}

func start(t testing.TB, e component.Component) {
	require.NoError(t, e.Start(context.Background(), componenttest.NewNopHost()))
	t.Cleanup(func() { require.NoError(t, e.Shutdown(context.Background())) })
}

// errorLogs makes a request of n error records, all different.
func errorLogs(n int, bodies ...string) plog.Logs {
	ld := plog.NewLogs()
	rl := ld.ResourceLogs().AppendEmpty()
	rl.Resource().Attributes().PutStr("service.name", "checkout")
	sl := rl.ScopeLogs().AppendEmpty()
	sl.Scope().SetName("com.acme.Checkout")
	for i := range n {
		rec := sl.LogRecords().AppendEmpty()
		rec.SetTimestamp(pcommon.NewTimestampFromTime(time.Now().Add(-time.Second)) + pcommon.Timestamp(i))
		rec.SetSeverityNumber(plog.SeverityNumberError)
		if i < len(bodies) {
			rec.Body().SetStr(bodies[i])
		} else {
			rec.Body().SetStr("boom " + strings.Repeat("i", i))
		}
	}
	return ld
}

// oneTrace makes a trace of n spans in one service: a SERVER span and its children.
func oneTrace(id byte, n int) ptrace.Traces {
	td := ptrace.NewTraces()
	rs := td.ResourceSpans().AppendEmpty()
	rs.Resource().Attributes().PutStr("service.name", "checkout")
	ss := rs.ScopeSpans().AppendEmpty()
	end := pcommon.NewTimestampFromTime(time.Now())
	for i := range n {
		span := ss.Spans().AppendEmpty()
		span.SetTraceID(pcommon.TraceID{id})
		span.SetSpanID(pcommon.SpanID{id, byte(i + 1), byte(i >> 8)})
		span.SetName("GET /pay")
		span.SetKind(ptrace.SpanKindInternal)
		if i == 0 {
			span.SetKind(ptrace.SpanKindServer)
		} else {
			span.SetParentSpanID(pcommon.SpanID{id, 1})
		}
		span.SetEndTimestamp(end)
		span.SetStartTimestamp(end - pcommon.Timestamp(time.Second))
	}
	return td
}

var requestSizer = exporterhelper.RequestSizerTypeRequests
