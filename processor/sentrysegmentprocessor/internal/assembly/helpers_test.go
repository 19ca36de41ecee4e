package assembly

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-sentry/otelcol-sentry/internal/segment"
)

// The bits of span flags.
const (
	hasIsRemote = 0x100
	remote      = 0x300
)

// s is a span of a test: its name is its id.
type s struct {
	id, parent byte
	kind       ptrace.SpanKind
	flags      uint32
	trace      byte   // 0: trace 1
	service    string // "": a
}

func (in s) traces() ptrace.Traces {
	td := ptrace.NewTraces()
	rs := td.ResourceSpans().AppendEmpty()
	if in.service == "" {
		in.service = "a"
	}
	rs.Resource().Attributes().PutStr("service.name", in.service)
	span := rs.ScopeSpans().AppendEmpty().Spans().AppendEmpty()
	span.SetTraceID(pcommon.TraceID{max(in.trace, 1)})
	span.SetSpanID(pcommon.SpanID{in.id})
	span.SetParentSpanID(pcommon.SpanID{in.parent})
	span.SetKind(in.kind)
	span.SetFlags(in.flags)
	return td
}

// addAll adds the spans of td. entry is their place in the journal.
func addAll(a *Assembly, now Instant, td ptrace.Traces, entry uint64) (bytes int64) {
	index := uint32(0)
	for _, rs := range td.ResourceSpans().All() {
		res, known := a.Resource(rs, segment.ResourceKey(rs.Resource()))
		bytes += ResourceBytes(rs) - known
		for _, ss := range rs.ScopeSpans().All() {
			o, known := a.Origin(res, ss)
			bytes += ScopeBytes(ss) - known
			for _, span := range ss.Spans().All() {
				n := SpanBytes(span)
				bytes += n
				a.Add(now, Arrival{Span: span, Origin: o, Bytes: n, Place: Place{Entry: entry, Index: index}})
				index++
			}
		}
	}
	return bytes
}

const (
	wait = 2 * time.Second
	idle = 30 * time.Second
	lots = 1 << 30 // bytes
)

func newTest(change ...func(*Options)) *Assembly {
	opts := Options{WaitAfterRoot: wait, IdleTimeout: idle, MaxSegmentBytes: lots, Remember: 1000, Places: true}
	for _, f := range change {
		f(&opts)
	}
	return New(opts)
}

// left are the ids of the spans in a request, in order, and what it was counted as.
func left(req *Request) (ids []byte) {
	if req == nil {
		return nil
	}
	for _, span := range spansOf(req.Traces) {
		ids = append(ids, span.SpanID()[0])
	}
	return ids
}

func spansOf(td ptrace.Traces) (spans []ptrace.Span) {
	for _, rs := range td.ResourceSpans().All() {
		for _, ss := range rs.ScopeSpans().All() {
			for _, span := range ss.Spans().All() {
				spans = append(spans, span)
			}
		}
	}
	return spans
}

// check holds the Assembly to what must be so between two calls.
func check(t *testing.T, a *Assembly) {
	t.Helper()
	seen := map[int32]bool{}
	spans, indexed := 0, 0
	for q := range a.queues {
		before, last := int32(none), Instant(-1)
		for g := a.queues[q].first; g != none; g = a.groups[g].after {
			at := &a.groups[g]
			require.Equal(t, before, at.before)
			require.Equal(t, queue(q), at.queue)
			require.LessOrEqual(t, last, at.since, "in order of time")
			before, last = g, at.since
			n, held := int32(0), int32(0)
			for i := at.first; i != none; i = a.nodes[i].next {
				require.False(t, seen[i])
				seen[i] = true
				require.Equal(t, g, a.nodes[i].group)
				n++
				if !a.nodes[i].missing {
					held++
				}
				if a.nodes[i].indexed {
					indexed++
				}
				if a.nodes[i].next == none {
					require.Equal(t, at.last, i)
				}
			}
			require.Equal(t, at.nodes, n)
			require.Equal(t, at.spans, held)
			require.Positive(t, held)
			spans += int(held)
		}
		require.Equal(t, a.queues[q].last, before)
	}
	require.Equal(t, a.Spans(), spans)
	for key, n := range a.index {
		for ; n != none; n = a.nodes[n].other {
			require.Equal(t, key, a.nodes[n].key)
			require.True(t, seen[n])
			indexed--
		}
	}
	require.Zero(t, indexed)
}

// originOf is the origin of the only ScopeSpans of td.
func originOf(a *Assembly, td ptrace.Traces) *Origin {
	rs := td.ResourceSpans().At(0)
	res, _ := a.Resource(rs, segment.ResourceKey(rs.Resource()))
	o, _ := a.Origin(res, rs.ScopeSpans().At(0))
	return o
}
