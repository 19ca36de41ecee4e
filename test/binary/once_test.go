package binary

import (
	"context"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/plog/plogotlp"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentrytest"
)

// crashStack is what the failure of TestOneOccurrenceIsOneEvent prints.
const crashStack = `java.lang.IllegalStateException: no stock
	at com.acme.Stock.take(Stock.java:42)
	at com.acme.Shop.pay(Shop.java:7)
	at java.base/java.lang.Thread.run(Thread.java:840)`

// agentYAML reads files and OTLP and sends both on to a gateway.
func agentYAML(grpcAddress, gateway, logs string) string {
	return strings.NewReplacer("$GRPC", grpcAddress, "$GATEWAY", gateway, "$LOGS", logs).Replace(`
receivers:
  otlp:
    protocols:
      grpc: {endpoint: $GRPC}
  file_log:
    include: ["$LOGS"]
    start_at: beginning
    poll_interval: 20ms
    include_file_record_offset: true
    multiline:
      line_end_pattern: '\n\n'
    retry_on_failure: {enabled: true, max_elapsed_time: 0}
exporters:
  otlp_grpc:
    endpoint: $GATEWAY
    tls: {insecure: true}
    sending_queue: {enabled: false}
    retry_on_failure: {initial_interval: 50ms, max_interval: 100ms, max_elapsed_time: 0}
service:
  telemetry:
    metrics: {level: none}
  pipelines:
    logs: {receivers: [otlp, file_log], exporters: [otlp_grpc]}
    traces: {receivers: [otlp], exporters: [otlp_grpc]}
`)
}

// occurrence is one failure of one trace, told in three ways.
type occurrence struct {
	trace pcommon.TraceID
	now   time.Time
}

// line is what the app prints, ended by an empty line.
func (o occurrence) line() string {
	return fmt.Sprintf("%s ERROR 1 --- [main] trace_id=%s c.acme.Shop : payment failed\n%s\n\n",
		o.now.UTC().Format("2006-01-02T15:04:05.000Z"), hex.EncodeToString(o.trace[:]), crashStack)
}

func describe(attrs pcommon.Map) {
	attrs.PutStr("exception.type", "java.lang.IllegalStateException")
	attrs.PutStr("exception.message", "no stock")
	attrs.PutStr("exception.stacktrace", crashStack)
}

// record is what the app's logger exports.
func (o occurrence) record() plog.Logs {
	ld := plog.NewLogs()
	rl := ld.ResourceLogs().AppendEmpty()
	rl.Resource().Attributes().PutStr("service.name", "shop")
	rl.Resource().Attributes().PutStr("telemetry.sdk.language", "java")
	sl := rl.ScopeLogs().AppendEmpty()
	sl.Scope().SetName("com.acme.Shop")
	rec := sl.LogRecords().AppendEmpty()
	rec.SetTimestamp(pcommon.NewTimestampFromTime(o.now))
	rec.SetSeverityNumber(plog.SeverityNumberError)
	rec.Body().SetStr("payment failed")
	rec.SetTraceID(o.trace)
	rec.SetSpanID(pcommon.SpanID{3})
	describe(rec.Attributes())
	return ld
}

// spans are three, one in the other, that the exception passed.
func (o occurrence) spans() ptrace.Traces {
	td := ptrace.NewTraces()
	rs := td.ResourceSpans().AppendEmpty()
	rs.Resource().Attributes().PutStr("service.name", "shop")
	rs.Resource().Attributes().PutStr("telemetry.sdk.language", "java")
	ss := rs.ScopeSpans().AppendEmpty()
	for i := byte(1); i <= 3; i++ {
		span := ss.Spans().AppendEmpty()
		span.SetTraceID(o.trace)
		span.SetSpanID(pcommon.SpanID{i})
		if i > 1 {
			span.SetParentSpanID(pcommon.SpanID{i - 1})
		}
		span.SetName("pay")
		span.SetStartTimestamp(pcommon.NewTimestampFromTime(o.now.Add(-time.Second)))
		span.SetEndTimestamp(pcommon.NewTimestampFromTime(o.now))
		span.Status().SetCode(ptrace.StatusCodeError)
		event := span.Events().AppendEmpty()
		event.SetName("exception")
		event.SetTimestamp(pcommon.NewTimestampFromTime(o.now))
		describe(event.Attributes())
	}
	return td
}

// TestOneOccurrenceIsOneEvent: one exception, on three nested spans, logged by OTLP and printed with its trace id, read by two agents, sent
// on through two gateways, in every order and with a kill -9 of everything in between: one event id arrives.
func TestOneOccurrenceIsOneEvent(t *testing.T) {
	fake := sentrytest.Start(t)
	file := filepath.Join(t.TempDir(), "app.log")
	printed, err := os.Create(file)
	require.NoError(t, err)
	defer printed.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 3*patience)
	defer cancel()

	h := &house{t: t, ctx: ctx, dsn: fake.DSN("7"), file: file}
	h.open()
	tellers := map[string]func(o occurrence){
		"printed": func(o occurrence) {
			_, err := printed.WriteString(o.line())
			require.NoError(t, err)
		},
		"logged":  func(o occurrence) { h.export(o.record(), ptrace.Traces{}) },
		"spanned": func(o occurrence) { h.export(plog.Logs{}, o.spans()) },
	}
	orders := [][]string{
		{"printed", "logged", "spanned"},
		{"printed", "spanned", "logged"},
		{"logged", "printed", "spanned"},
		{"logged", "spanned", "printed"},
		{"spanned", "printed", "logged"},
		{"spanned", "logged", "printed"},
	}
	eventsOf := func(o occurrence) (events []*sentrytest.Received) {
		for _, e := range fake.Accepted("event") {
			if trace := e.Item()["contexts"].(map[string]any)["trace"].(map[string]any); trace["trace_id"] == hex.EncodeToString(o.trace[:]) {
				events = append(events, e)
			}
		}
		return events
	}
	var all []occurrence
	for i, order := range orders {
		o := occurrence{trace: pcommon.TraceID{0xaa, byte(i + 1)}, now: time.Now().Add(-time.Minute)}
		all = append(all, o)
		for _, way := range order {
			tellers[way](o)
			fake.WaitFor(func() bool { return len(eventsOf(o)) > 0 })
		}
		if i == len(orders)/2 {
			h.kill() // what it knew is gone; the files are read once more from the beginning
			h.open()
		}
	}
	last := occurrence{trace: pcommon.TraceID{0xbb}, now: time.Now()}
	tellers["printed"](last) // behind it, both agents have read everything
	fake.WaitFor(func() bool { return len(eventsOf(last)) == 2 })

	for i, o := range all {
		ids := map[string]int{}
		for _, e := range eventsOf(o) {
			ids[string(e.Envelope.Header["event_id"])]++
		}
		assert.Len(t, ids, 1, "order %v", orders[i])
		for _, n := range ids {
			assert.LessOrEqual(t, n, 4, "each gateway sends it once in each of its lives")
		}
	}
}

// house is two agents, each in front of a gateway of its own.
type house struct {
	t          *testing.T
	ctx        context.Context //nolint:containedctx // of the test
	dsn, file  string
	collectors []*collector
	agents     []*grpc.ClientConn
}

func (h *house) open() {
	h.collectors, h.agents = nil, nil
	for range 2 {
		gateway := pipeline{
			grpc: freeAddress(h.t), http: freeAddress(h.t), dsn: h.dsn, exporter: "    events: {budget: {enabled: false}}",
		}
		g := launch(h.t, gateway.yaml())
		g.listening(gateway.grpc)
		address := freeAddress(h.t)
		a := launch(h.t, agentYAML(address, gateway.grpc, h.file))
		a.listening(address)
		conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
		require.NoError(h.t, err)
		h.t.Cleanup(func() { _ = conn.Close() })
		h.collectors, h.agents = append(h.collectors, a, g), append(h.agents, conn)
	}
}

// kill ends everything at once.
func (h *house) kill() {
	for _, c := range h.collectors {
		require.NoError(h.t, c.cmd.Process.Kill())
		<-c.exited
	}
}

// export sends the same to both agents.
func (h *house) export(ld plog.Logs, td ptrace.Traces) {
	for _, conn := range h.agents {
		if ld != (plog.Logs{}) {
			send(h.ctx, h.t, func() error {
				_, err := plogotlp.NewGRPCClient(conn).Export(h.ctx, plogotlp.NewExportRequestFromLogs(ld))
				return err
			})
			continue
		}
		send(h.ctx, h.t, func() error {
			_, err := ptraceotlp.NewGRPCClient(conn).Export(h.ctx, ptraceotlp.NewExportRequestFromTraces(td))
			return err
		})
	}
}
