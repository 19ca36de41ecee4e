package translate

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/otelcol-sentry/otelcol-sentry/internal/envelope"
	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// benchLogs is a request of n records with eight attributes each, of about 1 KB of JSON with what a pod in Kubernetes shares.
func benchLogs(n int, change func(plog.LogRecord)) plog.Logs {
	ld, records := oneScope()
	res := ld.ResourceLogs().At(0).Resource().Attributes()
	for _, kv := range [][2]string{
		{"service.name", "checkout"},
		{"service.version", "2.3.1"},
		{"deployment.environment.name", "production"},
		{"host.name", "node-7"},
		{"k8s.namespace.name", "shop"},
		{"k8s.pod.name", "checkout-7d9f8b6c5-x2x4z"},
		{"k8s.pod.uid", "8f14e45f-ceea-467f-ab3d-c7d1b0e3a0b5"},
		{"k8s.deployment.name", "checkout"},
		{"telemetry.sdk.language", "java"},
	} {
		res.PutStr(kv[0], kv[1])
	}
	ld.ResourceLogs().At(0).ScopeLogs().At(0).Scope().SetName("com.acme.warehouse.ReservationService")
	for i := range n {
		rec := records.AppendEmpty()
		rec.SetTimestamp(logTime + pcommon.Timestamp(i)*5000)
		rec.SetObservedTimestamp(logTime + 1_000_000_000)
		rec.SetSeverityNumber(plog.SeverityNumberInfo)
		rec.SetTraceID(pcommon.TraceID{1, 2, 3, 15: byte(i)})
		rec.SetSpanID(pcommon.SpanID{1, 2, 7: byte(i)})
		rec.Body().SetStr("could not reserve 3 of SKU-4711 for order 8f14e45f: the warehouse answered after 2.5 s, trying the next one")
		a := rec.Attributes()
		a.PutStr("order.id", "8f14e45f-ceea-467f-ab3d-c7d1b0e3a0b5")
		a.PutInt("order.items", 3)
		a.PutStr("customer.tier", "gold")
		a.PutDouble("duration", 2.5)
		a.PutBool("retry", true)
		a.PutStr("code.function.name", "com.acme.warehouse.ReservationService.reserve")
		a.PutInt("code.line.number", 127)
		a.PutStr("thread.name", "http-nio-8080-exec-3")
		change(rec)
	}
	return ld
}

// benchCases are kinds of records; those above the line are promised to allocate nothing.
var benchCases = []struct {
	name      string
	allocates bool
	change    func(plog.LogRecord)
}{
	{"scalars", false, func(plog.LogRecord) {}},
	{"no trace id", false, func(rec plog.LogRecord) { rec.SetTraceID(pcommon.TraceID{}) }},
	{"no severity", false, func(rec plog.LogRecord) { rec.SetSeverityNumber(0) }},
	{"one time", false, func(rec plog.LogRecord) { rec.SetTimestamp(logTime) }},
	{"observed only", false, func(rec plog.LogRecord) { rec.SetTimestamp(0) }},
	{"map body", false, func(rec plog.LogRecord) {
		m := rec.Body().SetEmptyMap()
		m.PutStr("message", "could not reserve")
		m.PutEmptyMap("order").PutEmptySlice("items").AppendEmpty().SetInt(3)
	}},
	{"nested attribute", false, func(rec plog.LogRecord) { rec.Attributes().PutEmptyMap("order").PutInt("items", 3) }},
	{"container line", false, func(rec plog.LogRecord) {
		rec.SetTraceID(pcommon.TraceID{})
		rec.SetSeverityNumber(0)
		rec.Body().SetStr("2026-11-21 10:11:12.123  INFO 1 --- [shop] [nio-8080-exec-3] c.e.shop.web.CartController            : Cart 7 was paid by 42 in 12 ms")
	}},

	{"list attribute", true, func(rec plog.LogRecord) { rec.Attributes().PutEmptySlice("items").AppendEmpty().SetInt(3) }},
	{"line without a time", true, func(rec plog.LogRecord) {
		rec.SetTimestamp(0)
		rec.Body().SetStr("2026-11-21 19:59:12.123  INFO 1 --- [shop] [nio-8080-exec-3] c.e.shop.web.CartController            : Cart 7 was paid by 42 in 12 ms")
	}},
	{"line of JSON", true, func(rec plog.LogRecord) {
		rec.SetTraceID(pcommon.TraceID{})
		rec.SetSeverityNumber(0)
		rec.Attributes().Clear()
		rec.Attributes().PutStr("log.iostream", "stdout")
		rec.Body().SetStr(`{"@timestamp":"2026-11-21T10:11:12.123456789Z","@version":"1","message":"Cart 7 was paid by 42","logger_name":"com.example.shop.web.CartController",` +
			`"thread_name":"nio-8080-exec-3","level":"INFO","level_value":20000,"traceId":"803b448a0489f84084905d3093480352","cart":7,"customer":"42"}`)
	}},
}

// logSender is a lane's loop without the network.
type logSender struct {
	logs      *Logs
	shared    envelope.SharedAttributes
	container envelope.LogContainer
	buf       []byte
	bytes     int
}

func (s *logSender) send(ld plog.Logs) {
	s.bytes = 0
	s.logs.Begin(sentry.Time(logNow.UnixNano()))
	s.container.Reset(s.buf)
	for _, rl := range ld.ResourceLogs().All() {
		s.logs.Resource(rl.Resource())
		for _, sl := range rl.ScopeLogs().All() {
			s.shared.Reset(s.logs.Scope(sl.Scope()))
			for i := range sl.LogRecords().Len() {
				l := s.logs.Log(sl.LogRecords(), i)
				for s.container.Add(l, &s.shared) == envelope.LogFull {
					s.flush()
				}
			}
		}
	}
	s.flush()
}

func (s *logSender) flush() {
	s.buf = s.container.Item().Payload
	s.bytes += len(s.buf)
	s.container.Reset(s.buf)
}

func TestLogsDoNotAllocate(t *testing.T) {
	for _, c := range benchCases {
		ld := benchLogs(250, c.change)
		s := logSender{logs: NewLogs(logOptions)}
		s.send(ld)
		decodeLogs(t, logsOf(t, ld, logOptions))
		if allocs := testing.AllocsPerRun(10, func() { s.send(ld) }); c.allocates {
			assert.Less(t, allocs/250, 20.0, c.name)
		} else {
			assert.Zero(t, allocs, c.name)
		}
	}
}

// TestLogsOfManyResources: a node's request has a resource per pod; each costs a few allocations at most.
func TestLogsOfManyResources(t *testing.T) {
	ld := plog.NewLogs()
	for i := range 100 {
		benchLogs(1, func(plog.LogRecord) {}).ResourceLogs().MoveAndAppendTo(ld.ResourceLogs())
		ld.ResourceLogs().At(i).Resource().Attributes().PutStr("k8s.pod.name", fmt.Sprint("pod-", i))
	}
	s := logSender{logs: NewLogs(logOptions)}
	s.send(ld)
	assert.Less(t, testing.AllocsPerRun(10, func() { s.send(ld) })/100, 5.0)
	logs := decodeLogs(t, logsOf(t, ld, logOptions))
	require.Len(t, logs, 100)
	for i, l := range logs {
		require.Equal(t, fmt.Sprintf(`string "pod-%d"`, i), attributesOf(t, l)["k8s.pod.name"])
	}
}

func BenchmarkLogs(b *testing.B) {
	const n = 1000
	for _, c := range benchCases {
		ld := benchLogs(n, c.change)
		s := logSender{logs: NewLogs(logOptions)}
		s.send(ld)
		b.Run(strings.ReplaceAll(c.name, " ", "-"), func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(s.bytes))
			for b.Loop() {
				s.send(ld)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/record")
			b.ReportMetric(float64(s.bytes)/n, "B/record")
		})
	}
}
