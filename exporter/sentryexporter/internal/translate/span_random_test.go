package translate

import (
	"encoding/json"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-sentry/otelcol-sentry/internal/envelope"
	"github.com/otelcol-sentry/otelcol-sentry/internal/segment"
)

// wired is a span as it stands on the wire.
type wired struct {
	Trace  string `json:"trace_id"`
	Span   string `json:"span_id"`
	Parent string `json:"parent_span_id"`
}

// randomForest makes traces over several services, with calls between them, parents that are lost, and every kind of flags and kinds.
func randomForest(r *rand.Rand, n int) ptrace.Traces {
	td := ptrace.NewTraces()
	services := 1 + r.IntN(4)
	for i := range services {
		rs := td.ResourceSpans().AppendEmpty()
		rs.Resource().Attributes().PutInt("service.name", int64(i))
		rs.ScopeSpans().AppendEmpty()
		rs.ScopeSpans().AppendEmpty().Scope().SetName("scope")
	}
	var ids [][2]byte
	for i := range n {
		span := td.ResourceSpans().At(r.IntN(services)).ScopeSpans().At(r.IntN(2)).Spans().AppendEmpty()
		trace := byte(1 + r.IntN(3))
		id := [2]byte{byte(1 + i), byte(i >> 8)}
		span.SetTraceID(pcommon.TraceID{trace})
		span.SetSpanID(pcommon.SpanID{id[0], id[1], trace})
		if len(ids) > 0 && r.IntN(6) > 0 {
			parent := ids[r.IntN(len(ids))]
			span.SetParentSpanID(pcommon.SpanID{parent[0], parent[1], trace}) // now and then of another trace: one that is lost
		}
		ids = append(ids, id)
		span.SetStartTimestamp(pcommon.Timestamp(now - 1_000_000*(1+r.IntN(1000))))
		span.SetEndTimestamp(pcommon.Timestamp(now - 1_000_000*r.IntN(1000)))
		span.SetKind(ptrace.SpanKind(r.IntN(6)))
		span.SetFlags([]uint32{0, 0x100, 0x300}[r.IntN(3)])
		if r.IntN(10) == 0 {
			span.Attributes().PutBool(segment.LateMark, true)
		}
		span.SetName("span")
	}
	return td
}

// batches deals the spans of a request out to several, at random.
func batches(r *rand.Rand, td ptrace.Traces) []ptrace.Traces {
	out := make([]ptrace.Traces, 1+r.IntN(4))
	for b := range out {
		out[b] = ptrace.NewTraces()
		td.CopyTo(out[b])
	}
	for i, rs := range td.ResourceSpans().All() {
		for k, ss := range rs.ScopeSpans().All() {
			goes := make([]int, ss.Spans().Len())
			for s := range goes {
				goes[s] = r.IntN(len(out))
			}
			for b := range out {
				s := -1
				out[b].ResourceSpans().At(i).ScopeSpans().At(k).Spans().RemoveIf(func(ptrace.Span) bool {
					s++
					return goes[s] != b
				})
			}
		}
	}
	return out
}

// transactions are the spans that a request's transactions hold, but for those that stand for further parts, or for a root that is not there. made
// are the segment spans of all transactions.
func transactions(t *testing.T, td ptrace.Traces, limit int, made map[string]bool) (out []wired) {
	var split segment.Splitter
	var spans Spans
	for _, seg := range split.Split(td) {
		for part := range seg.Parts(limit) {
			tx, _ := spans.Transaction(td, part, nil, now)
			payload, fit := envelope.FitTransaction(nil, tx, nil)
			require.True(t, fit.OK)
			var got struct {
				Contexts struct{ Trace wired }
				Spans    []wired
			}
			require.NoError(t, json.Unmarshal(payload, &got))
			_, root := SegmentIDs(seg)
			switch {
			case part.Offset > 0:
				require.Equal(t, root.String(), got.Contexts.Trace.Parent, "a further part hangs below its segment")
			case seg.Rootless():
				require.Equal(t, seg.Root.ParentSpanID().String(), got.Contexts.Trace.Parent)
			default:
				out = append(out, got.Contexts.Trace)
			}
			require.LessOrEqual(t, len(got.Spans), max(2, limit))
			require.False(t, made[got.Contexts.Trace.Span], "Sentry would drop the second transaction with this id")
			made[got.Contexts.Trace.Span] = true
			out = append(out, got.Spans...)
		}
	}
	return out
}

// streams are the spans that a request's containers hold.
func streams(t *testing.T, td ptrace.Traces) (out []wired) {
	split := segment.Splitter{Streamed: true}
	var s Streams
	segments := split.Split(td)
	s.Begin(streamOptions, td, segments, now)
	for trace := range s.Traces() {
		var c envelope.SpanContainer
		c.Reset(nil, trace.ID)
		for _, at := range trace.Segments {
			for i := range 1 + len(segments[at].Spans) {
				require.Equal(t, envelope.SpanAdded, c.Add(s.Span(at, i)))
			}
		}
		var got struct{ Items []wired }
		require.NoError(t, json.Unmarshal(c.Item().Payload, &got))
		out = append(out, got.Items...)
	}
	return out
}

// Every span given arrives exactly once, under its trace and its parent, however the spans are dealt out to requests and parts.
func TestRandomForests(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	for range 400 {
		td := randomForest(r, r.IntN(60))
		want := map[wired]int{}
		for _, rs := range td.ResourceSpans().All() {
			for _, ss := range rs.ScopeSpans().All() {
				for _, s := range ss.Spans().All() {
					want[wired{Trace: s.TraceID().String(), Span: s.SpanID().String(), Parent: s.ParentSpanID().String()}]++
				}
			}
		}
		byTransactions, byStreams, made := map[wired]int{}, map[wired]int{}, map[string]bool{}
		for _, batch := range batches(r, td) {
			for _, s := range transactions(t, batch, 1+r.IntN(10), made) {
				byTransactions[s]++
			}
			for _, s := range streams(t, batch) {
				byStreams[s]++
			}
		}
		require.Equal(t, want, byTransactions)
		require.Equal(t, want, byStreams)
	}
}
