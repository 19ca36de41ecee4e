package translate

import (
	"encoding/binary"

	"github.com/cespare/xxhash/v2"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-sentry/otelcol-sentry/internal/segment"
	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// Repairs counts what was wrong with the spans of a segment and was made right, so that Sentry does not refuse the transaction.
type Repairs struct {
	StartTime    int // no start time
	EndTime      int // no end time, or one before the start
	SpanID       int // no span id
	TraceID      int // no trace id
	ParentSpanID int // a parent that is its own descendant
	Links        int // links without both ids: left out
}

// Add adds the counts of other.
func (r *Repairs) Add(other Repairs) {
	r.StartTime += other.StartTime
	r.EndTime += other.EndTime
	r.SpanID += other.SpanID
	r.TraceID += other.TraceID
	r.ParentSpanID += other.ParentSpanID
	r.Links += other.Links
}

// rootTime gives the segment its times. Without one of its own it spans the times of the spans in hand; without those it has the time of receipt.
func (t *Spans) rootTime(seg segment.Segment, received sentry.Time, fixed *Repairs) {
	tx := &t.tx
	tx.Start, tx.End = sentry.Time(seg.Root.StartTimestamp()), sentry.Time(seg.Root.EndTimestamp())
	if tx.Start != 0 || tx.End != 0 {
		repairTime(&tx.Start, &tx.End, 0, fixed)
		return
	}
	fixed.StartTime++
	fixed.EndTime++
	for _, s := range seg.Spans {
		for _, at := range [...]pcommon.Timestamp{s.StartTimestamp(), s.EndTimestamp()} {
			if at != 0 && (tx.Start == 0 || sentry.Time(at) < tx.Start) {
				tx.Start = sentry.Time(at)
			}
			tx.End = max(tx.End, sentry.Time(at))
		}
	}
	if tx.End == 0 {
		tx.Start, tx.End = received, received
	}
}

// repairTime makes end not come before start. Of two times the one that is there stands for the other; for both stands otherwise.
func repairTime(start, end *sentry.Time, otherwise sentry.Time, fixed *Repairs) {
	if *start == 0 {
		fixed.StartTime++
		*start = *end
		if *end == 0 {
			*start = otherwise
		}
	}
	if *end < *start {
		fixed.EndTime++
		*end = *start
	}
}

// rootIDs are the ids of a segment: its own, or, where one is missing, one made from the root.
func rootIDs(root segment.Span, fixed *Repairs) (trace sentry.TraceID, span sentry.SpanID) {
	trace, span = sentry.TraceID(root.TraceID()), sentry.SpanID(root.SpanID())
	if span.IsZero() {
		fixed.SpanID++
		span = sentry.SpanID(madeID(root.Span, 0))
	}
	if trace.IsZero() {
		fixed.TraceID++
		id := madeID(root.Span, -1)
		copy(trace[:8], id[:])
		copy(trace[8:], span[:])
	}
	return trace, span
}

// madeID is an id for a span without one, from its content and its place in its segment: the same whenever it is translated, whatever else is in
// the request. The root has place 0, what its trace id is made of -1.
func madeID(span ptrace.Span, place int) (id pcommon.SpanID) {
	var key [64]byte
	trace, parent := span.TraceID(), span.ParentSpanID()
	copy(key[:16], trace[:])
	copy(key[16:24], parent[:])
	binary.BigEndian.PutUint64(key[24:], uint64(span.StartTimestamp()))
	binary.BigEndian.PutUint64(key[32:], uint64(span.EndTimestamp()))
	binary.BigEndian.PutUint64(key[40:], uint64(place))
	binary.BigEndian.PutUint64(key[48:], xxhash.Sum64String(span.Name()))
	copy(key[56:], "span id")
	binary.BigEndian.PutUint64(id[:], max(xxhash.Sum64(key[:]), 1))
	return id
}
