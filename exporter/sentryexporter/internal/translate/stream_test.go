package translate

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-sentry/otelcol-sentry/internal/envelope"
	"github.com/otelcol-sentry/otelcol-sentry/internal/segment"
	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

var streamOptions = StreamOptions{Defaults: Defaults{Environment: "default-environment"}, SDK: envelope.SDK{Name: "sentry.go.otelcol", Version: "1.0.0"}}

// streamed is a streamed span as Sentry reads it.
type streamed struct {
	TraceID, SpanID, ParentSpanID string
	Name, Status                  string
	Segment                       bool
	Start, End                    json.Number
	Attributes                    map[string]any
	Links                         int
}

// stream sends a request through translator and container, each trace in one, and gives the spans by their names, and what was repaired.
func stream(t testing.TB, td ptrace.Traces, received sentry.Time) (map[string][]streamed, Repairs) {
	split := segment.Splitter{Streamed: true}
	var s Streams
	segments := split.Split(td)
	s.Begin(streamOptions, td, segments, received)
	out := map[string][]streamed{}
	var total Repairs
	for trace := range s.Traces() {
		for _, at := range trace.Segments {
			for i := range 1 + len(segments[at].Spans) {
				var c envelope.SpanContainer
				c.Reset(nil, trace.ID)
				require.Equal(t, envelope.SpanAdded, c.Add(s.Span(at, i)))
				one := decodeStreamed(t, c.Item().Payload)
				out[one.Name] = append(out[one.Name], one)
			}
		}
		total.Add(trace.Repairs)
	}
	return out, total
}

func decodeStreamed(t testing.TB, payload []byte) streamed {
	var raw struct {
		Items []struct {
			TraceID      string `json:"trace_id"`
			SpanID       string `json:"span_id"`
			ParentSpanID string `json:"parent_span_id"`
			Name, Status string
			IsSegment    bool        `json:"is_segment"`
			Start        json.Number `json:"start_timestamp"`
			End          json.Number `json:"end_timestamp"`
			Attributes   map[string]struct{ Value any }
			Links        []any
		}
	}
	require.NoError(t, json.Unmarshal(payload, &raw))
	require.Len(t, raw.Items, 1)
	in := raw.Items[0]
	out := streamed{in.TraceID, in.SpanID, in.ParentSpanID, in.Name, in.Status, in.IsSegment, in.Start, in.End, map[string]any{}, len(in.Links)}
	for key, a := range in.Attributes {
		out.Attributes[key] = a.Value
	}
	return out
}

func TestStream(t *testing.T) {
	tr := newTrace()
	res := tr.td.ResourceSpans().At(0).Resource().Attributes()
	attrs{
		"service.version": "shop/1.4", "deployment.environment.name": "production", "telemetry.sdk.language": "nodejs", "host.name": "node-7", "os.type": "linux",
		"k8s.namespace.name": "prod", "process.command_args": []any{"node", "--secret"}, "sentry.internal.x": "y",
	}.to(t, res)
	tr.scope.Scope().SetName("http")
	tr.scope.Scope().SetVersion("0.5")
	root := tr.span(t, 1, 9, "GET /orders/{id}", server, attrs{
		"http.request.method": "GET", "http.route": "/orders/{id}", "http.response.status_code": 200, "server.address": "shop.example", "user.id": "7",
	})
	root.SetFlags(0x300)
	db := tr.span(t, 2, 1, "SELECT orders", client, attrs{"db.system": "mysql", "db.statement": "SELECT * FROM orders", "n": []any{int64(1), int64(2)}})
	db.Status().SetCode(ptrace.StatusCodeError)
	db.Status().SetMessage("unavailable")
	db.Links().AppendEmpty().SetTraceID(pcommon.TraceID{3})
	tr.span(t, 3, 2, "render", internal, attrs{"sentry.op": "ui.render", "sentry.origin": "auto.ui", "sentry.description": "cart", "sentry.status": "cancelled"})

	spans, fixed := stream(t, tr.td, 0)
	assert.Equal(t, Repairs{Links: 1}, fixed)
	shared := map[string]any{
		"sentry.trace_lifecycle": "stream", "sentry.release": "shop-1.4", "sentry.environment": "production", "sentry.platform": "node",
		"sentry.sdk.name": "sentry.go.otelcol", "sentry.sdk.version": "1.0.0", "sentry.origin": "auto.otlp.spans", "server.address": "node-7", "os.name": "linux",
		"os.type": "linux", "host.name": "node-7", "k8s.namespace.name": "prod", "service.name": "shop", "service.version": "shop/1.4",
		"otel.scope.name": "http", "otel.scope.version": "0.5", "sentry.segment.id": "0100000000000000", "sentry.segment.name": "GET /orders/{id}",
	}
	with := func(more map[string]any) map[string]any {
		out := map[string]any{}
		for _, m := range []map[string]any{shared, more} {
			for k, v := range m {
				out[k] = v
			}
		}
		return out
	}
	const trace = "01000000000000000000000000000000"
	assert.Equal(t, []streamed{{
		TraceID: trace, SpanID: "0100000000000000", ParentSpanID: "0900000000000000", Name: "GET /orders/{id}", Status: "ok", Segment: true, Start: "0.000001001", End: "0.000002001",
		Attributes: with(map[string]any{
			"sentry.op": "http.server", "sentry.segment.name.source": "route", "sentry.span.source": "route", "sentry.kind": "server", "sentry.is_remote": true,
			"http.request.method": "GET", "http.route": "/orders/{id}", "http.response.status_code": 200.0, "server.address": "shop.example",
		}),
	}}, spans["GET /orders/{id}"])
	assert.Equal(t, []streamed{{
		TraceID: trace, SpanID: "0200000000000000", ParentSpanID: "0100000000000000", Name: "SELECT orders", Status: "error", Start: "0.000001002", End: "0.000002002",
		Attributes: with(map[string]any{
			"sentry.op": "db.query", "sentry.description": "SELECT * FROM orders", "sentry.status": "unavailable", "sentry.status.message": "unavailable",
			"sentry.kind": "client", "sentry.is_remote": false, "db.system": "mysql", "db.system.name": "mysql", "db.query.text": "SELECT * FROM orders", "n": []any{1.0, 2.0},
		}),
	}}, spans["SELECT orders"])
	assert.Equal(t, []streamed{{
		TraceID: trace, SpanID: "0300000000000000", ParentSpanID: "0200000000000000", Name: "render", Status: "ok", Start: "0.000001003", End: "0.000002003",
		Attributes: with(map[string]any{
			"sentry.op": "ui.render", "sentry.origin": "auto.ui", "sentry.description": "cart", "sentry.status": "cancelled", "sentry.kind": "internal", "sentry.is_remote": false,
		}),
	}}, spans["render"])
}

// What a batch does not know of a segment it does not say, unless the span does.
func TestStreamOfAnUnknownSegment(t *testing.T) {
	tr := newTrace()
	tr.span(t, 2, 9, "late", internal, nil)
	tr.span(t, 3, 2, "below", internal, nil)
	spans, _ := stream(t, tr.td, 0)
	for _, name := range []string{"late", "below"} {
		require.Len(t, spans[name], 1)
		assert.False(t, spans[name][0].Segment)
		assert.NotContains(t, spans[name][0].Attributes, "sentry.segment.id")
		assert.NotContains(t, spans[name][0].Attributes, "sentry.segment.name")
	}
	assert.Equal(t, "0900000000000000", spans["late"][0].ParentSpanID)

	attrs{"sentry.segment.id": "0102030405060708", "sentry.segment.name": "GET /"}.to(t, tr.scope.Spans().At(0).Attributes())
	spans, _ = stream(t, tr.td, 0)
	for _, name := range []string{"late", "below"} {
		assert.Equal(t, "0102030405060708", spans[name][0].Attributes["sentry.segment.id"])
		assert.Equal(t, "GET /", spans[name][0].Attributes["sentry.segment.name"])
	}
	tr.scope.Spans().At(0).Attributes().PutStr("sentry.segment.id", "no id")
	spans, _ = stream(t, tr.td, 0)
	assert.NotContains(t, spans["late"][0].Attributes, "sentry.segment.id")
}

// Spans of one trace come together, whatever their services are, and traces apart.
func TestStreamTraces(t *testing.T) {
	td := ptrace.NewTraces()
	for service := range 3 {
		rs := td.ResourceSpans().AppendEmpty()
		rs.Resource().Attributes().PutInt("service.name", int64(service))
		for k := range 4 {
			s := rs.ScopeSpans().AppendEmpty().Spans().AppendEmpty()
			s.SetTraceID(pcommon.TraceID{byte(1 + k%2)})
			s.SetSpanID(pcommon.SpanID{byte(1 + service), byte(k)})
			s.SetStartTimestamp(pcommon.Timestamp(100 - service*10 + k))
			s.SetEndTimestamp(200)
			if service == 1 {
				s.TraceState().FromRaw("ot=th:8")
			}
		}
	}
	split := segment.Splitter{Streamed: true}
	var s Streams
	segments := split.Split(td)
	s.Begin(streamOptions, td, segments, 0)
	var ids []byte
	seen := map[int]bool{}
	for trace := range s.Traces() {
		ids = append(ids, trace.ID[0])
		assert.Len(t, trace.Segments, 6)
		assert.True(t, slices.IsSorted(trace.Segments))
		assert.Equal(t, "ot=th:8", trace.Head.TraceState().AsRaw(), "the first that knows")
		for _, at := range trace.Segments {
			seen[at] = true
			span, shared := s.Span(at, 0)
			assert.Equal(t, trace.ID, span.TraceID)
			assert.NotNil(t, shared)
		}
	}
	assert.Equal(t, []byte{1, 2}, ids)
	assert.Len(t, seen, len(segments))
	for range s.Traces() {
		break // a caller may stop
	}
}

// All that is moved in a trace is moved by as much.
func TestStreamOfAnOldTrace(t *testing.T) {
	td := ptrace.NewTraces()
	at := func(service int64, id, parent byte, start, end int) {
		rs := td.ResourceSpans().AppendEmpty()
		rs.Resource().Attributes().PutInt("service.name", service)
		s := rs.ScopeSpans().AppendEmpty().Spans().AppendEmpty()
		s.SetTraceID(pcommon.TraceID{1})
		s.SetSpanID(pcommon.SpanID{id})
		s.SetParentSpanID(pcommon.SpanID{parent})
		s.SetName(strconv.Itoa(int(id)))
		if start != 0 || end != 0 {
			s.SetStartTimestamp(pcommon.Timestamp(now + start))
			s.SetEndTimestamp(pcommon.Timestamp(now + end))
		}
	}
	at(1, 1, 0, -40*day, -40*day+10*minute)
	at(2, 2, 1, -40*day+minute, -40*day+2*minute)
	at(2, 3, 2, -40*day+minute, -40*day+3*minute)
	at(1, 4, 1, 0, 0)
	at(1, 5, 1, -minute, minute)
	spans, fixed := stream(t, td, now)
	assert.Equal(t, Repairs{Age: 5, StartTime: 1, EndTime: 1}, fixed)
	seconds := func(name string) [2]json.Number { return [2]json.Number{spans[name][0].Start, spans[name][0].End} }
	assert.Equal(t, [2]json.Number{"1795290600", "1795291200"}, seconds("1"), "ends now")
	assert.Equal(t, [2]json.Number{"1795290660", "1795290720"}, seconds("2"))
	assert.Equal(t, [2]json.Number{"1795290660", "1795290780"}, seconds("3"))
	assert.Equal(t, [2]json.Number{"1795290600", "1795290600"}, seconds("4"))
	assert.Equal(t, [2]json.Number{"1795291200", "1795291200"}, seconds("5"), "outside of it: cut")
	assert.Equal(t, "2026-10-12T20:01:00Z", spans["2"][0].Attributes["sentry.original_time"])

	td = ptrace.NewTraces()
	at(1, 1, 0, -hour, 30*1_000_000_000)
	spans, fixed = stream(t, td, now)
	assert.Zero(t, fixed)
	assert.NotContains(t, spans["1"][0].Attributes, "sentry.original_time")
}

func TestStreamRepairs(t *testing.T) {
	tr := newTrace()
	tr.span(t, 0, 0, "root", internal, nil).SetTraceID(pcommon.TraceID{})
	tr.span(t, 1, 2, "ring", internal, nil)
	tr.span(t, 2, 1, "ring", internal, nil).SetEndTimestamp(0)
	tr.span(t, 0, 1, "no id", internal, nil)
	tr.span(t, 1, 2, "ring", internal, nil)
	tr.span(t, 8, 0, "", internal, nil)
	spans, fixed := stream(t, tr.td, 0)
	assert.Equal(t, Repairs{TraceID: 1, SpanID: 2, ParentSpanID: 1, EndTime: 1}, fixed)
	require.Len(t, spans["root"], 1)
	assert.NotEqual(t, "00000000000000000000000000000000", spans["root"][0].TraceID)
	assert.Equal(t, spans["root"][0].SpanID, spans["root"][0].Attributes["sentry.segment.id"])
	require.Len(t, spans["no id"], 1)
	assert.NotEqual(t, "0000000000000000", spans["no id"][0].SpanID)
	require.Len(t, spans["ring"], 3)
	require.Len(t, spans["default"], 1, "a span without a name has that of its op")
}

// A request costs a few allocations, a span none.
func TestStreamDoesNotAllocate(t *testing.T) {
	for name, trace := range map[string]func(testing.TB, int) trace{"usual": benchTrace, "full": fullTrace} {
		allocations := func(spans int) float64 {
			run := streaming(t, trace(t, spans).td)
			for range 3 {
				run()
			}
			return testing.AllocsPerRun(50, run)
		}
		few := allocations(2)
		assert.LessOrEqual(t, few, 3.0, name)
		assert.Equal(t, few, allocations(200), name)
	}
}

// streaming gives a function that translates and encodes a request of one trace, again and again.
func streaming(t testing.TB, td ptrace.Traces) func() {
	split := segment.Splitter{Streamed: true}
	var s Streams
	var c envelope.SpanContainer
	var buf []byte
	return func() {
		segments := split.Split(td)
		s.Begin(streamOptions, td, segments, now)
		for trace := range s.Traces() {
			c.Reset(buf, trace.ID)
			for _, at := range trace.Segments {
				for i := range 1 + len(segments[at].Spans) {
					if c.Add(s.Span(at, i)) != envelope.SpanAdded {
						t.Fatal("the container is full")
					}
				}
			}
			buf = c.Item().Payload
		}
	}
}

func BenchmarkStream(b *testing.B) {
	for _, n := range []int{10, 1000} {
		b.Run(fmt.Sprintf("translate+encode/%d", n), func(b *testing.B) {
			run := streaming(b, benchTrace(b, n).td)
			b.ReportAllocs()
			for b.Loop() {
				run()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/span")
		})
	}
}

// FuzzStream: whatever a client sends as a request gives containers that break no rule, and every span is in one of them.
func FuzzStream(f *testing.F) {
	broken := newTrace()
	broken.span(f, 1, 2, "a", internal, attrs{"sentry.op": "x", "sentry.segment.id": "y", "l": []any{1, "b"}})
	broken.span(f, 2, 1, "b", server, attrs{"http.target": "?", "sentry-trace_id": 7}).SetEndTimestamp(0)
	for _, td := range []ptrace.Traces{fullTrace(f, 3).td, broken.td, ptrace.NewTraces()} {
		b, err := new(ptrace.ProtoMarshaler).MarshalTraces(td)
		require.NoError(f, err)
		f.Add(b)
	}
	split := segment.Splitter{Streamed: true}
	var s Streams
	d := testDSC(f, "https://k@o1.ingest.sentry.io/1")
	f.Fuzz(func(t *testing.T, data []byte) {
		td, err := new(ptrace.ProtoUnmarshaler).UnmarshalTraces(data)
		if err != nil {
			return
		}
		n := 0
		segments := split.Split(td)
		s.Begin(streamOptions, td, segments, now)
		for trace := range s.Traces() {
			var c envelope.SpanContainer
			c.Reset(nil, trace.ID)
			send := func() {
				n += c.Len()
				at := time.Unix(0, now)
				e, err := envelope.Parse(envelope.AppendEnvelope(nil, envelope.Header{SentAt: at, DSC: d.OfSpan(trace.ID, trace.Head)}, c.Item()))
				require.NoError(t, err)
				require.Empty(t, envelope.CheckWith(e, envelope.CheckOptions{Now: at}))
			}
			for _, at := range trace.Segments {
				for i := range 1 + len(segments[at].Spans) {
					span, shared := s.Span(at, i)
					if fit := c.Add(span, shared); fit == envelope.SpanFull {
						send()
						c.Reset(nil, trace.ID)
						require.NotEqual(t, envelope.SpanFull, c.Add(span, shared))
					} else {
						require.NotEqual(t, envelope.SpanInvalid, fit)
					}
				}
			}
			send()
		}
		require.Equal(t, td.SpanCount(), n)
	})
}
