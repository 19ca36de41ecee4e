package translate

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-sentry/otelcol-sentry/internal/segment"
	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// rootless is three spans of a service whose parent, 9, did not come, and one below the second.
func rootless(t *testing.T) trace {
	tr := newTrace()
	for i, parent := range []byte{9, 9, 2, 9} {
		span := tr.span(t, byte(1+i), parent, "work", internal, nil)
		span.SetStartTimestamp(pcommon.Timestamp(1000 + 10*i))
		span.SetEndTimestamp(pcommon.Timestamp(2000 - 10*i))
	}
	return tr
}

func (tr trace) at(i int) ptrace.Span { return tr.scope.Spans().At(i) }

func TestSegmentWithoutItsRoot(t *testing.T) {
	tr := rootless(t)
	tr.at(1).SetEndTimestamp(3000)
	var sp segment.Splitter
	seg := sp.Split(tr.td)[0]
	tx, fixed := tr.only(t)
	assert.Zero(t, fixed)
	assert.Equal(t, "(root span missing)", tx.Name)
	assert.Equal(t, "custom", tx.Source)
	assert.Equal(t, sentry.TraceID{1}, tx.Trace.TraceID)
	assert.Equal(t, sentry.SpanID(seg.StandIn), tx.Trace.SpanID)
	assert.Equal(t, sentry.SpanID{9}, tx.Trace.ParentSpanID)
	assert.Equal(t, "default", tx.Trace.Op)
	assert.Equal(t, "ok", tx.Trace.Status)
	assert.Equal(t, map[string]any{"otelcol.segment.root_missing": true, segment.LateMark: true}, plain(t, tx.Trace.Data))
	assert.Equal(t, sentry.Time(1000), tx.Start)
	assert.Equal(t, sentry.Time(3000), tx.End)
	require.Len(t, tx.Spans, 4)
	for i, want := range []byte{9, 9, 2, 9} {
		assert.Equal(t, sentry.SpanID{byte(1 + i)}, tx.Spans[i].SpanID)
		assert.Equal(t, sentry.SpanID{want}, tx.Spans[i].ParentSpanID)
		assert.Empty(t, tx.Spans[i].Data)
	}
}

// Where the parent is in another resource, the root is missing all the same, but nothing was sent before.
func TestSegmentWithoutItsRootBelowAnotherService(t *testing.T) {
	tr := rootless(t)
	rs := tr.td.ResourceSpans().AppendEmpty()
	rs.Resource().Attributes().PutStr("service.name", "caller")
	caller := rs.ScopeSpans().AppendEmpty().Spans().AppendEmpty()
	caller.SetTraceID(pcommon.TraceID{1})
	caller.SetSpanID(pcommon.SpanID{9})
	var sp segment.Splitter
	segs := sp.Split(tr.td)
	require.Len(t, segs, 2)
	tx, _ := new(Spans).Transaction(tr.td, segs[1], nil, 0)
	assert.Equal(t, map[string]any{"otelcol.segment.root_missing": true}, plain(t, tx.Trace.Data))
}

// The status is that of the worst of those that lack the root; what failed below them was dealt with there.
func TestStatusWithoutARoot(t *testing.T) {
	fail := func(tr trace, i int, message string) {
		tr.at(i).Status().SetCode(ptrace.StatusCodeError)
		tr.at(i).Status().SetMessage(message)
	}
	for name, tc := range map[string]struct {
		change func(trace)
		want   string
	}{
		"a grandchild failed": {func(tr trace) { fail(tr, 2, "") }, "ok"},
		"one was cancelled":   {func(tr trace) { fail(tr, 3, "cancelled") }, "cancelled"},
		"the first that failed": {func(tr trace) {
			fail(tr, 0, "cancelled")
			fail(tr, 1, "not_found")
			fail(tr, 3, "")
		}, "not_found"},
	} {
		t.Run(name, func(t *testing.T) {
			tr := rootless(t)
			tc.change(tr)
			tx, _ := tr.only(t)
			assert.Equal(t, tc.want, tx.Trace.Status)
		})
	}
}

func TestPartsOfASegmentWithoutItsRoot(t *testing.T) {
	tr := rootless(t)
	tr.at(3).SetEndTimestamp(0) // to be repaired, once
	var sp segment.Splitter
	seg := sp.Split(tr.td)[0]
	stand := sentry.SpanID(seg.StandIn)
	var spans Spans
	var got []sentry.SpanID
	var total Repairs
	for part := range seg.Parts(3) {
		tx, fixed := spans.Transaction(tr.td, part, nil, 0)
		total.Add(fixed)
		assert.Equal(t, "(root span missing)", tx.Name)
		if part.Offset == 0 {
			assert.Equal(t, stand, tx.Trace.SpanID)
			assert.Len(t, tx.Spans, 3)
		} else {
			assert.Equal(t, stand, tx.Trace.ParentSpanID)
			assert.Equal(t, segment.PartSpanID(pcommon.TraceID{1}, seg.StandIn, part.Offset), pcommon.SpanID(tx.Trace.SpanID))
			assert.Equal(t, map[string]any{"otelcol.segment.offset": int64(part.Offset)}, plain(t, tx.Trace.Data))
		}
		for _, s := range tx.Spans {
			got = append(got, s.SpanID)
		}
	}
	assert.Equal(t, []sentry.SpanID{{1}, {2}, {3}, {4}}, got)
	assert.Equal(t, Repairs{EndTime: 1, Parts: 1}, total)
}

func TestALateSpanSaysSoOnce(t *testing.T) {
	tr := newTrace()
	tr.span(t, 1, 0, "root", internal, nil)
	tr.span(t, 2, 1, "late", internal, attrs{segment.LateMark: true})
	tr.span(t, 3, 2, "below", internal, nil)
	var sp segment.Splitter
	segs := sp.Split(tr.td)
	require.Len(t, segs, 2)
	tx, _ := new(Spans).Transaction(tr.td, segs[1], nil, 0)
	assert.Equal(t, sentry.SpanID{2}, tx.Trace.SpanID)
	assert.Equal(t, sentry.SpanID{1}, tx.Trace.ParentSpanID)
	require.Len(t, tx.Trace.Data, 1)
	assert.Equal(t, map[string]any{segment.LateMark: true}, plain(t, tx.Trace.Data))
	assert.Len(t, tx.Spans, 1)
}
