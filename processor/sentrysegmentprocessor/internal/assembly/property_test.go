package assembly

import (
	"math/rand/v2"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-sentry/otelcol-sentry/internal/segment"
)

// number is the attribute that tells spans apart whatever their ids are.
const number = "number"

// forest makes random traces over several services. broken: with ids that repeat, point to themselves, in rings or to nothing.
func forest(r *rand.Rand, n int, broken bool) ptrace.Traces {
	td := ptrace.NewTraces()
	services := 1 + r.IntN(4)
	for i := range services + r.IntN(3) {
		rs := td.ResourceSpans().AppendEmpty()
		rs.Resource().Attributes().PutInt("service", int64(i%services))
		rs.ScopeSpans().AppendEmpty()
		rs.ScopeSpans().AppendEmpty().Scope().SetName("b")
	}
	for i := range n {
		rs := td.ResourceSpans().At(r.IntN(td.ResourceSpans().Len()))
		span := rs.ScopeSpans().At(r.IntN(2)).Spans().AppendEmpty()
		span.Attributes().PutInt(number, int64(i))
		span.SetTraceID(pcommon.TraceID{byte(1 + i%3)})
		span.SetSpanID(testID(i + 1))
		if i > 2 && r.IntN(8) > 0 {
			span.SetParentSpanID(testID(1 + i%3 + 3*r.IntN(i/3)))
		}
		switch r.IntN(12) {
		case 0:
			span.SetFlags(remote)
		case 1, 2:
			span.SetFlags(hasIsRemote)
		}
		span.SetKind(ptrace.SpanKind(r.IntN(6)))
		if broken {
			span.SetSpanID(testID(1 + r.IntN(n)))
			span.SetParentSpanID(testID(r.IntN(n + 3)))
			span.SetTraceID(pcommon.TraceID{byte(1 + r.IntN(2))})
		}
	}
	return td
}

func testID(i int) pcommon.SpanID { return pcommon.SpanID{byte(i), byte(i >> 8), byte(i >> 16)} }

// scattered gives the spans of td one by one, in random order, each as a request.
func scattered(r *rand.Rand, td ptrace.Traces) (out []ptrace.Traces) {
	for _, rs := range td.ResourceSpans().All() {
		for _, ss := range rs.ScopeSpans().All() {
			for _, span := range ss.Spans().All() {
				one := ptrace.NewTraces()
				to := one.ResourceSpans().AppendEmpty()
				rs.Resource().CopyTo(to.Resource())
				scope := to.ScopeSpans().AppendEmpty()
				ss.Scope().CopyTo(scope.Scope())
				span.CopyTo(scope.Spans().AppendEmpty())
				out = append(out, one)
			}
		}
	}
	r.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out
}

func numberOf(span ptrace.Span) int64 {
	v, _ := span.Attributes().Get(number)
	return v.Int()
}

// Each segment that the exporter would find in the whole leaves as a whole, if its spans came in time, in whatever order.
func TestSegmentsLeaveWhole(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		td := forest(r, r.IntN(60), false)
		a := newTest()
		for i, one := range scattered(r, td) {
			addAll(a, Instant(i), one, 0)
		}
		check(t, a)
		groupOf := map[int64]int{}
		for n := 0; ; n++ {
			req := a.Take(idle*2, Limits{Request: 1}) // one byte: one segment at a time
			if req == nil {
				break
			}
			for _, span := range spansOf(req.Traces) {
				groupOf[numberOf(span)] = n
			}
		}
		require.Len(t, groupOf, td.SpanCount())
		roots := map[int]int{} // by group
		var splitter segment.Splitter
		for _, seg := range splitter.Split(td) {
			g := groupOf[numberOf(seg.Root.Span)]
			for _, span := range seg.Spans {
				require.Equal(t, g, groupOf[numberOf(span.Span)])
			}
			if segment.Starts(seg.Root.Span) {
				roots[g]++
				require.Equal(t, 1, roots[g], "segments do not run together")
			}
		}
	}
}

// Whatever comes in whatever order, and whatever leaves in between: each span leaves once, and its ids, its parent and its resource are
// those it came with.
func TestEverySpanLeavesOnce(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for round := range 150 {
		td := forest(r, r.IntN(60), round%2 == 0)
		type facts struct {
			trace        pcommon.TraceID
			span, parent pcommon.SpanID
			service      uint64
		}
		want, got := map[int64]facts{}, map[int64]facts{}
		note := func(to map[int64]facts, td ptrace.Traces) {
			for _, rs := range td.ResourceSpans().All() {
				for _, ss := range rs.ScopeSpans().All() {
					for _, span := range ss.Spans().All() {
						_, twice := to[numberOf(span)]
						require.False(t, twice)
						to[numberOf(span)] = facts{span.TraceID(), span.SpanID(), span.ParentSpanID(), segment.ResourceKey(rs.Resource())}
					}
				}
			}
		}
		note(want, td)
		a := newTest(func(o *Options) {
			o.Remember = r.IntN(40)
			o.MaxSegmentBytes = int64(1000 + r.IntN(10_000))
		})
		var now Instant
		held := int64(0)
		take := func(req *Request) {
			if req != nil {
				note(got, req.Traces)
				held -= req.Bytes - req.Copied
				require.Len(t, req.Places, req.Spans)
				require.Equal(t, req.Spans, req.Traces.SpanCount())
			}
			check(t, a)
		}
		for _, one := range scattered(r, td) {
			now += Instant(r.Int64N(int64(3 * time.Second)))
			held += addAll(a, now, one, 0)
			check(t, a)
			switch r.IntN(10) {
			case 0:
				take(a.Take(now, Limits{Request: int64(r.IntN(10_000)), Early: int64(r.IntN(9000)), Any: int64(r.IntN(5000))}))
			case 1, 2, 3:
				take(a.Take(now, Limits{Request: int64(r.IntN(10_000))}))
			case 4:
				held -= a.Sweep()
			}
		}
		for a.Spans() > 0 {
			take(a.TakeAny(int64(r.IntN(10_000))))
		}
		held -= a.Sweep()
		held -= a.Sweep()
		require.Equal(t, want, got)
		require.Zero(t, held, "what came in went out, to the byte")
	}
}

// FuzzAssembly reads six bytes as one span: what leaves before it, trace and service, id, parent, kind, flags.
func FuzzAssembly(f *testing.F) {
	f.Add([]byte{0, 0, 1, 0, 1, 0, 0, 0, 2, 1, 1, 0, 3, 0, 3, 2, 2, 1})
	f.Add([]byte{0, 0, 1, 1, 1, 0, 9, 4, 1, 1, 1, 0, 0, 0, 1, 1, 1, 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		data = data[:min(len(data), 600)] // the check is linear, and made once a span
		a := newTest(func(o *Options) { o.Remember, o.MaxSegmentBytes = 4, 2000 })
		var now Instant
		in, out := 0, 0
		for ; len(data) >= 6; data = data[6:] {
			now += Instant(data[0]>>4) * time.Second
			if req := a.Take(now, Limits{Request: int64(data[0]&15) << 8, Early: int64(data[0]&15) << 8, Any: int64(data[0]&3) << 8}); req != nil {
				out += req.Spans
			}
			span := s{
				id: max(data[2], 1), parent: data[3], kind: ptrace.SpanKind(data[4] & 7), flags: uint32(data[5]&3) << 8, trace: 1 + data[1]&1,
				service: string(rune('a' + data[1]>>4)),
			}
			addAll(a, now, span.traces(), 0)
			in++
			check(t, a)
		}
		for req := a.TakeAny(lots); req != nil; req = a.TakeAny(lots) {
			out += req.Spans
		}
		assert.Equal(t, in, out)
	})
}

// shaped makes a request of spans as instrumentation makes them: attributes, links and events as given.
func shaped(r *rand.Rand, spans, attributes, events, links, text int) ptrace.Traces {
	td := ptrace.NewTraces()
	rs := td.ResourceSpans().AppendEmpty()
	rs.Resource().Attributes().PutStr("service.name", "checkout")
	out := rs.ScopeSpans().AppendEmpty().Spans()
	word := func() string { return strings.Repeat("x", 1+r.IntN(2*text)) }
	fill := func(m pcommon.Map, n int) {
		for i := range n {
			key := "some.attribute.of.this.name." + strconv.Itoa(i)
			switch i % 4 {
			case 0:
				m.PutInt(key, r.Int64())
			case 1:
				s := m.PutEmptySlice(key)
				s.AppendEmpty().SetStr(word())
				s.AppendEmpty().SetStr(word())
			default:
				m.PutStr(key, word())
			}
		}
	}
	for range spans {
		span := out.AppendEmpty()
		var trace pcommon.TraceID
		var id pcommon.SpanID
		for i := range trace {
			trace[i] = byte(r.Uint32())
		}
		for i := range id {
			id[i] = byte(r.Uint32())
		}
		span.SetTraceID(trace)
		span.SetSpanID(id)
		span.SetParentSpanID(pcommon.SpanID{1, id[0]})
		span.SetName(word())
		fill(span.Attributes(), attributes)
		for range events {
			e := span.Events().AppendEmpty()
			e.SetName(word())
			fill(e.Attributes(), attributes/2)
		}
		for range links {
			fill(span.Links().AppendEmpty().Attributes(), 1)
		}
	}
	return td
}

// What is counted is what the heap holds, bookkeeping included.
func TestCountedBytesAreTheHeaps(t *testing.T) {
	heap := func() int64 {
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	r := rand.New(rand.NewPCG(5, 6))
	for name, make := range map[string]func() ptrace.Traces{
		"bare":             func() ptrace.Traces { return shaped(r, 1000, 0, 0, 0, 10) },
		"usual":            func() ptrace.Traces { return shaped(r, 1000, 9, 0, 0, 20) },
		"many attributes":  func() ptrace.Traces { return shaped(r, 1000, 30, 0, 0, 10) },
		"events and links": func() ptrace.Traces { return shaped(r, 1000, 8, 3, 2, 15) },
		"long texts":       func() ptrace.Traces { return shaped(r, 200, 6, 1, 0, 4000) },
	} {
		t.Run(name, func(t *testing.T) {
			var wire [][]byte
			wireBytes := 0
			for range 6 {
				buf, err := new(ptrace.ProtoMarshaler).MarshalTraces(make())
				require.NoError(t, err)
				wire = append(wire, buf)
				wireBytes += len(buf)
			}
			before := heap()
			a := newTest()
			counted, spans := int64(0), 0
			for _, buf := range wire {
				td, err := new(ptrace.ProtoUnmarshaler).UnmarshalTraces(buf)
				require.NoError(t, err)
				spans += td.SpanCount()
				counted += addAll(a, 0, td, 0)
			}
			held := heap() - before
			require.Equal(t, spans, a.Spans())
			runtime.KeepAlive(wire)
			t.Logf("%d bytes a span on the wire, %d in memory, counted as %d", wireBytes/spans, held/int64(spans), counted/int64(spans))
			assert.InDelta(t, 1.05, float64(counted)/float64(held), 0.12)
		})
	}
}

// Holding a span allocates nothing; handing it on allocates its place in the request.
func TestAllocationsPerSpan(t *testing.T) {
	const spans, rounds = 500, 12
	r := rand.New(rand.NewPCG(7, 8))
	a := newTest(func(o *Options) { o.Places = false; o.Remember = 2000 })
	in := forest(r, spans, false)
	copies := func() (out [rounds]ptrace.Traces) {
		for i := range out {
			out[i] = ptrace.NewTraces()
			in.CopyTo(out[i])
		}
		return out
	}
	takeAll := func() {
		for req := a.TakeAny(lots); req != nil; req = a.TakeAny(lots) {
		}
	}
	for range 3 { // until maps and slices have their size
		for _, td := range copies() {
			addAll(a, 0, td, 0)
		}
		takeAll()
	}
	next, out := 0, copies()
	adding := testing.AllocsPerRun(rounds-2, func() {
		addAll(a, 0, out[next], 0)
		next++
	})
	assert.Zero(t, adding)
	next, out = 0, copies()
	both := testing.AllocsPerRun(rounds-2, func() {
		addAll(a, 0, out[next], 0)
		takeAll()
		next++
	})
	assert.InDelta(t, 1, both/spans, 0.1)
}

// A chain whose spans come from its end to its beginning, or from the middle outwards, costs as much a span as any other.
func TestLongChains(t *testing.T) {
	const n = 100_000
	td := ptrace.NewTraces()
	ss := td.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty()
	for i := n; i > 0; i-- {
		span := ss.Spans().AppendEmpty()
		span.SetTraceID(pcommon.TraceID{1})
		span.SetSpanID(testID(i))
		span.SetParentSpanID(testID(i - 1))
	}
	rand.New(rand.NewPCG(9, 10)).Shuffle(n, func(i, j int) {
		if i%3 == 0 {
			a, b := ss.Spans().At(i), ptrace.NewSpan()
			a.MoveTo(b)
			ss.Spans().At(j).MoveTo(a)
			b.MoveTo(ss.Spans().At(j))
		}
	})
	a := newTest()
	begin := time.Now()
	addAll(a, 0, td, 0)
	req := a.Take(wait, Limits{Request: lots})
	assert.Less(t, time.Since(begin), 20*time.Second, "linear work takes a tenth of a second, quadratic minutes")
	assert.Equal(t, map[Reason]int{Root: 1}, segmentsBy(req))
	assert.Equal(t, n, req.Spans)
}

func BenchmarkAssembly(b *testing.B) {
	r := rand.New(rand.NewPCG(11, 12))
	in := shaped(r, 1000, 8, 0, 0, 15)
	b.ReportAllocs()
	a := newTest(func(o *Options) { o.Remember = 500_000 })
	now := Instant(0)
	for b.Loop() {
		b.StopTimer()
		td := ptrace.NewTraces()
		in.CopyTo(td)
		for _, span := range spansOf(td) {
			id := span.SpanID()
			id[7] ^= byte(r.Uint32())
			span.SetSpanID(id)
		}
		b.StartTimer()
		addAll(a, now, td, 0)
		now += idle
		for req := a.Take(now, Limits{Request: 4 << 20}); req != nil; req = a.Take(now, Limits{Request: 4 << 20}) {
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*1000), "ns/span")
}
