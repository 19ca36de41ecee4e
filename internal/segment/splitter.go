package segment

import (
	"bytes"
	"cmp"
	"slices"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// keepNodes is the number of spans for which a Splitter keeps its memory; what a larger request needed (about 200 bytes a span) is given back
// by the next request that is smaller.
const keepNodes = 1 << 14

// Splitter splits requests into segments. It keeps its memory from one request to the next, so that a span costs no allocation. Not for use by
// several goroutines at once. The zero value is ready.
type Splitter struct {
	// Streamed: the spans will travel each by itself. Those that lack the same parent stay apart, and late ones belong where their parents say.
	Streamed bool

	numbers   map[uint64]int32 // resource key -> number
	keys      []uint64         // the resource keys
	nodes     []node
	index     map[spanKey]int32 // where a span with this id is among the nodes
	elsewhere map[spanKey]bool  // parents looked for beyond their child's resource: true where there is one
	unknown   []int32           // nodes whose parent is not in their resource
	siblings  map[spanKey]int32 // a parent that is not in the resource -> the first of its children there
	path      []int32
	roots     []int32
	spans     []Span
	segments  []Segment
}

// spanKey names a span within one resource; elsewhere, where resource is 0, within the request.
type spanKey struct {
	trace    pcommon.TraceID
	span     pcommon.SpanID
	resource int32
}

type node struct {
	span     Span
	resource int32
	parent   int32 // index of the parent's node; none
	root     int32 // index of the segment's root; none while unknown, pending while on the path that is being walked
	first    int32 // of a root: where its descendants begin in Splitter.spans
	count    int32 // of a root: how many descendants are placed
	late     bool
	orphan   bool
	rootless bool
	cycle    bool
}

const (
	none    = -1
	pending = -2
)

// Split groups the spans of td. Linear in the number of spans but for sorting. The result is valid until the next call, and as long as td is
// not changed.
func (s *Splitter) Split(td ptrace.Traces) []Segment {
	s.reset(td.SpanCount())
	s.collect(td)
	s.link()
	s.resolve()
	return s.gather()
}

func (s *Splitter) reset(spans int) {
	if cap(s.nodes) > keepNodes && spans <= keepNodes {
		*s = Splitter{Streamed: s.Streamed}
	}
	if s.index == nil {
		s.numbers, s.index, s.elsewhere, s.siblings = map[uint64]int32{}, map[spanKey]int32{}, map[spanKey]bool{}, map[spanKey]int32{}
	}
	clear(s.numbers)
	clear(s.index)
	clear(s.elsewhere)
	clear(s.siblings)
	s.nodes = slices.Grow(s.nodes[:0], spans)
	s.keys, s.unknown, s.roots, s.segments = s.keys[:0], s.unknown[:0], s.roots[:0], s.segments[:0]
}

// collect makes a node of each span and indexes it.
func (s *Splitter) collect(td ptrace.Traces) {
	for r, rs := range td.ResourceSpans().All() {
		number := s.number(rs.Resource())
		for c, ss := range rs.ScopeSpans().All() {
			for _, span := range ss.Spans().All() {
				i := int32(len(s.nodes))
				s.nodes = append(s.nodes, node{
					span: Span{Span: span, Resource: r, Scope: c, order: int(i)}, resource: number, parent: none, root: none,
					late: !s.Streamed && !Starts(span) && Late(span),
				})
				s.put(spanKey{span.TraceID(), span.SpanID(), number}, i)
			}
		}
	}
}

func (s *Splitter) number(res pcommon.Resource) int32 {
	key := ResourceKey(res)
	n, ok := s.numbers[key]
	if !ok {
		n = int32(len(s.keys))
		s.numbers[key] = n
		s.keys = append(s.keys, key)
	}
	return n
}

// put indexes a node under its id. Of several spans with one id the late one, else the earliest, is the one that children hang under. A span without
// an id is nobody's parent.
func (s *Splitter) put(key spanKey, i int32) {
	if key.span.IsEmpty() {
		return
	}
	other, ok := s.index[key]
	if !ok || s.nodes[i].late && !s.nodes[other].late || s.nodes[i].late == s.nodes[other].late && s.before(i, other) {
		s.index[key] = i
	}
}

// link finds the parent of each span that has one in its own resource; the others are roots.
func (s *Splitter) link() {
	for i := range s.nodes {
		n := &s.nodes[i]
		starts := Starts(n.span.Span)
		if !starts && !n.late && s.under(n, n.span.ParentSpanID()) {
			continue
		}
		// The copy of a root belongs to it: two segments of one id would be one transaction to Sentry.
		if first, ok := s.index[spanKey{n.span.TraceID(), n.span.SpanID(), n.resource}]; ok && first != int32(i) {
			n.parent = first
			continue
		}
		n.orphan = !starts
		if n.orphan && !n.late {
			s.elsewhere[spanKey{trace: n.span.TraceID(), span: n.span.ParentSpanID()}] = false
			s.unknown = append(s.unknown, int32(i))
		}
	}
	s.adopt()
	if !s.Streamed {
		s.join()
	}
}

// under hangs n under the span with the given id, if its resource has one.
func (s *Splitter) under(n *node, id pcommon.SpanID) bool {
	p, ok := s.index[spanKey{n.span.TraceID(), id, n.resource}]
	if ok {
		n.parent = p
	}
	return ok
}

// adopt takes the mark of an orphan from those whose parent is in the request after all, in another resource: there a new segment begins.
func (s *Splitter) adopt() {
	if len(s.unknown) == 0 || len(s.numbers) == 1 {
		return
	}
	for i := range s.nodes {
		span := s.nodes[i].span
		key := spanKey{trace: span.TraceID(), span: span.SpanID()}
		if _, wanted := s.elsewhere[key]; wanted {
			s.elsewhere[key] = true
		}
	}
	for _, i := range s.unknown {
		n := &s.nodes[i]
		n.orphan = !s.elsewhere[spanKey{trace: n.span.TraceID(), span: n.span.ParentSpanID()}]
	}
}

// join puts those together that lack the same parent: they hang on the first of them. Whether the parent is in another resource makes no difference:
// it would not be in a part of the request that is sent again.
func (s *Splitter) join() {
	for _, i := range s.unknown {
		key, ok := s.lacks(i)
		if first, known := s.siblings[key]; ok && (!known || s.before(i, first)) {
			s.siblings[key] = i
		}
	}
	for _, i := range s.unknown {
		key, ok := s.lacks(i)
		if first := s.siblings[key]; ok && first != i {
			s.nodes[i].parent = first
			s.nodes[first].rootless = true
		}
	}
}

// lacks names the parent that a node lacks; a span that lacks an id itself stays alone.
func (s *Splitter) lacks(i int32) (key spanKey, ok bool) {
	n := &s.nodes[i]
	trace, span := n.span.TraceID(), n.span.SpanID()
	return spanKey{trace, n.span.ParentSpanID(), n.resource}, !trace.IsEmpty() && !span.IsEmpty()
}

// resolve gives each node its root. Each node is walked over once: a walk ends at the first node whose root is known.
func (s *Splitter) resolve() {
	for i := range s.nodes {
		at := int32(i)
		s.path = s.path[:0]
		for s.nodes[at].root == none && s.nodes[at].parent != none {
			s.nodes[at].root = pending
			s.path = append(s.path, at)
			at = s.nodes[at].parent
		}
		if s.nodes[at].root == pending {
			at = s.breakRing(at)
		}
		root := s.nodes[at].root
		if root == none { // a root that no walk came to before
			root = at
			s.nodes[at].root = root
			s.roots = append(s.roots, root)
		}
		for _, p := range s.path {
			s.nodes[p].root = root
		}
	}
}

// breakRing makes the earliest span of the ring through at the root of all that hangs on it.
func (s *Splitter) breakRing(at int32) int32 {
	first := at
	for i := s.nodes[at].parent; i != at; i = s.nodes[i].parent {
		if s.before(i, first) {
			first = i
		}
	}
	n := &s.nodes[first]
	n.parent, n.cycle, n.root = none, true, none
	return first
}

// gather puts the nodes of each root together and in order.
func (s *Splitter) gather() []Segment {
	slices.SortFunc(s.roots, s.compare)
	for i := range s.nodes {
		if n := &s.nodes[i]; n.root != int32(i) {
			s.nodes[n.root].count++
		}
	}
	place := int32(0)
	for _, r := range s.roots {
		n := &s.nodes[r]
		n.first = place
		place += n.count
		n.count = 0
	}
	s.spans = slices.Grow(s.spans[:0], int(place))[:place]
	for i := range s.nodes {
		if n := &s.nodes[i]; n.root != int32(i) {
			r := &s.nodes[n.root]
			s.spans[r.first+r.count] = n.span
			r.count++
		}
	}
	for _, r := range s.roots {
		n := &s.nodes[r]
		end := n.first + n.count
		below := s.spans[n.first:end:end]
		slices.SortFunc(below, compareSpans)
		seg := Segment{Root: n.span, Spans: below, Orphan: n.orphan, Cycle: n.cycle}
		if n.rootless {
			seg.StandIn = standIn(s.keys[n.resource], n.span, below)
		}
		s.segments = append(s.segments, seg)
	}
	return s.segments
}

func (s *Splitter) before(a, b int32) bool { return s.compare(a, b) < 0 }

func (s *Splitter) compare(a, b int32) int { return compareSpans(s.nodes[a].span, s.nodes[b].span) }

// compareSpans orders spans by start time, then id, then trace; what is equal in all keeps the order of the request.
func compareSpans(a, b Span) int {
	if c := cmp.Compare(a.StartTimestamp(), b.StartTimestamp()); c != 0 {
		return c
	}
	x, y := a.SpanID(), b.SpanID()
	if c := bytes.Compare(x[:], y[:]); c != 0 {
		return c
	}
	t, u := a.TraceID(), b.TraceID()
	return cmp.Or(bytes.Compare(t[:], u[:]), cmp.Compare(a.order, b.order))
}
