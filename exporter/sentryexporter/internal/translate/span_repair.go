package translate

import (
	"encoding/binary"
	"strconv"

	"github.com/cespare/xxhash/v2"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-sentry/otelcol-sentry/internal/segment"
	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// Repairs counts what was wrong with the spans of a segment and was made right, so that Sentry does not refuse them.
type Repairs struct {
	StartTime    int // no start time
	EndTime      int // no end time, or one before the start
	Age          int // older, or further ahead, than Sentry takes
	SpanID       int // no span id
	TraceID      int // no trace id
	ParentSpanID int // a parent that is its own descendant
	Links        int // links without both ids: left out
	Parts        int // further transactions of a segment that is too large for one
}

// Add adds the counts of other.
func (r *Repairs) Add(other Repairs) {
	r.StartTime += other.StartTime
	r.EndTime += other.EndTime
	r.Age += other.Age
	r.SpanID += other.SpanID
	r.TraceID += other.TraceID
	r.ParentSpanID += other.ParentSpanID
	r.Links += other.Links
	r.Parts += other.Parts
}

// rootIDs are the ids of a segment: its own, or, where one is missing, one made of the root.
func rootIDs(root segment.Span, fixed *Repairs) (trace sentry.TraceID, span sentry.SpanID) {
	return (*ordinals)(nil).rootIDs(root, fixed)
}

// rootIDs likewise, different for each of several roots that are alike.
func (o *ordinals) rootIDs(root segment.Span, fixed *Repairs) (trace sentry.TraceID, span sentry.SpanID) {
	trace, span = sentry.TraceID(root.TraceID()), sentry.SpanID(root.SpanID())
	if !trace.IsZero() && !span.IsZero() {
		return trace, span
	}
	content := contentOf(root.Span)
	if span.IsZero() {
		fixed.SpanID++
		span = madeID(content, "root"+o.next(content, 0))
	}
	if trace.IsZero() {
		fixed.TraceID++
		id := madeID(content, "trace")
		copy(trace[:8], id[:])
		copy(trace[8:], span[:])
	}
	return trace, span
}

// ordinals tells apart spans that are alike in all that they say.
type ordinals struct{ seen map[uint64]int }

func (o *ordinals) reset() { clear(o.seen) }

// next numbers what has this content; the first, where nothing came before it, has no number.
func (o *ordinals) next(content uint64, offset int) string {
	if o == nil {
		return ""
	}
	if o.seen == nil {
		o.seen = make(map[uint64]int)
	}
	n := o.seen[content]
	o.seen[content]++
	if n == 0 && offset == 0 {
		return ""
	}
	return " " + strconv.Itoa(offset) + " " + strconv.Itoa(n)
}

// childID is an id for a span without one: made of its content, so that it is the same whatever else is in the request, and whenever it is translated
// again. Spans that are alike in everything are numbered, within their part of the segment.
func (o *ordinals) childID(span ptrace.Span, offset int) sentry.SpanID {
	content := contentOf(span)
	return madeID(content, "child"+o.next(content, offset))
}

// madeID is an id made of a content for a purpose; never zero.
func madeID(content uint64, purpose string) (id sentry.SpanID) {
	key := binary.BigEndian.AppendUint64([]byte("span id "), content)
	binary.BigEndian.PutUint64(id[:], max(xxhash.Sum64(append(key, purpose...)), 1))
	return id
}

// contentOf is a hash of all that a span says. Attributes count in their order, which is that of the sender and stays.
func contentOf(span ptrace.Span) uint64 {
	trace, id, parent := span.TraceID(), span.SpanID(), span.ParentSpanID()
	b := append(append(append([]byte(nil), trace[:]...), id[:]...), parent[:]...)
	for _, n := range [...]uint64{
		uint64(span.StartTimestamp()), uint64(span.EndTimestamp()), uint64(span.Kind()), uint64(span.Status().Code()), uint64(span.Flags()),
	} {
		b = binary.BigEndian.AppendUint64(b, n)
	}
	for _, s := range [...]string{span.Name(), span.Status().Message(), span.TraceState().AsRaw()} {
		b = append(append(b, s...), 0)
	}
	b = appendJSONMap(b, span.Attributes(), 0)
	for _, e := range span.Events().All() {
		b = append(binary.BigEndian.AppendUint64(b, uint64(e.Timestamp())), e.Name()...)
		b = appendJSONMap(b, e.Attributes(), 0)
	}
	for _, l := range span.Links().All() {
		trace, id := l.TraceID(), l.SpanID()
		b = append(append(b, trace[:]...), id[:]...)
	}
	return xxhash.Sum64(b)
}
