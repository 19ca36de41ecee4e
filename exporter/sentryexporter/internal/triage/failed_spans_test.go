package triage

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-sentry/otelcol-sentry/exporter/sentryexporter/internal/triage/rules"
)

func TestParseStatusRange(t *testing.T) {
	for s, want := range map[string]StatusRange{"500-599": {500, 599}, "503": {503, 503}, " 400 - 404 ": {400, 404}} {
		got, err := ParseStatusRange(s)
		require.NoError(t, err, s)
		assert.Equal(t, want, got)
	}
	for _, s := range []string{"", "5xx", "599-500", "500-", "-599", "99", "600", "500-600", "1-2-3"} {
		_, err := ParseStatusRange(s)
		assert.ErrorContains(t, err, "500-599", s)
	}
}

// of makes a span of a kind with attributes.
func of(name string, kind ptrace.SpanKind, attrs map[string]any, more ...func(ptrace.Span)) func(ptrace.Span) {
	return func(span ptrace.Span) {
		span.SetName(name)
		span.SetKind(kind)
		for key, value := range attrs {
			_ = span.Attributes().PutEmpty(key).FromRaw(value) // texts and numbers
		}
		for _, f := range more {
			f(span)
		}
	}
}

func becauseOfADeadlock(span ptrace.Span) {
	failed(span)
	span.Status().SetMessage("deadlock detected\nSQL: x")
}

func failedSpans(change ...func(*Config)) *Project {
	return configured(func(cfg *Config) {
		cfg.FailedSpans = FailedSpans{HTTP: true, DB: true, RPC: true, Status: []StatusRange{{500, 599}}}
		for _, f := range change {
			f(cfg)
		}
	}).Project(project, "shop")
}

func TestWhichSpansFailed(t *testing.T) {
	server, client, internal := ptrace.SpanKindServer, ptrace.SpanKindClient, ptrace.SpanKindInternal
	for name, tt := range map[string]struct {
		span  func(ptrace.Span)
		title string // "": no event
	}{
		"server":                {of("GET /pay", server, map[string]any{"http.response.status_code": 503}), "HTTP 503: GET /pay"},
		"server, old":           {of("GET /pay", server, map[string]any{"http.status_code": "500"}), "HTTP 500: GET /pay"},
		"client":                {of("GET", client, map[string]any{"http.response.status_code": 502}), "HTTP 502: GET"},
		"internal":              {of("GET", internal, map[string]any{"http.response.status_code": 502}), ""},
		"not in the range":      {of("GET /pay", server, map[string]any{"http.response.status_code": 404}, failed), ""},
		"well":                  {of("GET /pay", server, map[string]any{"http.response.status_code": 200}), ""},
		"database":              {of("SELECT cart", client, map[string]any{"db.system.name": "postgresql"}, becauseOfADeadlock), "Query failed: SELECT cart: deadlock detected"},
		"database, old":         {of("SELECT cart", client, map[string]any{"db.system": "mysql"}, failed), "Query failed: SELECT cart"},
		"database, well":        {of("SELECT cart", client, map[string]any{"db.system": "mysql"}), ""},
		"database over HTTP":    {of("search", client, map[string]any{"db.system": "elasticsearch", "http.response.status_code": 503}), ""},
		"gRPC":                  {of("shop.Cart/Get", server, map[string]any{"rpc.system": "grpc", "rpc.grpc.status_code": 14}), "RPC UNAVAILABLE: shop.Cart/Get"},
		"gRPC, client's fault":  {of("shop.Cart/Get", server, map[string]any{"rpc.system": "grpc", "rpc.grpc.status_code": 5}), ""},
		"RPC":                   {of("shop.Cart/Get", client, map[string]any{"rpc.system": "apache_dubbo"}, becauseOfADeadlock), "RPC failed: shop.Cart/Get: deadlock detected"},
		"a step that failed":    {of("compute", internal, nil, failed), ""},
		"a client span":         {of("connect", client, nil, failed), ""},
		"with its exception":    {of("GET /pay", server, map[string]any{"http.response.status_code": 503}, throws(javaTrace)), ""},
		"handled one is no why": {of("GET /pay", server, map[string]any{"http.response.status_code": 503}, func(s ptrace.Span) { recordException(s, javaTrace) }), "HTTP 503: GET /pay"},
	} {
		t.Run(name, func(t *testing.T) {
			td := tracesOf(tt.span)
			td.MarkReadOnly()
			var titles []string
			b := failedSpans().Traces(td, nil)
			for _, rec := range records(b.Events) {
				if rec.EventName() != exceptionEvent {
					titles = append(titles, rec.Body().Str())
					assert.Equal(t, SourceSpanEvent, ReadVerdict(rec).Source)
					assert.Equal(t, traceID, rec.TraceID())
					assert.Equal(t, now.Add(-1e9), rec.Timestamp().AsTime())
				}
			}
			if tt.title == "" {
				assert.Empty(t, titles)
			} else {
				assert.Equal(t, []string{tt.title}, titles)
			}
			off := failedSpans(func(cfg *Config) { cfg.FailedSpans.HTTP, cfg.FailedSpans.DB, cfg.FailedSpans.RPC = false, false, false })
			for _, rec := range records(off.Traces(td, nil).Events) {
				assert.Equal(t, exceptionEvent, rec.EventName(), "switched off")
			}
		})
	}
}

// Of spans inside one another that failed the innermost is the reason; an exception inside is a better one.
func TestTheInnermostFailureIsTheReason(t *testing.T) {
	serverSpan := of("GET /pay", ptrace.SpanKindServer, map[string]any{"http.response.status_code": 500}, failed)
	step := of("pay", ptrace.SpanKindInternal, nil, failed)
	query := of("SELECT cart", ptrace.SpanKindClient, map[string]any{"db.system": "mysql"}, failed)
	b := failedSpans().Traces(tracesOf(serverSpan, step, query), nil)
	require.Equal(t, 1, b.Offered())
	assert.Equal(t, "Query failed: SELECT cart", records(b.Events)[0].Body().Str())
	assert.Equal(t, 2, b.Seen)
	assert.Equal(t, 1, b.Answered[Explained])

	b = failedSpans().Traces(tracesOf(serverSpan, func(s ptrace.Span) { step(s); recordException(s, javaTrace) }), nil)
	require.Equal(t, 1, b.Offered())
	assert.Equal(t, exceptionEvent, records(b.Events)[0].EventName())

	itself := tracesOf(query)
	itself.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0).SetParentSpanID(pcommon.SpanID{1})
	assert.Equal(t, 1, failedSpans().Traces(itself, nil).Offered(), "its own parent")
	circle := tracesOf(serverSpan, query)
	circle.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0).SetParentSpanID(pcommon.SpanID{2})
	assert.Equal(t, 2, failedSpans().Traces(circle, nil).Answered[Explained], "each failed in the other")
}

func TestAFailedSpanHasOneID(t *testing.T) {
	td := tracesOf(of("GET /pay", ptrace.SpanKindServer, map[string]any{"http.response.status_code": 500}))
	p := failedSpans()
	first := p.Traces(td, nil)
	require.Equal(t, 1, first.Offered())
	assert.Equal(t, ids(first), ids(failedSpans().Traces(td, nil)))
	first.Commit()
	assert.Equal(t, 1, p.Traces(td, nil).Answered[Duplicate])
	td.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0).SetSpanID(pcommon.SpanID{7})
	assert.NotEqual(t, ids(first), ids(p.Traces(td, nil)))

	td.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0).SetTraceID(pcommon.TraceID{})
	assert.Equal(t, 1, p.Traces(td, nil).Offered(), "broken ids are no reason to say nothing")
}

func TestRulesForFailedSpans(t *testing.T) {
	p := failedSpans(func(cfg *Config) { cfg.Exclude = compiled(t, rules.Rule{Messages: []string{"^HTTP 503"}}) })
	b := p.Traces(tracesOf(of("GET /pay", ptrace.SpanKindServer, map[string]any{"http.response.status_code": 503})), nil)
	assert.Equal(t, 1, b.Answered[Excluded])
}

// A 404 is the client's fault also on the spans inside of the request; not beyond another request.
func TestClientErrorsAroundASpan(t *testing.T) {
	server404 := of("GET /x", ptrace.SpanKindServer, map[string]any{"http.response.status_code": 404})
	inside := func(s ptrace.Span) { throws(javaTrace)(s); s.SetKind(ptrace.SpanKindInternal) }
	p := newTriage().Project(project, "")
	assert.Equal(t, 1, p.Traces(tracesOf(server404, inside), nil).Answered[ClientError])
	assert.Equal(t, 1, p.Traces(tracesOf(server404, of("step", ptrace.SpanKindInternal, nil), inside), nil).Answered[ClientError])
	assert.Equal(t, 1, p.Traces(tracesOf(server404, of("GET /y", ptrace.SpanKindServer, nil), inside), nil).Offered())
	assert.Equal(t, 1, p.Traces(tracesOf(server404, of("GET", ptrace.SpanKindClient, map[string]any{"http.response.status_code": 500}, throws(javaTrace))), nil).Offered())
}
