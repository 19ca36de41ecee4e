package translate

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

func ownTraffic(t testing.TB) *OwnTraffic {
	var dsns []sentry.DSN
	for _, text := range []string{"https://k@o42.ingest.us.sentry.io/7", "http://k@sentry.example:9000/errors/1", "https://k@[::1]/3"} {
		dsn, err := sentry.ParseDSN(text)
		require.NoError(t, err)
		dsns = append(dsns, dsn)
	}
	return NewOwnTraffic(dsns...)
}

func TestOwnTraffic(t *testing.T) {
	o := ownTraffic(t)
	for _, tc := range []struct {
		in   attrs
		want bool
	}{
		{attrs{"url.full": "https://o42.ingest.us.sentry.io/api/7/envelope/"}, true},
		{attrs{"url.full": "https://o42.ingest.us.sentry.io:443/api/99/envelope?sentry_key=x"}, true},
		{attrs{"http.url": "https://O42.ingest.us.sentry.io/api/7/store/"}, true},
		{attrs{"http.url": "http://sentry.example:9000/errors/api/1/integration/otlp/v1/traces"}, true},
		{attrs{"server.address": "o42.ingest.us.sentry.io", "server.port": 443, "url.path": "/api/7/envelope/", "url.scheme": "https"}, true},
		{attrs{"server.address": "o42.ingest.us.sentry.io", "url.path": "/api/7/envelope/"}, true},
		{attrs{"net.peer.name": "o42.ingest.us.sentry.io", "net.peer.port": 443, "http.target": "/api/7/envelope/?x=y", "http.scheme": "https"}, true},
		{attrs{"http.host": "sentry.example:9000", "http.target": "/errors/api/1/envelope/", "http.scheme": "http"}, true},
		{attrs{"url.full": "https://[::1]/api/3/envelope/"}, true},

		{attrs{"url.full": "https://o43.ingest.us.sentry.io/api/7/envelope/"}, false},
		{attrs{"url.full": "https://o42.ingest.us.sentry.io/api/7/other/"}, false},
		{attrs{"url.full": "https://o42.ingest.us.sentry.io/api/shop/envelope/"}, false},
		{attrs{"url.full": "https://o42.ingest.us.sentry.io/api/0/projects/"}, false},
		{attrs{"url.full": "https://o42.ingest.us.sentry.io/"}, false},
		{attrs{"http.url": "http://sentry.example:9000/api/1/envelope/"}, false},
		{attrs{"http.url": "http://sentry.example/errors/api/1/envelope/"}, false},
		{attrs{"url.full": "http://o42.ingest.us.sentry.io/api/7/envelope/"}, false},
		{attrs{"url.path": "/api/7/envelope/"}, false},
		{attrs{"url.path": 7, "url.full": 3}, false},
		{attrs{"db.system": "mysql"}, false},
		{nil, false},
	} {
		span := ptrace.NewSpan()
		tc.in.to(t, span.Attributes())
		assert.Equal(t, tc.want, o.Is(span), "%v", tc.in)
	}
}

func TestWithoutOwnTraffic(t *testing.T) {
	o := ownTraffic(t)
	tr := newTrace()
	tr.span(t, 1, 0, "GET /cart", server, nil)
	tr.span(t, 2, 1, "POST", client, attrs{"url.full": "https://o42.ingest.us.sentry.io/api/7/envelope/"})
	tr.span(t, 4, 3, "tls.connect", internal, nil)
	tr.span(t, 3, 2, "tcp.connect", internal, nil)
	tr.span(t, 5, 1, "render", internal, nil)
	other := tr.td.ResourceSpans().AppendEmpty()
	other.Resource().Attributes().PutStr("service.name", "sentry")
	served := trace{tr.td, other.ScopeSpans().AppendEmpty()}
	served.span(t, 6, 2, "POST", server, attrs{"http.host": "o42.ingest.us.sentry.io", "url.path": "/api/7/envelope/", "url.scheme": "https"})
	served.span(t, 7, 6, "store", internal, nil)

	before := tr.td.SpanCount()
	rest, removed := o.Without(tr.td)
	assert.Equal(t, 5, removed)
	assert.Equal(t, before, tr.td.SpanCount(), "the caller's stays as it is")
	require.Equal(t, 1, rest.ResourceSpans().Len())
	spans := rest.ResourceSpans().At(0).ScopeSpans().At(0).Spans()
	require.Equal(t, 2, spans.Len())
	assert.Equal(t, "GET /cart", spans.At(0).Name())
	assert.Equal(t, "render", spans.At(1).Name())

	same, removed := o.Without(rest)
	assert.Zero(t, removed)
	assert.Equal(t, rest, same)
	assert.Zero(t, testing.AllocsPerRun(20, func() { o.Without(rest) }))

	nameless := newTrace()
	nameless.span(t, 0, 0, "POST", client, attrs{"url.full": "https://o42.ingest.us.sentry.io/api/7/envelope/"})
	nameless.span(t, 0, 0, "other", client, nil)
	rest, removed = o.Without(nameless.td)
	assert.Equal(t, 1, removed, "spans without ids are not taken for one another")
	assert.Equal(t, "other", rest.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0).Name())

	// A ring of parents ends the walk too.
	ring := newTrace()
	ring.span(t, 1, 2, "a", internal, attrs{"url.full": "https://o42.ingest.us.sentry.io/api/7/envelope/"})
	ring.span(t, 2, 1, "b", internal, nil)
	rest, removed = o.Without(ring.td)
	assert.Equal(t, 2, removed)
	assert.Zero(t, rest.SpanCount())
}

func BenchmarkOwnTraffic(b *testing.B) {
	o, td := ownTraffic(b), benchTrace(b, 1000).td
	b.ReportAllocs()
	for b.Loop() {
		o.Without(td)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*1000), "ns/span")
}
