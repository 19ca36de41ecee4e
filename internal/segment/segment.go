// Package segment groups the spans of one request into segments: the part of a trace that one service did for one call.
//
// In: ptrace.Traces, as an OTLP client or a batch processor put them together.
// Out: segments, each with its root and the spans below it, in an order that does not depend on the order of arrival. Every span is in
// exactly one segment.
// It must not know: the clock, Sentry, what was in earlier requests. It starts no goroutine.
//
// What comes out borrows: spans from the pdata, slices from the Splitter.
package segment

import (
	"encoding/binary"
	"iter"

	"github.com/cespare/xxhash/v2"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// Span is a span and where it stands in the request.
type Span struct {
	ptrace.Span
	Resource int // index into Traces.ResourceSpans
	Scope    int // index into its ScopeSpans
	order    int // position in the request: what decides between spans that are otherwise equal
}

// Segment is a root span and its descendants within the same trace and resource.
type Segment struct {
	Root  Span
	Spans []Span // the descendants, by start time, then id; the root is not among them

	// Orphan: the root has a parent that is neither in this request nor known to be in another process; it may have come earlier, or is lost. Or the
	// root says so itself (Late).
	Orphan bool
	// StandIn is zero, but where several spans name the same parent, which is not in their resource: they are one segment then, whose root is lost or
	// has not come. This is the id of a span to stand for it, different from the lost one's, which may come yet. Root is the first of those spans; the
	// others, and all descendants, are in Spans.
	StandIn pcommon.SpanID
	// Cycle: the parents form a ring; the root's parent is one of its own descendants.
	Cycle bool
	// Offset is how many of the segment's spans come before Spans. Above 0 this is a continuation: the root is in the part with offset 0.
	Offset int
}

// Rootless reports whether a made span stands for the root.
func (s Segment) Rootless() bool { return !s.StandIn.IsEmpty() }

// MissingIDs reports whether the root lacks its trace id or its span id.
func (s Segment) MissingIDs() bool { return s.Root.TraceID().IsEmpty() || s.Root.SpanID().IsEmpty() }

// Slice is the part of the segment with the descendants from (inclusive) to (exclusive). A part that does not begin at the segment's first
// descendant is a continuation.
func (s Segment) Slice(from, to int) Segment {
	s.Offset += from
	s.Spans = s.Spans[from:to:to]
	return s
}

// Parts cuts the segment into parts of at most limit descendants each (limit > 0), so that no span is lost to a limit on the number of
// spans. A segment without descendants is one part. Where a made span stands for the root, Root counts as a descendant; the first part has at least
// one more, so that the offset tells it from the next.
func (s Segment) Parts(limit int) iter.Seq[Segment] {
	return func(yield func(Segment) bool) {
		room := limit
		if s.Rootless() && s.Offset == 0 {
			room = max(1, limit-1)
		}
		for from := 0; ; room = limit {
			to := min(from+room, len(s.Spans))
			if !yield(s.Slice(from, to)) || to == len(s.Spans) {
				return
			}
			from = to
		}
	}
}

// PartSpanID is the id of the span that stands for a continuation: the same for the same trace, segment span and offset, wherever and
// whenever it is made. It is never zero.
func PartSpanID(trace pcommon.TraceID, root pcommon.SpanID, offset int) pcommon.SpanID {
	var key [40]byte
	copy(key[:], "segment part")
	copy(key[12:], trace[:])
	copy(key[28:], root[:])
	binary.BigEndian.PutUint32(key[36:], uint32(offset))
	return spanIDOf(xxhash.Sum64(key[:]))
}

// standIn is the id of the span that stands for the root that these spans of a resource lack. It is made of all of them: Sentry drops a transaction
// whose id it knows, so what comes later below the same root must not get the same.
func standIn(resource uint64, first Span, others []Span) pcommon.SpanID {
	trace, parent, id := first.TraceID(), first.ParentSpanID(), first.SpanID()
	h := mix(resource, binary.BigEndian.Uint64(trace[:8]))
	h = mix(h, binary.BigEndian.Uint64(trace[8:]))
	h = mix(h, binary.BigEndian.Uint64(parent[:]))
	h = mix(h, binary.BigEndian.Uint64(id[:]))
	for i := range others {
		id = others[i].SpanID()
		h = mix(h, binary.BigEndian.Uint64(id[:]))
	}
	return spanIDOf(h)
}

func spanIDOf(hash uint64) (id pcommon.SpanID) {
	binary.BigEndian.PutUint64(id[:], max(hash, 1))
	return id
}

// The bits of Span.Flags (opentelemetry-proto, trace.proto, SpanFlags).
const (
	flagHasIsRemote = 0x100
	flagIsRemote    = 0x200
)

// LateMark is the attribute of a span whose parent left in an earlier request, as in Sentry's JavaScript SDK. The sentry_segment processor sets it
// to true on the topmost span of a late part.
const LateMark = "sentry.parent_span_already_sent"

// Late reports whether a span says that its parent was sent before: it is the root of a segment whatever else is in the request, so that the
// segment's id does not depend on what it travels with.
func Late(span ptrace.Span) bool {
	v, ok := span.Attributes().Get(LateMark)
	return ok && v.Type() == pcommon.ValueTypeBool && v.Bool()
}

// Starts reports whether a span is the root of a segment whatever else is in the request: it has no parent, or its flags say that the parent is in
// another process. Where the flags say nothing, SERVER and CONSUMER spans are taken for roots: a call that came in from elsewhere.
func Starts(span ptrace.Span) bool {
	if span.ParentSpanID().IsEmpty() {
		return true
	}
	if flags := span.Flags(); flags&flagHasIsRemote != 0 {
		return flags&flagIsRemote != 0
	}
	return span.Kind() == ptrace.SpanKindServer || span.Kind() == ptrace.SpanKindConsumer
}
