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

	// Orphan: the root has a parent that is neither in this request nor known to be in another process; it may have come earlier, or is lost.
	Orphan bool
	// Cycle: the parents form a ring; the root's parent is one of its own descendants.
	Cycle bool
	// Offset is how many of the segment's spans come before Spans. Above 0 this is a continuation: the root is in the part with offset 0.
	Offset int
}

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
// spans. A segment without descendants is one part.
func (s Segment) Parts(limit int) iter.Seq[Segment] {
	return func(yield func(Segment) bool) {
		for from := 0; ; from += limit {
			to := min(from+limit, len(s.Spans))
			if !yield(s.Slice(from, to)) || to == len(s.Spans) {
				return
			}
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

func spanIDOf(hash uint64) (id pcommon.SpanID) {
	binary.BigEndian.PutUint64(id[:], max(hash, 1))
	return id
}

// The bits of Span.Flags (opentelemetry-proto, trace.proto, SpanFlags).
const (
	flagHasIsRemote = 0x100
	flagIsRemote    = 0x200
)

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
