package scrub

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// typicalRecord is a record as loggers write it, without a secret.
func typicalRecord() plog.LogRecord {
	rec := plog.NewLogRecord()
	rec.Body().SetStr("Order 4711 of customer 3f2504e0-4f89-11d3-9a0c-0305e82c3301 paid in 132 ms, status=ok")
	for key, value := range map[string]string{
		"code.function.name": "com.example.shop.OrderService.pay", "thread.name": "http-nio-8080-exec-3", "log.logger": "com.example.shop.OrderService",
		"order.id": "4711", "k8s.pod.name": "shop-7d9f8b6c5d-x2x4z", "url.path": "/orders/4711/pay",
	} {
		rec.Attributes().PutStr(key, value)
	}
	rec.Attributes().PutInt("http.response.status_code", 200)
	return rec
}

// typicalSpan has twelve attributes, as the Java agent's spans of a server have.
func typicalSpan() ptrace.Span {
	span := ptrace.NewSpan()
	span.SetName("POST /orders/{id}/pay")
	span.SetKind(ptrace.SpanKindInternal)
	for key, value := range map[string]string{
		"http.request.method": "POST", "url.path": "/orders/4711/pay", "url.scheme": "https", "http.route": "/orders/{id}/pay", "server.address": "shop.example.com",
		"user_agent.original": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36", "network.protocol.version": "1.1", "thread.name": "http-nio-8080-exec-3",
		"db.query.text": "SELECT id, total FROM orders WHERE id = ? AND state = 'open'", "order.id": "4711",
	} {
		span.Attributes().PutStr(key, value)
	}
	span.Attributes().PutInt("http.response.status_code", 200)
	span.Attributes().PutInt("server.port", 443)
	return span
}

// typicalTrace is a stack trace of 4 KB.
func typicalTrace() string {
	var b strings.Builder
	b.WriteString("java.lang.IllegalStateException: order 4711: state is 'open'\n")
	for b.Len() < 4<<10 {
		b.WriteString("\tat com.example.shop.OrderService.lambda$pay$3(OrderService.java:117)\n\tat org.springframework.web.servlet.DispatcherServlet.doDispatch(DispatcherServlet.java:1089) ~[spring-webmvc-6.1.1.jar:6.1.1]\n")
	}
	return b.String()
}

const typicalJSON = `{"timestamp":"2026-01-17T10:11:12.123Z","level":"INFO","logger":"shop.orders","message":"order paid","order_id":4711,"customer":"3f2504e0-4f89-11d3-9a0c-0305e82c3301",` +
	`"trace_id":"4bf92f3577b34da6a3ce929d0e0e4736","span_id":"00f067aa0ba902b7","duration_ms":132.5,"items":[{"sku":"A-17","n":2},{"sku":"B-4","n":1}],"host":"shop-7d9f8b6c5d-x2x4z"}`

func longTexts() map[string]string {
	return map[string]string{
		"line":    typicalRecord().Body().Str(),
		"JSON":    typicalJSON,
		"trace":   typicalTrace(),
		"URL":     "https://shop.example.com/orders/4711?page=2&sort=created%20desc&q=blue+shoes",
		"escapes": `{"msg":"a \u003c b \u0026\u0026 c\nd","n":1}`,
	}
}

func TestNothingFoundAllocatesNothing(t *testing.T) {
	s := newScrubber(t, Config{})
	rec, span := typicalRecord(), typicalSpan()
	for name, ask := range map[string]func() bool{
		"record": func() bool { return s.NeedsLogRecord(rec) },
		"span":   func() bool { return s.NeedsSpan(span) },
	} {
		require.False(t, ask(), name)
		require.Zero(t, leastAllocs(func() { ask() }), name)
	}
	var counts Counts
	for name, text := range longTexts() {
		require.False(t, s.NeedsText(text), name)
		require.Zero(t, leastAllocs(func() { s.Text(text, &counts) }), name)
	}
}

// leastAllocs is the least of a few averages: a garbage collection that comes between empties the pools.
func leastAllocs(f func()) float64 {
	least := testing.AllocsPerRun(100, f)
	for range 4 {
		least = min(least, testing.AllocsPerRun(100, f))
	}
	return least
}

// TestKeysThatNeverRepeat: the cache of keys stops growing, and is then read without allocating.
func TestKeysThatNeverRepeat(t *testing.T) {
	s := newScrubber(t, Config{})
	keys := make([]string, 4*cacheSets*cacheWays)
	for i := range keys {
		keys[i] = strings.Repeat("k", i%64) + "." + strings.Repeat("v", i/64)
		s.attribute(keys[i])
	}
	n := 0
	require.Zero(t, testing.AllocsPerRun(len(keys), func() {
		s.attribute(keys[n%len(keys)])
		n++
	}))
}

func TestFoundAllocatesLittle(t *testing.T) {
	s := newScrubber(t, Config{})
	var counts Counts
	text := "login user=bob password=hunter2 ip=10.1.2.3"
	require.LessOrEqual(t, testing.AllocsPerRun(100, func() { s.Text(text, &counts) }), 2.0)
	m := pcommon.NewMap()
	require.LessOrEqual(t, testing.AllocsPerRun(100, func() {
		m.Clear()
		m.PutStr("password", "hunter2")
		s.Attributes(m, &counts)
	}), 4.0)
}

func BenchmarkRecord(b *testing.B) {
	s := newScrubber(b, Config{})
	rec := typicalRecord()
	b.ReportAllocs()
	for b.Loop() {
		s.NeedsLogRecord(rec)
	}
}

func BenchmarkSpan(b *testing.B) {
	s := newScrubber(b, Config{})
	span := typicalSpan()
	b.ReportAllocs()
	for b.Loop() {
		s.NeedsSpan(span)
	}
}

func BenchmarkText(b *testing.B) {
	s := newScrubber(b, Config{})
	texts := longTexts()
	texts["short"] = "checkout-service"
	texts["secret"] = "login user=bob password=hunter2 ip=10.1.2.3 at 2026-01-17T10:11:12Z in region eu-central-1"
	for name, text := range texts {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			var counts Counts
			for b.Loop() {
				s.Text(text, &counts)
			}
		})
	}
}

func BenchmarkKey(b *testing.B) {
	s := newScrubber(b, Config{})
	for _, key := range []string{"http.request.method", "order.id", "userPassword"} {
		b.Run("known/"+key, func(b *testing.B) {
			for b.Loop() {
				s.attribute(key)
			}
		})
		b.Run("new/"+key, func(b *testing.B) {
			for b.Loop() {
				s.readAttribute(key)
			}
		})
	}
}
