package translate

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-sentry/otelcol-sentry/internal/envelope"
	"github.com/otelcol-sentry/otelcol-sentry/internal/segment"
)

// benchTrace is a server span with n-1 calls below it, in the old conventions: the ones that cost most, for what is copied to new keys.
func benchTrace(t testing.TB, n int) trace {
	tr := newTrace()
	tr.scope.Scope().SetName("io.opentelemetry.instrumentation")
	tr.scope.Scope().SetVersion("1.33.6")
	ids := func(i int) (id [8]byte) { return [8]byte{byte(i >> 8), byte(i), 1} }
	for i := range n {
		var a attrs
		name, kind := "SELECT shop.orders", client
		switch {
		case i == 0:
			name, kind = "GET /orders/{id}", server
			a = attrs{
				"http.method": "GET", "http.route": "/orders/{id}", "http.target": "/orders/17?full=1", "http.scheme": "https", "http.status_code": 200,
				"net.host.name": "shop.example", "net.host.port": 443, "http.user_agent": "curl/8.0", "http.flavor": "1.1", "thread.id": 17, "thread.name": "http-17",
			}
		case i%2 == 1:
			a = attrs{
				"db.system": "postgresql", "db.name": "shop", "db.user": "shop", "db.statement": "SELECT id, total FROM orders WHERE customer = ? AND state = ?",
				"db.operation": "SELECT", "db.sql.table": "orders", "net.peer.name": "db.internal", "net.peer.port": 5432, "thread.id": 17, "thread.name": "http-17",
			}
		default:
			name = "HTTP POST"
			a = attrs{
				"http.method": "POST", "http.url": "https://payments.example/v1/charges?idempotency=abc", "http.status_code": 201, "net.peer.name": "payments.example",
				"net.peer.port": 443, "http.flavor": "1.1", "http.response_content_length": 512, "thread.id": 17, "thread.name": "http-17", "retry": false,
			}
		}
		s := tr.span(t, 1, 0, name, kind, a)
		s.SetSpanID(ids(i))
		if i > 0 {
			s.SetParentSpanID(ids(0))
		}
	}
	return tr
}

// fullTrace is benchTrace with all else that a span may hold.
func fullTrace(t testing.TB, n int) trace {
	tr := benchTrace(t, n)
	tr.scope.Scope().Attributes().PutStr("short_name", "tomcat")
	for _, s := range tr.scope.Spans().All() {
		attrs{"hosts": []any{"a", "b"}, "nested": map[string]any{"k": []any{1}}, "raw": []byte("bytes")}.to(t, s.Attributes())
		s.TraceState().FromRaw("ot=th:8")
		event(t, s, "message", attrs{"message.id": 1, "list": []any{"x"}})
		event(t, s, "feature_flag", attrs{"feature_flag.key": "dark", "feature_flag.variant": "on"})
		l := s.Links().AppendEmpty()
		l.SetTraceID([16]byte{7})
		l.SetSpanID([8]byte{7})
		l.Attributes().PutStr("why", "batch")
	}
	return tr
}

func TestTransactionDoesNotAllocate(t *testing.T) {
	for name, td := range map[string]ptrace.Traces{"usual": benchTrace(t, 100).td, "full": fullTrace(t, 100).td} {
		var split segment.Splitter
		var spans Spans
		segs := split.Split(td)
		require.Len(t, segs, 1)
		translate := func() { spans.Transaction(td, split.Split(td)[0], nil, now) }
		for range 3 {
			translate()
		}
		assert.Zero(t, testing.AllocsPerRun(50, translate), name)
	}
}

func BenchmarkTransaction(b *testing.B) {
	for _, n := range []int{10, 1000} {
		td := benchTrace(b, n).td
		var split segment.Splitter
		var spans Spans
		var buf []byte
		run := func(name string, step func()) {
			b.Run(fmt.Sprintf("%s/%d", name, n), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					step()
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/span")
			})
		}
		run("translate", func() { spans.Transaction(td, split.Split(td)[0], nil, 0) })
		prepared := envelope.Prepare(Resource(td.ResourceSpans().At(0).Resource(), Defaults{}), envelope.SDK{Name: "s", Version: "1"})
		run("translate+encode", func() {
			tx, _ := spans.Transaction(td, split.Split(td)[0], nil, 0)
			buf = envelope.AppendTransaction(buf[:0], tx, prepared)
		})
		b.Logf("%d spans: %d bytes of JSON", n, len(buf))
	}
}
