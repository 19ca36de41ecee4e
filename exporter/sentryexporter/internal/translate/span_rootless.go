package translate

import (
	"github.com/otelcol-sentry/otelcol-sentry/internal/segment"
	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// nameRootless is the name of all segments whose root is lost: what their service was asked for was in the root. One name, so that they are one row
// in a list, and easy to leave out.
const nameRootless = "(root span missing)"

// standIn makes the segment span of a segment without its root. What hung on the root hangs on it still, by the lost id; so the made span hangs there
// too, and all is in place if the root comes after all.
func (t *Spans) standIn(seg segment.Segment) {
	tx := &t.tx
	tx.Name, tx.Source = nameRootless, sourceCustom
	mark := len(t.data)
	t.data = append(t.data, sentry.Attr{Key: "otelcol.segment.root_missing", Value: sentry.Bool(true)})
	if seg.Orphan {
		t.data = append(t.data, lateMark)
	}
	tx.Trace.TraceID, tx.Trace.SpanID = SegmentIDs(seg)
	tx.Trace.ParentSpanID = sentry.SpanID(seg.Root.ParentSpanID())
	tx.Trace.Op, tx.Trace.Status, tx.Trace.Origin, tx.Trace.Data = opDefault, statusOK, originSpans, t.since(mark)
}

// worst is the status of the first of the parent's children that failed; else of the first that was cancelled, else ok.
func (t *Spans) worst(parent sentry.SpanID) string {
	worst := statusOK
	for i := range t.spans {
		if s := &t.spans[i]; s.ParentSpanID == parent && badness(s.Status) > badness(worst) {
			worst = s.Status
		}
	}
	return worst
}

func badness(status string) int {
	switch status {
	case statusOK:
		return 0
	case statusCancelled:
		return 1
	default:
		return 2
	}
}
