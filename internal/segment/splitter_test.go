package segment

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

const (
	hasIsRemote = flagHasIsRemote
	remote      = flagHasIsRemote | flagIsRemote
)

// s is a span of a test: its name is its id.
type s struct {
	id, parent byte
	start      int
	kind       ptrace.SpanKind
	flags      uint32
	trace      byte // 0: trace 1
	late       bool
}

// request makes one ResourceSpans for each list, with the name as service.name.
type request []struct {
	service string
	spans   []s
}

func (r request) traces() ptrace.Traces {
	td := ptrace.NewTraces()
	for _, res := range r {
		rs := td.ResourceSpans().AppendEmpty()
		rs.Resource().Attributes().PutStr("service.name", res.service)
		spans := rs.ScopeSpans().AppendEmpty().Spans()
		for _, in := range res.spans {
			in.put(spans.AppendEmpty())
		}
	}
	return td
}

func (in s) put(span ptrace.Span) {
	trace := in.trace
	if trace == 0 {
		trace = 1
	}
	span.SetTraceID(pcommon.TraceID{trace})
	span.SetSpanID(pcommon.SpanID{in.id})
	span.SetParentSpanID(pcommon.SpanID{in.parent})
	span.SetStartTimestamp(pcommon.Timestamp(in.start))
	span.SetKind(in.kind)
	span.SetFlags(in.flags)
	if in.late {
		span.Attributes().PutBool(LateMark, true)
	}
}

// flat is a segment as the ids of its root and its spans.
type flat struct {
	root   byte
	spans  []byte
	orphan bool
	cycle  bool
	// rootless: root is the first of the spans that lack the same parent.
	rootless bool
}

func flatten(segs []Segment) []flat {
	var out []flat
	for _, g := range segs {
		f := flat{root: g.Root.SpanID()[0], orphan: g.Orphan, cycle: g.Cycle, rootless: g.Rootless()}
		for _, sp := range g.Spans {
			f.spans = append(f.spans, sp.SpanID()[0])
		}
		out = append(out, f)
	}
	return out
}

func TestSplit(t *testing.T) {
	server, client, consumer, internal := ptrace.SpanKindServer, ptrace.SpanKindClient, ptrace.SpanKindConsumer, ptrace.SpanKindInternal
	for name, tc := range map[string]struct {
		in   request
		want []flat
	}{
		"empty": {request{{"a", nil}}, nil},
		"one tree, children by start then id": {
			request{{"a", []s{{id: 4, parent: 2, start: 3}, {id: 3, parent: 1, start: 2}, {id: 2, parent: 1, start: 2}, {id: 1, start: 1, kind: server}}}},
			[]flat{{root: 1, spans: []byte{2, 3, 4}}},
		},
		"two traces with the same span ids": {
			request{{"a", []s{{id: 1, start: 1}, {id: 2, parent: 1, start: 2}, {id: 1, start: 3, trace: 2}, {id: 3, parent: 1, start: 4, trace: 2}}}},
			[]flat{{root: 1, spans: []byte{2}}, {root: 1, spans: []byte{3}}},
		},
		"flags say remote, of whatever kind": {
			request{{"a", []s{{id: 1, start: 1}, {id: 2, parent: 1, start: 2, kind: internal, flags: remote}, {id: 3, parent: 2, start: 3}}}},
			[]flat{{root: 1}, {root: 2, spans: []byte{3}}},
		},
		"flags say local: a SERVER span is a child": {
			request{{"a", []s{{id: 1, start: 1}, {id: 2, parent: 1, start: 2, kind: server, flags: hasIsRemote}}}},
			[]flat{{root: 1, spans: []byte{2}}},
		},
		"flags say nothing: SERVER and CONSUMER are roots, CLIENT is not": {
			request{{"a", []s{
				{id: 1, start: 1},
				{id: 2, parent: 1, start: 2, kind: server},
				{id: 3, parent: 1, start: 3, kind: consumer, flags: 1},
				{id: 4, parent: 1, start: 4, kind: client},
			}}},
			[]flat{{root: 1, spans: []byte{4}}, {root: 2}, {root: 3}},
		},
		"the remote bit alone says nothing": {
			request{{"a", []s{{id: 1, start: 1}, {id: 2, parent: 1, start: 2, flags: flagIsRemote}}}},
			[]flat{{root: 1, spans: []byte{2}}},
		},
		"parent in another resource": {
			request{{"a", []s{{id: 1, start: 1}}}, {"b", []s{{id: 2, parent: 1, start: 2}, {id: 3, parent: 2, start: 3}}}},
			[]flat{{root: 1}, {root: 2, spans: []byte{3}}},
		},
		"one resource in two places": {
			request{{"a", []s{{id: 3, parent: 2, start: 3}}}, {"b", []s{{id: 9, parent: 3, start: 4}}}, {"a", []s{{id: 1, start: 1}, {id: 2, parent: 1, start: 2}}}},
			[]flat{{root: 1, spans: []byte{2, 3}}, {root: 9}},
		},
		"an orphan stays whole under its topmost span": {
			request{{"a", []s{{id: 5, parent: 9, start: 5}, {id: 7, parent: 6, start: 7}, {id: 6, parent: 5, start: 6}, {id: 1, start: 1}}}},
			[]flat{{root: 1}, {root: 5, spans: []byte{6, 7}, orphan: true}},
		},
		"orphans that lack the same parent are one segment": {
			request{{"a", []s{{id: 8, parent: 9, start: 3}, {id: 7, parent: 5, start: 7}, {id: 5, parent: 9, start: 5}, {id: 1, start: 1}, {id: 6, parent: 8, start: 8}}}},
			[]flat{{root: 1}, {root: 8, spans: []byte{5, 7, 6}, orphan: true, rootless: true}},
		},
		"orphans of other parents, traces and resources are others": {
			request{
				{"a", []s{{id: 1, parent: 9, start: 1}, {id: 2, parent: 8, start: 2}, {id: 3, parent: 9, start: 3, trace: 2}, {id: 4, parent: 9, start: 4}}},
				{"b", []s{{id: 5, parent: 9, start: 5}}},
			},
			[]flat{
				{root: 1, spans: []byte{4}, orphan: true, rootless: true},
				{root: 2, orphan: true},
				{root: 3, orphan: true},
				{root: 5, orphan: true},
			},
		},
		"two SERVER spans below one lost CLIENT span are two roots": {
			request{{"a", []s{{id: 1, parent: 9, start: 1, kind: server}, {id: 2, parent: 9, start: 2, kind: server}, {id: 3, parent: 9, start: 3}}}},
			[]flat{{root: 1}, {root: 2}, {root: 3, orphan: true}},
		},
		"an orphan and its copy are one that is lost": {
			request{{"a", []s{{id: 1, parent: 9, start: 1}, {id: 1, parent: 9, start: 1}}}},
			[]flat{{root: 1, spans: []byte{1}, orphan: true}},
		},
		"spans that lack the same parent, which is in another resource": {
			request{{"a", []s{{id: 1, start: 1}}}, {"b", []s{{id: 2, parent: 1, start: 2}, {id: 3, parent: 1, start: 3}}}},
			[]flat{{root: 1}, {root: 2, spans: []byte{3}, rootless: true}},
		},
		"a late span is a root beside its parent": {
			request{{"a", []s{{id: 1, start: 1}, {id: 2, parent: 1, start: 2, late: true}, {id: 3, parent: 2, start: 3}, {id: 4, parent: 1, start: 4}}}},
			[]flat{{root: 1, spans: []byte{4}}, {root: 2, spans: []byte{3}, orphan: true}},
		},
		"late spans of one parent stay apart": {
			request{{"a", []s{
				{id: 2, parent: 9, start: 2, late: true},
				{id: 3, parent: 9, start: 3, late: true},
				{id: 4, parent: 9, start: 4},
				{id: 5, parent: 9, start: 5},
			}}},
			[]flat{{root: 2, orphan: true}, {root: 3, orphan: true}, {root: 4, spans: []byte{5}, orphan: true, rootless: true}},
		},
		"of a late span and its copy, the late one has the children": {
			request{{"a", []s{{id: 1, start: 0}, {id: 2, parent: 1, start: 1}, {id: 2, parent: 1, start: 2, late: true}, {id: 3, parent: 2, start: 3}}}},
			[]flat{{root: 1, spans: []byte{2}}, {root: 2, spans: []byte{3}, orphan: true}},
		},
		"the mark on a root says nothing": {
			request{{"a", []s{{id: 1, start: 1, late: true}, {id: 2, parent: 1, start: 2, kind: server, late: true}}}},
			[]flat{{root: 1}, {root: 2}},
		},
		"orphan in one resource, parent known in another only for the other": {
			request{{"a", []s{{id: 1, start: 1}}}, {"b", []s{{id: 2, parent: 1, start: 2}, {id: 3, parent: 9, start: 3}}}},
			[]flat{{root: 1}, {root: 2}, {root: 3, orphan: true}},
		},
		"a ring is cut at its earliest span": {
			request{{"a", []s{{id: 3, parent: 2, start: 3}, {id: 1, parent: 3, start: 1}, {id: 2, parent: 1, start: 2}, {id: 4, parent: 2, start: 0}}}},
			[]flat{{root: 1, spans: []byte{4, 2, 3}, cycle: true}},
		},
		"a ring of equal starts is cut at the lowest id": {
			request{{"a", []s{{id: 3, parent: 2}, {id: 1, parent: 3}, {id: 2, parent: 1}}}},
			[]flat{{root: 1, spans: []byte{2, 3}, cycle: true}},
		},
		"its own parent": {
			request{{"a", []s{{id: 1, parent: 1, start: 1}, {id: 2, parent: 1, start: 2}}}},
			[]flat{{root: 1, spans: []byte{2}, cycle: true}},
		},
		"copies of a child both stay": {
			request{{"a", []s{{id: 1, start: 1}, {id: 2, parent: 1, start: 2}, {id: 2, parent: 1, start: 2}, {id: 3, parent: 2, start: 3}}}},
			[]flat{{root: 1, spans: []byte{2, 2, 3}}},
		},
		"the copy of a root hangs under the first": {
			request{{"a", []s{{id: 1, start: 5, kind: server}, {id: 1, start: 1}, {id: 2, parent: 1, start: 2}}}},
			[]flat{{root: 1, spans: []byte{2, 1}}},
		},
		"one id in two resources are two segments": {
			request{{"a", []s{{id: 1, start: 1, kind: client}}}, {"b", []s{{id: 1, start: 2, kind: server}, {id: 2, parent: 1, start: 3}}}},
			[]flat{{root: 1}, {root: 1, spans: []byte{2}}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var sp Splitter
			got := flatten(sp.Split(tc.in.traces()))
			assert.Equal(t, tc.want, got)
			assert.Equal(t, tc.want, flatten(sp.Split(tc.in.traces())), "a second time, with used memory")
		})
	}
}

// What travels each by itself keeps the segment that its parents say.
func TestSplitOfStreamedSpans(t *testing.T) {
	sp := Splitter{Streamed: true}
	sp.Split(chain(keepNodes + 1)) // its memory is given back, it stays what it is
	got := flatten(sp.Split(request{{"a", []s{
		{id: 1, start: 1}, {id: 2, parent: 1, start: 2, late: true}, {id: 3, parent: 9, start: 3}, {id: 4, parent: 9, start: 4},
	}}}.traces()))
	assert.Equal(t, []flat{{root: 1, spans: []byte{2}}, {root: 3, orphan: true}, {root: 4, orphan: true}}, got)
}

func TestOnlyTheBooleanTrueIsTheMark(t *testing.T) {
	var sp Splitter
	for _, put := range []func(pcommon.Map){
		func(pcommon.Map) {},
		func(m pcommon.Map) { m.PutBool(LateMark, false) },
		func(m pcommon.Map) { m.PutStr(LateMark, "true") },
		func(m pcommon.Map) { m.PutEmpty(LateMark) },
	} {
		td := request{{"a", []s{{id: 1, start: 1}, {id: 2, parent: 1, start: 2}}}}.traces()
		put(td.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(1).Attributes())
		assert.Equal(t, []flat{{root: 1, spans: []byte{2}}}, flatten(sp.Split(td)))
	}
}

// The id is the same for the same spans, whatever they travel with and in whatever order, and another one for any others: Sentry would drop
// the second transaction with it.
func TestStandIn(t *testing.T) {
	var sp Splitter
	idOf := func(service string, in ...s) pcommon.SpanID {
		td := request{{"z", []s{{id: 99, start: 1, trace: 9}}}, {service, in}}.traces()
		for _, seg := range sp.Split(td) {
			if seg.Rootless() {
				return seg.StandIn
			}
		}
		return pcommon.SpanID{}
	}
	a, b, c := s{id: 1, parent: 9, start: 1}, s{id: 2, parent: 9, start: 2}, s{id: 3, parent: 1, start: 3}
	other := func(in s, change func(*s)) s {
		change(&in)
		return in
	}
	want := idOf("a", a, b)
	assert.Equal(t, want, idOf("a", b, a))
	assert.Equal(t, want, idOf("a", b, s{id: 4, start: 0, kind: ptrace.SpanKindServer}, s{id: 5, parent: 4, start: 0}, a))
	seen := map[pcommon.SpanID]bool{want: true, {9}: true}
	for _, id := range []pcommon.SpanID{
		idOf("b", a, b),
		idOf("a", a, b, c),
		idOf("a", a, other(b, func(x *s) { x.id = 3 })),
		idOf("a", other(a, func(x *s) { x.parent = 8 }), other(b, func(x *s) { x.parent = 8 })),
		idOf("a", other(a, func(x *s) { x.trace = 2 }), other(b, func(x *s) { x.trace = 2 })),
	} {
		assert.False(t, id.IsEmpty())
		assert.False(t, seen[id])
		seen[id] = true
	}
}

func TestSpansWithoutIDsStayApart(t *testing.T) {
	td := request{{"a", []s{{id: 0, parent: 9, start: 1}, {id: 0, parent: 9, start: 2}, {id: 1, parent: 9, start: 3}, {id: 2, parent: 9, start: 4}}}}.traces()
	var sp Splitter
	assert.Equal(t, []flat{{orphan: true}, {orphan: true}, {root: 1, spans: []byte{2}, orphan: true, rootless: true}}, flatten(sp.Split(td)))
	for _, span := range td.ResourceSpans().At(0).ScopeSpans().At(0).Spans().All() {
		span.SetTraceID(pcommon.TraceID{})
	}
	assert.Len(t, sp.Split(td), 4)
}

func TestSplitKeepsSpansWithoutIDs(t *testing.T) {
	td := ptrace.NewTraces()
	spans := td.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans()
	for i := range 3 {
		spans.AppendEmpty().SetStartTimestamp(pcommon.Timestamp(i)) // neither id
	}
	s{id: 0, parent: 1, start: 4}.put(spans.AppendEmpty()) // no id, but a parent
	s{id: 1, start: 3}.put(spans.AppendEmpty())
	var sp Splitter
	segs := sp.Split(td)
	require.Len(t, segs, 4)
	for _, g := range segs[:3] {
		assert.True(t, g.MissingIDs())
		assert.Empty(t, g.Spans)
	}
	assert.False(t, segs[3].MissingIDs())
	assert.Len(t, segs[3].Spans, 1)
}

func TestSplitTellsWhereASpanStands(t *testing.T) {
	td := ptrace.NewTraces()
	for r := range 2 {
		rs := td.ResourceSpans().AppendEmpty()
		for c := range 2 {
			s{id: byte(1 + 2*r + c), start: 2*r + c}.put(rs.ScopeSpans().AppendEmpty().Spans().AppendEmpty())
		}
	}
	var sp Splitter
	for i, g := range sp.Split(td) {
		assert.Equal(t, i/2, g.Root.Resource)
		assert.Equal(t, i%2, g.Root.Scope)
	}
}

func TestResourceKey(t *testing.T) {
	key := func(put ...func(pcommon.Map)) uint64 {
		res := pcommon.NewResource()
		for _, p := range put {
			p(res.Attributes())
		}
		return ResourceKey(res)
	}
	name := func(m pcommon.Map) { m.PutStr("service.name", "a") }
	port := func(m pcommon.Map) { m.PutInt("port", 1) }
	nested := func(first, second string) func(pcommon.Map) {
		return func(m pcommon.Map) {
			sub := m.PutEmptyMap("m")
			sub.PutStr(first, "1")
			sub.PutStr(second, "1")
		}
	}
	list := func(v ...string) func(pcommon.Map) {
		return func(m pcommon.Map) {
			l := m.PutEmptySlice("l")
			for _, e := range v {
				l.AppendEmpty().SetStr(e)
			}
		}
	}
	assert.Equal(t, key(name, port), key(port, name), "order of attributes")
	assert.Equal(t, key(nested("x", "y")), key(nested("y", "x")), "order in a map")
	assert.NotEqual(t, key(list("x", "y")), key(list("y", "x")), "order in a list")

	keys := map[uint64]int{}
	for i, k := range []uint64{
		key(), key(name), key(port), key(name, port), key(list()), key(list("")), key(list("x")),
		key(func(m pcommon.Map) { m.PutStr("port", "1") }),
		key(func(m pcommon.Map) { m.PutDouble("port", 1) }),
		key(func(m pcommon.Map) { m.PutBool("port", true) }),
		key(func(m pcommon.Map) { m.PutBool("port", false) }),
		key(func(m pcommon.Map) { m.PutEmpty("port") }),
		key(func(m pcommon.Map) { m.PutEmptyBytes("port").Append('1') }),
		key(func(m pcommon.Map) { m.PutStr("a", "service.name") }),
		key(nested("x", "y")),
	} {
		other, dup := keys[k]
		assert.False(t, dup, "%d and %d", i, other)
		keys[k] = i
	}
}

func TestResourceKeyOfDeepValues(t *testing.T) {
	res := pcommon.NewResource()
	m := res.Attributes()
	for range 10_000 {
		m = m.PutEmptyMap("m")
	}
	assert.NotZero(t, ResourceKey(res))
}

func TestParts(t *testing.T) {
	in := []s{{id: 1, start: 0}}
	for i := range 7 {
		in = append(in, s{id: byte(2 + i), parent: 1, start: 1 + i})
	}
	td := request{{"a", in}}.traces()
	for limit, want := range map[int][]int{1: {1, 1, 1, 1, 1, 1, 1}, 2: {2, 2, 2, 1}, 3: {3, 3, 1}, 6: {6, 1}, 7: {7}, 8: {7}} {
		var sp Splitter
		var sizes []int
		seen := 0
		for part := range sp.Split(td)[0].Parts(limit) {
			assert.Equal(t, seen, part.Offset)
			for _, span := range part.Spans {
				assert.Equal(t, byte(2+seen), span.SpanID()[0])
				seen++
			}
			sizes = append(sizes, len(part.Spans))
		}
		assert.Equal(t, want, sizes, limit)
	}

	var sp Splitter
	alone := sp.Split(request{{"a", in[:1]}}.traces())[0]
	n := 0
	for part := range alone.Parts(1) {
		assert.Empty(t, part.Spans)
		n++
	}
	assert.Equal(t, 1, n, "a segment without descendants is one part")

	td.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0).SetParentSpanID(pcommon.SpanID{99})
	s{id: 20, parent: 99, start: 9}.put(td.ResourceSpans().At(0).ScopeSpans().At(0).Spans().AppendEmpty())
	for limit, want := range map[int][]int{1: {1, 1, 1, 1, 1, 1, 1, 1}, 2: {1, 2, 2, 2, 1}, 3: {2, 3, 3}, 8: {7, 1}, 9: {8}} {
		rootless := sp.Split(td)[0]
		require.True(t, rootless.Rootless())
		var sizes []int
		seen := 0
		for part := range rootless.Parts(limit) {
			assert.Equal(t, seen, part.Offset, "only the first part has none")
			seen += len(part.Spans)
			sizes = append(sizes, len(part.Spans))
		}
		assert.Equal(t, want, sizes, limit)
	}

	whole := sp.Split(td)[0]
	assert.Equal(t, 5, whole.Slice(3, 7).Slice(2, 4).Offset, "a part of a part")
}

func TestPartSpanID(t *testing.T) {
	seen := map[pcommon.SpanID]bool{}
	for _, trace := range []pcommon.TraceID{{1}, {2}} {
		for _, root := range []pcommon.SpanID{{1}, {2}} {
			for offset := range 5 {
				id := PartSpanID(trace, root, 1000*offset)
				assert.Equal(t, id, PartSpanID(trace, root, 1000*offset))
				assert.False(t, id.IsEmpty())
				assert.False(t, seen[id])
				seen[id] = true
			}
		}
	}
	assert.False(t, spanIDOf(0).IsEmpty())
}
