package translate

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-sentry/otelcol-sentry/internal/segment"
	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

type attrs map[string]any

// attributes in the order of their keys: a Go map has none.
func (a attrs) to(t testing.TB, m pcommon.Map) {
	var keys []string
	for key := range a {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	for _, key := range keys {
		require.NoError(t, m.PutEmpty(key).FromRaw(a[key]))
	}
}

const (
	server   = ptrace.SpanKindServer
	client   = ptrace.SpanKindClient
	producer = ptrace.SpanKindProducer
	consumer = ptrace.SpanKindConsumer
	internal = ptrace.SpanKindInternal
)

// trace makes a request of one service and one scope. Span 1 is the root of the rest.
type trace struct {
	td    ptrace.Traces
	scope ptrace.ScopeSpans
}

func newTrace() trace {
	td := ptrace.NewTraces()
	rs := td.ResourceSpans().AppendEmpty()
	rs.Resource().Attributes().PutStr("service.name", "shop")
	return trace{td, rs.ScopeSpans().AppendEmpty()}
}

func (tr trace) span(t testing.TB, id, parent byte, name string, kind ptrace.SpanKind, a attrs) ptrace.Span {
	s := tr.scope.Spans().AppendEmpty()
	s.SetTraceID(pcommon.TraceID{1})
	s.SetSpanID(pcommon.SpanID{id})
	s.SetParentSpanID(pcommon.SpanID{parent})
	s.SetStartTimestamp(pcommon.Timestamp(1000 + int(id)))
	s.SetEndTimestamp(pcommon.Timestamp(2000 + int(id)))
	s.SetName(name)
	s.SetKind(kind)
	s.SetFlags(0x100)
	a.to(t, s.Attributes())
	return s
}

// only translates a request that is one segment.
func (tr trace) only(t testing.TB) (*sentry.Transaction, Repairs) {
	var sp segment.Splitter
	segs := sp.Split(tr.td)
	require.Len(t, segs, 1)
	return new(Spans).Transaction(tr.td, segs[0], nil, 0)
}

// asRoot and asChild translate one span in the two places it can stand at.
func asRoot(t testing.TB, name string, kind ptrace.SpanKind, a attrs, change ...func(ptrace.Span)) *sentry.Transaction {
	tr := newTrace()
	s := tr.span(t, 1, 0, name, kind, a)
	for _, c := range change {
		c(s)
	}
	tx, _ := tr.only(t)
	return tx
}

func asChild(t testing.TB, name string, kind ptrace.SpanKind, a attrs, change ...func(ptrace.Span)) sentry.Span {
	tr := newTrace()
	tr.span(t, 1, 0, "root", internal, nil)
	s := tr.span(t, 2, 1, name, kind, a)
	for _, c := range change {
		c(s)
	}
	tx, _ := tr.only(t)
	require.Len(t, tx.Spans, 1)
	return tx.Spans[0]
}

// plain is a list of attributes as Go values; a key that stands twice is a failure.
func plain(t testing.TB, list []sentry.Attr) map[string]any {
	out := map[string]any{}
	for _, a := range list {
		_, twice := out[a.Key]
		require.False(t, twice, a.Key)
		out[a.Key] = plainValue(t, a.Value)
	}
	return out
}

func plainValue(t testing.TB, v sentry.Value) any {
	switch v.Kind() {
	case sentry.KindString:
		return v.Str()
	case sentry.KindInt:
		return v.IntVal()
	case sentry.KindDouble:
		return v.DoubleVal()
	case sentry.KindBool:
		return v.BoolVal()
	case sentry.KindList:
		out := []any{}
		for _, e := range v.ListVal() {
			out = append(out, plainValue(t, e))
		}
		return out
	case sentry.KindMap:
		return plain(t, v.MapVal())
	}
	return nil
}

func TestTransaction(t *testing.T) {
	tr := newTrace()
	tr.scope.Scope().SetName("io.opentelemetry.tomcat-10.0")
	tr.scope.Scope().SetVersion("2.10.0")
	tr.scope.Scope().Attributes().PutStr("short_name", "tomcat")
	root := tr.span(t, 1, 9, "GET /orders/{id}", server, attrs{
		"http.request.method": "GET", "http.route": "/orders/{id}", "http.response.status_code": 200,
		"url.scheme": "https", "server.address": "shop.example", "server.port": 443, "url.path": "/orders/17", "url.query": "full=1",
	})
	root.SetFlags(0x300)
	tr.span(t, 2, 1, "SELECT orders", client, attrs{"db.system": "mysql", "db.statement": "SELECT * FROM orders", "db.user": "u"})
	tr.span(t, 3, 2, "render", internal, nil).Status().SetMessage("half done")

	tx, fixed := tr.only(t)
	assert.Zero(t, fixed)
	assert.Equal(t, "GET /orders/{id}", tx.Name)
	assert.Equal(t, "route", tx.Source)
	assert.Equal(t, sentry.Time(1001), tx.Start)
	assert.Equal(t, sentry.Time(2001), tx.End)
	assert.True(t, tx.ID.IsZero(), "the id is the caller's")
	assert.Equal(t, sentry.TraceID{1}, tx.Trace.TraceID)
	assert.Equal(t, sentry.SpanID{1}, tx.Trace.SpanID)
	assert.Equal(t, sentry.SpanID{9}, tx.Trace.ParentSpanID)
	assert.Equal(t, "http.server", tx.Trace.Op)
	assert.Equal(t, "ok", tx.Trace.Status)
	assert.Equal(t, "auto.otlp.spans", tx.Trace.Origin)
	assert.Equal(t, &sentry.Request{Method: "GET", URL: "https://shop.example/orders/17", QueryString: "full=1"}, tx.Request)
	assert.Equal(t, []sentry.Context{{Key: "response", Fields: []sentry.Attr{{Key: "status_code", Value: sentry.Int(200)}}}}, tx.Contexts)
	assert.Equal(t, map[string]any{
		"http.request.method": "GET", "http.route": "/orders/{id}", "http.response.status_code": int64(200),
		"url.scheme": "https", "server.address": "shop.example", "server.port": int64(443), "url.path": "/orders/17", "url.query": "full=1",
		"otel.kind": "SERVER", "otel.scope.name": "io.opentelemetry.tomcat-10.0", "otel.scope.version": "2.10.0", "otel.scope.short_name": "tomcat",
	}, plain(t, tx.Trace.Data))

	require.Len(t, tx.Spans, 2)
	db := tx.Spans[0]
	assert.Equal(t, sentry.SpanID{2}, db.SpanID)
	assert.Equal(t, sentry.SpanID{1}, db.ParentSpanID)
	assert.Equal(t, sentry.TraceID{1}, db.TraceID)
	assert.Equal(t, "db.query", db.Op)
	assert.Equal(t, "SELECT * FROM orders", db.Description)
	data := plain(t, db.Data)
	assert.Equal(t, "SELECT orders", data["sentry.name"], "the span's name, where the description says something else")
	assert.Equal(t, "mysql", data["db.system"])
	assert.Equal(t, "mysql", data["db.system.name"], "backfill: both")
	assert.Equal(t, "SELECT * FROM orders", data["db.query.text"])
	assert.NotContains(t, data, "db.statement", "normalize: the new key only")
	assert.Equal(t, "CLIENT", data["otel.kind"])

	render := tx.Spans[1]
	assert.Equal(t, "default", render.Op)
	assert.Equal(t, "render", render.Description)
	assert.Equal(t, map[string]any{
		"sentry.status.message": "half done", "otel.scope.name": "io.opentelemetry.tomcat-10.0", "otel.scope.version": "2.10.0", "otel.scope.short_name": "tomcat",
	}, plain(t, render.Data), "INTERNAL is not worth saying")
}

func TestSpanData(t *testing.T) {
	for name, tc := range map[string]struct {
		in, want attrs
		kind     ptrace.SpanKind
	}{
		"types": {
			in:   attrs{"s": "x", "i": int64(1), "d": 1.5, "b": true, "l": []any{"a", int64(2)}, "m": map[string]any{"k": "v"}, "n": nil, "empty": "", "bytes": []byte("raw")},
			want: attrs{"s": "x", "i": int64(1), "d": 1.5, "b": true, "l": []any{"a", int64(2)}, "m": `{"k":"v"}`, "empty": "", "bytes": "raw"},
		},
		"what is the exporter's own is not shown": {
			in: attrs{"sentry.internal.event_id": "x", "sentry.internal.": 1, "sentry.internals": 2}, want: attrs{"sentry.internals": int64(2)},
		},
		"backfill does not overwrite": {
			in: attrs{"http.method": "get", "http.request.method": "GET"}, want: attrs{"http.method": "get", "http.request.method": "GET"},
		},
		"normalize leaves no old key": {
			in: attrs{"db.operation": "x", "db.operation.name": "y"}, want: attrs{"db.operation.name": "y"},
		},
		"one new key for several old ones: the best": {
			in:   attrs{"http.response_content_length": 7, "http.response.header.content-length": "7"},
			want: attrs{"http.response_content_length": int64(7), "http.response.header.content-length": "7", "http.response.body.size": int64(7)},
		},
		"bare words are the user's": {
			in: attrs{"method": "card", "query": "shoes", "code": "x", "url": "u", "port": 1}, want: attrs{"method": "card", "query": "shoes", "code": "x", "url": "u", "port": int64(1)},
		},
		"a list does not become text": {
			in: attrs{"ai.tools": []any{"t"}}, want: attrs{"ai.tools": []any{"t"}},
		},
		"peer of a caller is the server": {
			in: attrs{"net.peer.name": "db", "net.peer.port": 5432}, kind: client,
			want: attrs{"net.peer.name": "db", "net.peer.port": int64(5432), "server.address": "db", "server.port": int64(5432), "otel.kind": "CLIENT"},
		},
		"peer of a server is the client": {
			in: attrs{"net.peer.name": "caller", "net.host.name": "me"}, kind: server,
			want: attrs{"net.peer.name": "caller", "net.host.name": "me", "server.address": "me", "otel.kind": "SERVER"},
		},
		"a caller's own host is not the server": {
			in: attrs{"net.host.name": "me"}, kind: client, want: attrs{"net.host.name": "me", "otel.kind": "CLIENT"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := plain(t, asChild(t, "n", tc.kind, tc.in).Data)
			delete(got, "sentry.name") // not among the attributes
			assert.Equal(t, map[string]any(tc.want), got)
		})
	}
}

func TestWhatAnSDKSaysWins(t *testing.T) {
	said := attrs{
		"sentry.op": "my.op", "sentry.description": "my description", "sentry.origin": "auto.http.otel.http", "sentry.status": "aborted",
		"http.request.method": "GET", "url.full": "http://h/p", "http.response.status_code": 200,
	}
	span := asChild(t, "GET", client, said)
	assert.Equal(t, "my.op", span.Op)
	assert.Equal(t, "my description", span.Description)
	assert.Equal(t, "auto.http.otel.http", span.Origin)
	assert.Equal(t, "aborted", span.Status)

	said["sentry.custom_span_name"], said["sentry.source"] = "checkout", "task"
	tx := asRoot(t, "GET", server, said)
	assert.Equal(t, "my.op", tx.Trace.Op)
	assert.Equal(t, "auto.http.otel.http", tx.Trace.Origin)
	assert.Equal(t, "checkout", tx.Name)
	assert.Equal(t, "task", tx.Source)

	// What is no valid value does not.
	odd := attrs{"sentry.origin": "no good", "sentry.source": "hearsay", "sentry.status": "splendid", "sentry.op": ""}
	tx = asRoot(t, "work", internal, odd)
	assert.Equal(t, "auto.otlp.spans", tx.Trace.Origin)
	assert.Equal(t, "custom", tx.Source)
	assert.Equal(t, "ok", tx.Trace.Status)
	assert.Equal(t, "default", tx.Trace.Op)
}

func TestLinks(t *testing.T) {
	tr := newTrace()
	s := tr.span(t, 1, 0, "batch", consumer, nil)
	for _, l := range []struct {
		trace, span byte
		flags       uint32
	}{{2, 3, 0x101}, {2, 4, 0x100}, {2, 5, 1}, {0, 6, 0}, {2, 0, 0}} {
		link := s.Links().AppendEmpty()
		link.SetTraceID(pcommon.TraceID{l.trace})
		link.SetSpanID(pcommon.SpanID{l.span})
		link.SetFlags(l.flags)
		attrs{"n": int(l.span), "sentry.internal.x": 1}.to(t, link.Attributes())
	}
	tx, fixed := tr.only(t)
	assert.Equal(t, Repairs{Links: 2}, fixed)
	require.Len(t, tx.Trace.Links, 3)
	for i, sampled := range []sentry.Tri{sentry.True, sentry.False, sentry.Unset} {
		l := tx.Trace.Links[i]
		assert.Equal(t, sentry.TraceID{2}, l.TraceID)
		assert.Equal(t, sentry.SpanID{byte(3 + i)}, l.SpanID)
		assert.Equal(t, sampled, l.Sampled)
		assert.Equal(t, map[string]any{"n": int64(3 + i)}, plain(t, l.Attrs))
	}
}

func TestTimeRepairs(t *testing.T) {
	type times struct{ start, end int }
	for name, tc := range map[string]struct {
		root, child         times
		wantRoot, wantChild times
		fixed               Repairs
	}{
		"sound":                  {times{5, 9}, times{6, 7}, times{5, 9}, times{6, 7}, Repairs{}},
		"no duration is sound":   {times{5, 5}, times{6, 6}, times{5, 5}, times{6, 6}, Repairs{}},
		"end before start":       {times{5, 4}, times{6, 2}, times{5, 5}, times{6, 6}, Repairs{EndTime: 2}},
		"no end":                 {times{5, 0}, times{6, 0}, times{5, 5}, times{6, 6}, Repairs{EndTime: 2}},
		"no start":               {times{0, 9}, times{0, 7}, times{9, 9}, times{7, 7}, Repairs{StartTime: 2}},
		"child without":          {times{5, 9}, times{0, 0}, times{5, 9}, times{5, 5}, Repairs{StartTime: 1, EndTime: 1}},
		"root without":           {times{0, 0}, times{6, 7}, times{6, 7}, times{6, 7}, Repairs{StartTime: 1, EndTime: 1}},
		"nothing but receipt":    {times{0, 0}, times{0, 0}, times{77, 77}, times{77, 77}, Repairs{StartTime: 2, EndTime: 2}},
		"child outside its root": {times{5, 9}, times{1, 20}, times{5, 9}, times{1, 20}, Repairs{}},
	} {
		t.Run(name, func(t *testing.T) {
			tr := newTrace()
			for i, in := range []times{tc.root, tc.child} {
				s := tr.span(t, byte(i+1), byte(i), "n", internal, nil)
				s.SetStartTimestamp(pcommon.Timestamp(in.start))
				s.SetEndTimestamp(pcommon.Timestamp(in.end))
			}
			var sp segment.Splitter
			tx, fixed := new(Spans).Transaction(tr.td, sp.Split(tr.td)[0], nil, 77)
			assert.Equal(t, tc.wantRoot, times{int(tx.Start), int(tx.End)})
			assert.Equal(t, tc.wantChild, times{int(tx.Spans[0].Start), int(tx.Spans[0].End)})
			assert.Equal(t, tc.fixed, fixed)
		})
	}
}

func TestIDRepairs(t *testing.T) {
	tr := newTrace()
	for i := range 2 { // roots without any id
		s := tr.span(t, 0, 0, "root", internal, nil)
		s.SetTraceID(pcommon.TraceID{})
		s.SetStartTimestamp(pcommon.Timestamp(i))
	}
	tr.span(t, 1, 0, "root", internal, nil)
	tr.span(t, 0, 1, "child", internal, nil)
	tr.span(t, 0, 1, "child", internal, nil)

	translate := func() (ids []string, total Repairs) {
		var sp segment.Splitter
		var spans Spans
		for _, seg := range sp.Split(tr.td) {
			tx, fixed := spans.Transaction(tr.td, seg, nil, 0)
			total.Add(fixed)
			require.False(t, tx.Trace.TraceID.IsZero())
			require.False(t, tx.Trace.SpanID.IsZero())
			ids = append(ids, tx.Trace.TraceID.String()+tx.Trace.SpanID.String())
			for _, s := range tx.Spans {
				require.False(t, s.SpanID.IsZero())
				require.Equal(t, tx.Trace.SpanID, s.ParentSpanID)
				ids = append(ids, s.SpanID.String())
			}
		}
		return ids, total
	}
	ids, fixed := translate()
	assert.Equal(t, Repairs{TraceID: 2, SpanID: 4, StartTime: 1}, fixed)
	require.Len(t, ids, 5)
	slices.Sort(ids)
	assert.Len(t, slices.Compact(slices.Clone(ids)), 5, "no two alike")
	again, _ := translate()
	slices.Sort(again)
	assert.Equal(t, ids, again, "the same every time")
}

func TestCycle(t *testing.T) {
	tr := newTrace()
	tr.span(t, 1, 2, "a", internal, nil)
	tr.span(t, 2, 1, "b", internal, nil)
	tx, fixed := tr.only(t)
	assert.Equal(t, Repairs{ParentSpanID: 1}, fixed)
	assert.Equal(t, sentry.SpanID{1}, tx.Trace.SpanID)
	assert.True(t, tx.Trace.ParentSpanID.IsZero())
	require.Len(t, tx.Spans, 1)
	assert.Equal(t, sentry.SpanID{1}, tx.Spans[0].ParentSpanID)
}

func TestOrphanIsMarked(t *testing.T) {
	tr := newTrace()
	tr.span(t, 2, 9, "late", internal, nil)
	tx, _ := tr.only(t)
	assert.Equal(t, sentry.SpanID{9}, tx.Trace.ParentSpanID)
	assert.Equal(t, map[string]any{"sentry.parent_span_already_sent": true}, plain(t, tx.Trace.Data))
}

func TestCopyOfARootDoesNotHangUnderItself(t *testing.T) {
	tr := newTrace()
	tr.span(t, 1, 0, "a", internal, nil)
	tr.span(t, 1, 0, "a", internal, nil)
	tx, _ := tr.only(t)
	require.Len(t, tx.Spans, 1)
	assert.Equal(t, tx.Trace.SpanID, tx.Spans[0].SpanID)
	assert.True(t, tx.Spans[0].ParentSpanID.IsZero())
}

func TestContinuation(t *testing.T) {
	tr := newTrace()
	tr.span(t, 1, 9, "GET /", server, attrs{"http.request.method": "GET", "http.route": "/", "http.response.status_code": 500}).SetFlags(0x300)
	for i := range 5 {
		tr.span(t, byte(2+i), 1, "work", internal, nil)
	}
	tr.scope.Spans().At(0).SetEndTimestamp(0)
	var sp segment.Splitter
	var spans Spans
	seg := sp.Split(tr.td)[0]

	seen := map[sentry.SpanID]bool{}
	ids := map[sentry.SpanID]bool{}
	var total Repairs
	for part := range seg.Parts(2) {
		tx, fixed := spans.Transaction(tr.td, part, nil, 0)
		total.Add(fixed)
		assert.Equal(t, "GET /", tx.Name)
		assert.Equal(t, "route", tx.Source)
		assert.Equal(t, sentry.TraceID{1}, tx.Trace.TraceID)
		ids[tx.Trace.SpanID] = true
		for _, s := range tx.Spans {
			seen[s.SpanID] = true
			assert.Equal(t, sentry.SpanID{1}, s.ParentSpanID, "parents stay as they are")
			if part.Offset > 0 {
				assert.LessOrEqual(t, tx.Start, s.Start)
				assert.GreaterOrEqual(t, tx.End, s.End)
			}
		}
		if part.Offset == 0 {
			assert.Equal(t, sentry.SpanID{1}, tx.Trace.SpanID)
			assert.Equal(t, sentry.SpanID{9}, tx.Trace.ParentSpanID)
			assert.NotNil(t, tx.Request)
			continue
		}
		assert.Equal(t, sentry.SpanID{1}, tx.Trace.ParentSpanID)
		assert.Equal(t, sentry.SpanID(segment.PartSpanID(pcommon.TraceID{1}, pcommon.SpanID{1}, part.Offset)), tx.Trace.SpanID)
		assert.Equal(t, "ok", tx.Trace.Status, "one failure counts once")
		assert.Equal(t, "default", tx.Trace.Op)
		assert.Nil(t, tx.Request)
		assert.Empty(t, tx.Contexts)
		assert.Equal(t, map[string]any{"otelcol.segment.offset": int64(part.Offset)}, plain(t, tx.Trace.Data))
	}
	assert.Len(t, seen, 5)
	assert.Len(t, ids, 3)
	assert.Equal(t, Repairs{EndTime: 1, Parts: 2}, total, "the segment span is counted once")
}

// The strings of a result are borrowed from memory that grows while it is made: what was written before must stay.
func TestTextsStayWhileMemoryGrows(t *testing.T) {
	tr := newTrace()
	tr.span(t, 1, 0, "root", internal, nil)
	for i := range 200 {
		tr.span(t, byte(2+i), 1, "call", client, attrs{"http.request.method": "GET", "url.full": "http://h/" + strings.Repeat("x", i)})
	}
	var sp segment.Splitter
	var spans Spans
	for range 2 {
		tx, _ := spans.Transaction(tr.td, sp.Split(tr.td)[0], nil, 0)
		for i, s := range tx.Spans {
			require.Equal(t, "GET http://h/"+strings.Repeat("x", i), s.Description)
		}
	}
}
