package assembly

import (
	"testing"
	"time"

	"github.com/otelcol-sentry/otelcol-sentry/internal/segment"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// step is what happens at a time: spans come, then it is looked what is due.
type step struct {
	at   time.Duration
	in   []s
	out  []byte         // the ids that leave, in order
	why  map[Reason]int // segments
	late []byte         // the ids with the mark
}

func TestWhatLeavesWhen(t *testing.T) {
	server := ptrace.SpanKindServer
	for name, steps := range map[string][]step{
		"the root came": {
			{at: 0, in: []s{{id: 2, parent: 1}, {id: 1}}},
			{at: wait - 1},
			{at: wait, out: []byte{2, 1}, why: map[Reason]int{Root: 1}},
		},
		"root last": {
			{at: 0, in: []s{{id: 3, parent: 2}, {id: 4, parent: 3}}},
			{at: time.Second, in: []s{{id: 2, parent: 1}}},
			{at: 10 * time.Second, in: []s{{id: 1}}},
			{at: 10*time.Second + wait - 1},
			{at: 10*time.Second + wait, out: []byte{3, 4, 2, 1}, why: map[Reason]int{Root: 1}},
		},
		"what comes after the root does not put it off": {
			{at: 0, in: []s{{id: 1}}},
			{at: wait - 1, in: []s{{id: 2, parent: 1}}},
			{at: wait, out: []byte{1, 2}, why: map[Reason]int{Root: 1}},
		},
		"no root": {
			{at: 0, in: []s{{id: 2, parent: 1}}},
			{at: idle - 1, in: []s{{id: 3, parent: 1}}},
			{at: 2*idle - 2},
			{at: 2*idle - 1, out: []byte{2, 3}, why: map[Reason]int{Idle: 1}},
		},
		"children of one missing parent are one segment, others are not": {
			{at: 0, in: []s{{id: 2, parent: 1}, {id: 3, parent: 9}, {id: 4, parent: 1}}},
			{at: idle, out: []byte{2, 4, 3}, why: map[Reason]int{Idle: 2}},
		},
		"a server span is a root where the flags say nothing": {
			{at: 0, in: []s{{id: 2, parent: 1, kind: server}, {id: 3, parent: 2}}},
			{at: wait, out: []byte{2, 3}, why: map[Reason]int{Root: 1}},
		},
		"a remote parent": {
			{at: 0, in: []s{{id: 2, parent: 1, flags: remote}, {id: 3, parent: 2, kind: server, flags: hasIsRemote}}},
			{at: wait, out: []byte{2, 3}, why: map[Reason]int{Root: 1}},
		},
		"two segments of one service in one trace": {
			{at: 0, in: []s{{id: 1}, {id: 2, parent: 1}}},
			{at: time.Second, in: []s{{id: 3, parent: 2, kind: server}, {id: 4, parent: 3}}},
			{at: wait, out: []byte{1, 2}, why: map[Reason]int{Root: 1}},
			{at: time.Second + wait, out: []byte{3, 4}, why: map[Reason]int{Root: 1}},
		},
		"the parent is in another service and there": {
			{at: 0, in: []s{{id: 1}, {id: 2, parent: 1, service: "b"}, {id: 3, parent: 2, service: "b"}}},
			{at: wait, out: []byte{1, 2, 3}, why: map[Reason]int{Root: 2}},
		},
		"the parent is in another service and comes": {
			{at: 0, in: []s{{id: 2, parent: 1, service: "b"}, {id: 4, parent: 1, service: "c"}, {id: 3, parent: 2, service: "b"}}},
			{at: time.Second, in: []s{{id: 1}}},
			{at: time.Second + wait, out: []byte{1, 2, 3, 4}, why: map[Reason]int{Root: 3}},
		},
		"the same ids in another trace and in another service": {
			{at: 0, in: []s{{id: 2, parent: 1}, {id: 2, parent: 1, trace: 2}, {id: 2, parent: 1, service: "b", kind: server}}},
			{at: time.Second, in: []s{{id: 1, trace: 2}}},
			{at: wait, out: []byte{2}, why: map[Reason]int{Root: 1}},
			{at: time.Second + wait, out: []byte{2, 1}, why: map[Reason]int{Root: 1}},
			{at: idle, out: []byte{2}, why: map[Reason]int{Idle: 1}},
		},
		"late spans: each below a span that left, together with their own": {
			{at: 0, in: []s{{id: 1}, {id: 2, parent: 1}}},
			{at: wait, out: []byte{1, 2}, why: map[Reason]int{Root: 1}},
			{at: 10 * time.Second, in: []s{{id: 3, parent: 2}, {id: 4, parent: 3}, {id: 5, parent: 1}}},
			{at: 10*time.Second + wait - 1, in: []s{{id: 6, parent: 4}}},
			{at: 10*time.Second + wait, out: []byte{3, 4, 6, 5}, why: map[Reason]int{Late: 2}, late: []byte{3, 5}},
			{at: 20 * time.Second, in: []s{{id: 7, parent: 6}}},
			{at: 20*time.Second + wait, out: []byte{7}, why: map[Reason]int{Late: 1}, late: []byte{7}},
		},
		"a late span takes those with it that waited for it": {
			{at: 0, in: []s{{id: 1}}},
			{at: time.Second, in: []s{{id: 3, parent: 2}}},
			{at: wait, out: []byte{1}, why: map[Reason]int{Root: 1}},
			{at: 5 * time.Second, in: []s{{id: 2, parent: 1}}},
			{at: 5*time.Second + wait, out: []byte{3, 2}, why: map[Reason]int{Late: 1}, late: []byte{2}},
		},
		"a server span below one that left is no late one": {
			{at: 0, in: []s{{id: 1}}},
			{at: wait, out: []byte{1}, why: map[Reason]int{Root: 1}},
			{at: 5 * time.Second, in: []s{{id: 2, parent: 1, kind: server}}},
			{at: 5*time.Second + wait, out: []byte{2}, why: map[Reason]int{Root: 1}},
		},
		"the root of what left without it": {
			{at: 0, in: []s{{id: 2, parent: 1}}},
			{at: idle, out: []byte{2}, why: map[Reason]int{Idle: 1}},
			{at: idle + time.Second, in: []s{{id: 3, parent: 1}, {id: 1}}},
			{at: idle + time.Second + wait, out: []byte{3, 1}, why: map[Reason]int{Root: 1}},
		},
		"copies stay together": {
			{at: 0, in: []s{{id: 1}, {id: 2, parent: 1}, {id: 2, parent: 1}, {id: 1}}},
			{at: wait, out: []byte{1, 2, 2, 1}, why: map[Reason]int{Root: 1}},
		},
		"the copy of a span that left is alone: who comes below it is late": {
			{at: 0, in: []s{{id: 1}}},
			{at: wait, out: []byte{1}, why: map[Reason]int{Root: 1}},
			{at: wait, in: []s{{id: 1}, {id: 2, parent: 1}}},
			{at: 2 * wait, out: []byte{1, 2}, why: map[Reason]int{Late: 2}, late: []byte{2}},
		},
		"a ring": {
			{at: 0, in: []s{{id: 1, parent: 3}, {id: 2, parent: 1}, {id: 3, parent: 2}, {id: 9, parent: 9}}},
			{at: idle, out: []byte{1, 2, 3, 9}, why: map[Reason]int{Idle: 2}},
		},
		"the earlier root counts where two groups become one": {
			{at: 0, in: []s{{id: 2, parent: 1, service: "b"}}},
			{at: 0, in: []s{{id: 1}}},                                       // the parent of 2 in service a: 2 is a root
			{at: time.Second, in: []s{{id: 1, service: "b", kind: server}}}, // and there it is in b, too
			{at: wait, out: []byte{1, 2, 1}, why: map[Reason]int{Root: 2}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			a := newTest()
			for _, step := range steps {
				for _, in := range step.in {
					addAll(a, step.at, in.traces(), 0)
					check(t, a)
				}
				req := a.Take(step.at, Limits{Request: lots})
				check(t, a)
				assert.ElementsMatch(t, step.out, left(req), "at %v", step.at)
				if req == nil {
					continue
				}
				assert.Equal(t, step.why, segmentsBy(req), "at %v", step.at)
				assert.ElementsMatch(t, step.late, marked(req))
				assert.Equal(t, len(step.out), req.Spans)
			}
			assert.Zero(t, a.Spans())
			assert.Empty(t, a.index)
		})
	}
}

func segmentsBy(req *Request) map[Reason]int {
	out := map[Reason]int{}
	for r, n := range req.Segments {
		if n > 0 {
			out[Reason(r)] = n
		}
	}
	return out
}

func marked(req *Request) (ids []byte) {
	for _, span := range spansOf(req.Traces) {
		if v, ok := span.Attributes().Get(segment.LateMark); ok && v.Bool() {
			ids = append(ids, span.SpanID()[0])
		}
	}
	return ids
}

func TestMemoryTakesTheOldest(t *testing.T) {
	a := newTest()
	size := addAll(a, 0, s{id: 2, parent: 1}.traces(), 0)
	addAll(a, 0, s{id: 2, parent: 1, trace: 2}.traces(), 0)
	addAll(a, time.Second, s{id: 3, parent: 1}.traces(), 0) // the other is older now
	assert.Nil(t, a.Take(time.Second, Limits{Request: lots}))

	req := a.Take(time.Second, Limits{Request: lots, Any: 1})
	assert.Equal(t, pcommon.TraceID{2}, spansOf(req.Traces)[0].TraceID())
	assert.Equal(t, map[Reason]int{Memory: 1}, segmentsBy(req))
	check(t, a)
	addAll(a, time.Second, s{id: 4, parent: 1, trace: 3}.traces(), 0)
	addAll(a, time.Second, s{id: 5, parent: 1, trace: 4}.traces(), 0)
	assert.Equal(t, []byte{2, 3}, left(a.Take(time.Second, Limits{Request: lots, Any: size + 1})), "as many as it takes")
	assert.Equal(t, []byte{4, 5}, left(a.Take(time.Second, Limits{Request: lots, Any: lots})))
	assert.Nil(t, a.Take(time.Second, Limits{Request: lots, Any: lots}))
}

// A segment with its root leaves before one without, until that has waited the same part of its time.
func TestMemoryTakesThoseThatHaveWaitedTheLargestPart(t *testing.T) {
	a := newTest()
	addAll(a, 0, s{id: 2, parent: 1}.traces(), 0)
	addAll(a, 10*time.Second, s{id: 1, trace: 2}.traces(), 0)
	addAll(a, 10*time.Second, s{id: 3, trace: 3}.traces(), 0)
	assert.Equal(t, []byte{2}, left(a.Take(10*time.Second, Limits{Request: lots, Any: 1})), "a third of its time")
	addAll(a, 10*time.Second, s{id: 4, parent: 9}.traces(), 0)
	assert.Equal(t, []byte{1}, left(a.Take(11*time.Second, Limits{Request: lots, Any: 1})), "half of its time, the other a thirtieth")
}

// Those without a root do not leave early, unless their time is further gone than that of one that has its root.
func TestEarly(t *testing.T) {
	a := newTest()
	addAll(a, 0, s{id: 2, parent: 1}.traces(), 0)
	early := Limits{Request: lots, Early: lots}
	assert.Nil(t, a.Take(time.Second, early))
	addAll(a, time.Second, s{id: 1, trace: 2}.traces(), 0)
	addAll(a, time.Second, s{id: 3, parent: 1, trace: 3}.traces(), 0)
	assert.Equal(t, []byte{2, 1}, left(a.Take(time.Second, early)), "a thirtieth of its time, and nothing of the time")
	assert.Nil(t, a.Take(time.Second, early))
}

// What is due counts for what is asked for.
func TestMemoryAndTimeTogether(t *testing.T) {
	a := newTest()
	addAll(a, 0, s{id: 1}.traces(), 0)
	addAll(a, 1, s{id: 1, trace: 2}.traces(), 0)
	req := a.Take(wait, Limits{Request: lots, Any: 1})
	assert.Equal(t, map[Reason]int{Root: 1}, segmentsBy(req))
}

func TestRequestsAreCutBetweenSegments(t *testing.T) {
	a := newTest()
	size := int64(0)
	for trace := range byte(3) {
		size = SpanBytes(spansOf(s{id: 1}.traces())[0])
		addAll(a, 0, s{id: 2, parent: 1, trace: trace + 1}.traces(), 0)
		addAll(a, 0, s{id: 1, trace: trace + 1}.traces(), 0)
	}
	assert.Len(t, left(a.Take(wait, Limits{Request: 5 * size})), 4, "two segments have room for five spans")
	assert.Len(t, left(a.Take(wait, Limits{Request: size})), 2, "a larger one goes alone, whole")
	assert.Nil(t, a.Take(wait, Limits{Request: size}))
}

func TestATooLargeSegmentLeavesAtOnce(t *testing.T) {
	size := SpanBytes(spansOf(s{id: 1}.traces())[0])
	a := newTest(func(o *Options) { o.MaxSegmentBytes = 3 * size })
	addAll(a, 0, s{id: 2, parent: 1}.traces(), 0)
	addAll(a, 0, s{id: 3, parent: 1}.traces(), 0)
	assert.Nil(t, a.Take(0, Limits{Request: lots}))
	addAll(a, 0, s{id: 4, parent: 1}.traces(), 0)
	check(t, a)
	req := a.Take(0, Limits{Request: lots})
	assert.Equal(t, []byte{2, 3, 4}, left(req))
	assert.Equal(t, map[Reason]int{Memory: 1}, segmentsBy(req))
}

func TestTakeAny(t *testing.T) {
	a := newTest()
	addAll(a, 0, s{id: 2, parent: 1}.traces(), 0)
	addAll(a, 0, s{id: 1, trace: 2}.traces(), 0)
	assert.Equal(t, map[Reason]int{Shutdown: 1}, segmentsBy(a.TakeAny(1)))
	assert.Equal(t, []byte{2}, left(a.TakeAny(1)))
	assert.Nil(t, a.TakeAny(1))
}

func TestReplayedSegments(t *testing.T) {
	a := newTest()
	td := s{id: 1}.traces()
	a.Add(0, Arrival{Span: spansOf(td)[0], Origin: originOf(a, td), Bytes: 100, Place: Place{Entry: 3, Index: 4}, Replayed: true})
	req := a.Take(wait, Limits{Request: lots})
	assert.Equal(t, map[Reason]int{Replay: 1}, segmentsBy(req))
	assert.Equal(t, []Place{{Entry: 3, Index: 4}}, req.Places)
}

// A request that is made again has the spans that it had, with their marks, and they are known as spans that left.
func TestAgain(t *testing.T) {
	a := newTest()
	var in []Arrival
	for i, span := range []s{{id: 1}, {id: 3, parent: 9}} {
		td := span.traces()
		place := Place{Entry: 3, Index: uint32(i), Late: i == 1}
		in = append(in, Arrival{Span: spansOf(td)[0], Origin: originOf(a, td), Bytes: 100, Place: place})
		a.Sent(in[i])
	}
	req := a.Again(2, in)
	assert.Equal(t, []byte{1, 3}, left(req))
	assert.Equal(t, []byte{3}, marked(req))
	assert.Equal(t, map[Reason]int{Replay: 2}, segmentsBy(req))
	assert.Equal(t, 2, req.SpansBy[Replay])
	assert.Equal(t, req.Bytes, req.Copied)
	assert.Greater(t, req.Bytes, int64(200))
	assert.Equal(t, []Place{{Entry: 3}, {Entry: 3, Index: 1, Late: true}}, req.Places)
	assert.Zero(t, a.Spans())
}

// What came in is what leaves: resources, scopes, schema URLs and spans, each resource and scope once.
func TestNothingOfARequestIsLost(t *testing.T) {
	a := newTest()
	want := ptrace.NewTraces()
	for r := range 2 {
		rs := want.ResourceSpans().AppendEmpty()
		rs.Resource().Attributes().PutInt("service", int64(r))
		rs.Resource().SetDroppedAttributesCount(uint32(r))
		rs.SetSchemaUrl("resource-schema")
		for c := range 3 {
			ss := rs.ScopeSpans().AppendEmpty()
			ss.SetSchemaUrl("scope-schema")
			ss.Scope().SetName("scope")
			ss.Scope().SetVersion("1")
			ss.Scope().Attributes().PutInt("n", int64(c/2))
			ss.Scope().SetDroppedAttributesCount(uint32(c % 2))
			span := ss.Spans().AppendEmpty()
			span.SetTraceID(pcommon.TraceID{1})
			span.SetSpanID(pcommon.SpanID{byte(1 + 3*r + c)})
			span.SetName("n")
			span.TraceState().FromRaw("a=b")
			span.Attributes().PutStr("k", "v")
			span.Events().AppendEmpty().SetName("e")
			span.Links().AppendEmpty().SetTraceID(pcommon.TraceID{9})
			span.Status().SetMessage("m")
		}
	}
	for range 2 {
		in := ptrace.NewTraces()
		want.CopyTo(in)
		addAll(a, 0, in, 0)
	}
	require.Len(t, a.origins.resources, 2)
	require.Len(t, a.origins.all, 6)
	req := a.Take(wait, Limits{Request: lots})
	for _, rs := range want.ResourceSpans().All() {
		for _, ss := range rs.ScopeSpans().All() {
			ss.Spans().At(0).CopyTo(ss.Spans().AppendEmpty()) // each came twice
		}
	}
	assert.Equal(t, want, req.Traces)
}

func TestOriginsAreForgottenWhenNothingComesFromThem(t *testing.T) {
	a := newTest()
	td := s{id: 1}.traces()
	origin := ResourceBytes(td.ResourceSpans().At(0)) + ScopeBytes(td.ResourceSpans().At(0).ScopeSpans().At(0))
	held := addAll(a, 0, td, 0)
	assert.Equal(t, held, origin+SpanBytes(spansOf(s{id: 1}.traces())[0]))
	assert.Zero(t, held-origin-addAll(a, 0, s{id: 2, parent: 1}.traces(), 0), "known by now")
	assert.Zero(t, a.Sweep())
	assert.Zero(t, a.Sweep(), "its spans are held")
	req := a.Take(wait, Limits{Request: lots})
	assert.Equal(t, origin, req.Copied)
	assert.Equal(t, origin, a.Sweep())
	assert.Empty(t, a.origins.resources)
	assert.Empty(t, a.origins.all)
}

func TestRememberedIsBounded(t *testing.T) {
	r := remembered{most: 100}
	key := func(i int) spanKey { return spanKey{pcommon.TraceID{1}, pcommon.SpanID{byte(i), byte(i >> 8)}} }
	for i := range 1000 {
		r.add(key(i), 1)
		require.LessOrEqual(t, r.hashes.Len(), 100)
		for back := range min(i, 50) {
			require.True(t, r.has(key(i-back), 1))
		}
		require.False(t, r.has(key(i), 2), "of another service")
	}
	assert.False(t, r.has(key(0), 1))

	none := remembered{}
	none.add(key(1), 1)
	assert.False(t, none.has(key(1), 1))
}

// A span id that is in more resources than any real one costs no more than a few steps.
func TestManyResourcesWithOneSpanID(t *testing.T) {
	a := newTest()
	for i := range 3 * maxSameID {
		addAll(a, 0, s{id: 1, parent: 2, service: string(rune('a' + i))}.traces(), 0)
		check(t, a)
	}
	for n, i := a.index[spanKey{pcommon.TraceID{1}, pcommon.SpanID{1}}], 1; n != none; n, i = a.nodes[n].other, i+1 {
		require.LessOrEqual(t, i, maxSameID)
	}
	assert.Len(t, left(a.Take(idle, Limits{Request: lots})), 3*maxSameID)
	check(t, a)
}
