package segment

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// checkSplit holds a split to what it promises for any input: every span in exactly one segment, none twice, all of one trace and one
// resource, and each below the root by way of its parents (or a copy of one that is). Where the root is not there, all that lack it are
// together.
func checkSplit(t *testing.T, td ptrace.Traces, segs []Segment) {
	t.Helper()
	seen := map[int]bool{}
	lacking := map[spanKey]bool{} // the parents that are not there; resource is an index here
	for g, seg := range segs {
		require.False(t, seen[seg.Root.order], "the root of segment %d is twice there", g)
		seen[seg.Root.order] = true
		if g > 0 {
			require.Negative(t, compareSpans(segs[g-1].Root, seg.Root), "segments in order")
		}
		in := map[pcommon.SpanID]int{seg.Root.SpanID(): 1}
		for i, sp := range seg.Spans {
			require.False(t, seen[sp.order], "span %d of segment %d is twice there", i, g)
			seen[sp.order] = true
			in[sp.SpanID()]++
			require.Equal(t, seg.Root.TraceID(), sp.TraceID())
			require.Equal(t, ResourceKey(td.ResourceSpans().At(seg.Root.Resource).Resource()), ResourceKey(td.ResourceSpans().At(sp.Resource).Resource()))
			if i > 0 {
				require.Negative(t, compareSpans(seg.Spans[i-1], sp), "spans in order")
			}
		}
		topmost := 1
		for _, sp := range seg.Spans {
			isCopy := in[sp.SpanID()] > 1
			lacks := seg.Rootless() && sp.ParentSpanID() == seg.Root.ParentSpanID()
			require.True(t, isCopy || lacks || in[sp.ParentSpanID()] > 0, "the parent of a span is in its segment")
			require.True(t, isCopy || !Starts(sp.Span) && !Late(sp.Span), "no root inside a segment")
			if lacks {
				topmost++
			}
		}
		require.Equal(t, seg.Rootless(), topmost > 1)
		require.False(t, seg.Orphan && seg.Cycle)
		starts := Starts(seg.Root.Span)
		if !starts && Late(seg.Root.Span) {
			require.True(t, seg.Orphan)
			continue
		}
		require.Equal(t, seg.Cycle, !starts && in[seg.Root.ParentSpanID()] > 0)
		if key := (spanKey{seg.Root.TraceID(), seg.Root.ParentSpanID(), int32(number(td, seg.Root.Resource))}); !starts && !seg.Cycle && !seg.MissingIDs() {
			require.False(t, lacking[key], "those that lack one parent are together")
			lacking[key] = true
		}
	}
	require.Len(t, seen, td.SpanCount())
}

// number is the index of the first resource that is the same.
func number(td ptrace.Traces, resource int) int {
	for i := range resource {
		if ResourceKey(td.ResourceSpans().At(i).Resource()) == ResourceKey(td.ResourceSpans().At(resource).Resource()) {
			return i
		}
	}
	return resource
}

// forest makes random traces over several services: mostly trees, some broken in every way that ids can be.
func forest(r *rand.Rand, n int) ptrace.Traces {
	td := ptrace.NewTraces()
	services := 1 + r.IntN(4)
	for i := range services + r.IntN(3) {
		rs := td.ResourceSpans().AppendEmpty()
		rs.Resource().Attributes().PutInt("service", int64(i%services))
		rs.ScopeSpans().AppendEmpty()
		rs.ScopeSpans().AppendEmpty()
	}
	ids, broken := max(n, 1), r.IntN(4) == 0
	for i := range n {
		rs := td.ResourceSpans().At(r.IntN(td.ResourceSpans().Len()))
		span := rs.ScopeSpans().At(r.IntN(2)).Spans().AppendEmpty()
		span.SetTraceID(pcommon.TraceID{byte(1 + r.IntN(3))})
		span.SetSpanID(testID(i + 1))
		span.SetStartTimestamp(pcommon.Timestamp(r.IntN(n)))
		if i > 0 && r.IntN(8) > 0 {
			span.SetParentSpanID(testID(1 + r.IntN(i)))
		}
		if r.IntN(16) == 0 {
			span.Attributes().PutBool(LateMark, true)
		}
		switch r.IntN(12) {
		case 0:
			span.SetFlags(remote)
		case 1, 2:
			span.SetFlags(hasIsRemote)
		}
		span.SetKind(ptrace.SpanKind(r.IntN(6)))
		if broken { // ids that repeat, are missing, point forward, to themselves or to nothing
			span.SetSpanID(testID(r.IntN(ids)))
			span.SetParentSpanID(testID(r.IntN(ids + 2)))
			span.SetTraceID(pcommon.TraceID{byte(r.IntN(2))})
		}
	}
	return td
}

func testID(i int) pcommon.SpanID { return pcommon.SpanID{byte(i), byte(i >> 8), byte(i >> 16)} }

func TestSplitRandomForests(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var sp Splitter
	for range 2000 {
		td := forest(r, r.IntN(60))
		checkSplit(t, td, sp.Split(td))
	}
}

// The same spans in another order and other ResourceSpans give the same segments.
func TestSplitDoesNotDependOnArrival(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	var a, b Splitter
	for range 500 {
		var in []s
		for i := range 30 {
			in = append(in, s{id: byte(i + 1), parent: byte(r.IntN(35)), start: r.IntN(5), kind: ptrace.SpanKind(r.IntN(6)), trace: byte(1 + r.IntN(2))})
		}
		first := flatten(a.Split(request{{"a", in}}.traces()))
		r.Shuffle(len(in), func(i, j int) { in[i], in[j] = in[j], in[i] })
		cut := r.IntN(len(in))
		second := flatten(b.Split(request{{"a", in[:cut]}, {"a", in[cut:]}}.traces()))
		require.Equal(t, first, second)
	}
}

// chain is n spans, each the child of the next: the order that makes a search for the root from every span quadratic.
func chain(n int) ptrace.Traces {
	td := ptrace.NewTraces()
	spans := td.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans()
	spans.EnsureCapacity(n)
	for i := n; i > 0; i-- {
		span := spans.AppendEmpty()
		span.SetTraceID(pcommon.TraceID{1})
		span.SetSpanID(testID(i))
		span.SetParentSpanID(testID(i - 1))
		span.SetStartTimestamp(pcommon.Timestamp(i))
	}
	return td
}

func TestSplitLongChains(t *testing.T) {
	var sp Splitter
	segs := sp.Split(chain(8000))
	require.Len(t, segs, 1)
	assert.Len(t, segs[0].Spans, 7999)

	ring := chain(8000)
	spans := ring.ResourceSpans().At(0).ScopeSpans().At(0).Spans()
	spans.At(7999).SetParentSpanID(testID(8000))
	segs = sp.Split(ring)
	require.Len(t, segs, 1)
	assert.True(t, segs[0].Cycle)
	assert.Equal(t, testID(1), segs[0].Root.SpanID())
}

// 100,000 spans in one chain. Linear work takes a twentieth of a second here; the quadratic kind takes minutes, so that the bound has
// room for any machine.
func TestSplitIsLinear(t *testing.T) {
	td := chain(100_000)
	var sp Splitter
	begin := time.Now()
	segs := sp.Split(td)
	assert.Less(t, time.Since(begin), 20*time.Second)
	require.Len(t, segs, 1)
	assert.Len(t, segs[0].Spans, 99_999)

	require.Greater(t, cap(sp.nodes), keepNodes)
	sp.Split(chain(10))
	assert.LessOrEqual(t, cap(sp.nodes), keepNodes, "the memory of a large request is given back")
}

func TestSplitDoesNotAllocate(t *testing.T) {
	td := forest(rand.New(rand.NewPCG(5, 6)), 1000)
	var sp Splitter
	sp.Split(td)
	assert.Zero(t, testing.AllocsPerRun(20, func() { sp.Split(td) }))
}

// FuzzSplit reads five bytes as one span: resource and kind, trace, flags and late mark, id, parent, start.
func FuzzSplit(f *testing.F) {
	f.Add([]byte{0, 1, 1, 0, 0, 0, 1, 2, 1, 1, 1, 1, 3, 2, 2})
	f.Add([]byte{0, 0, 0, 0, 0, 0, 0, 0, 0, 0})
	f.Add([]byte{0, 1, 1, 2, 0, 0, 1, 2, 3, 0, 0, 1, 3, 1, 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		td := ptrace.NewTraces()
		for i := range 4 {
			rs := td.ResourceSpans().AppendEmpty()
			rs.Resource().Attributes().PutBool("odd", i%2 == 1)
			rs.ScopeSpans().AppendEmpty()
		}
		for ; len(data) >= 5; data = data[5:] {
			span := td.ResourceSpans().At(int(data[0] & 3)).ScopeSpans().At(0).Spans().AppendEmpty()
			span.SetKind(ptrace.SpanKind(data[0] >> 2 & 7))
			span.SetTraceID(pcommon.TraceID{data[1] & 3})
			span.SetFlags(uint32(data[1]>>2&3) << 8)
			if data[1]&16 != 0 {
				span.Attributes().PutBool(LateMark, true)
			}
			span.SetSpanID(pcommon.SpanID{data[2]})
			span.SetParentSpanID(pcommon.SpanID{data[3]})
			span.SetStartTimestamp(pcommon.Timestamp(data[4]))
		}
		var sp Splitter
		checkSplit(t, td, sp.Split(td))
	})
}

func BenchmarkSplit(b *testing.B) {
	for name, td := range map[string]ptrace.Traces{"forest 1000": forest(rand.New(rand.NewPCG(5, 6)), 1000), "chain 100000": chain(100_000)} {
		b.Run(name, func(b *testing.B) {
			var sp Splitter
			b.ReportAllocs()
			for b.Loop() {
				sp.Split(td)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*td.SpanCount()), "ns/span")
		})
	}
}
