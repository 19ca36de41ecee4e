package translate

import (
	"github.com/otelcol-sentry/otelcol-sentry/internal/segment"
	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// SegmentIDs are the trace and span id that the transaction of a segment will have: those of its root, or made ones where it has none.
func SegmentIDs(seg segment.Segment) (sentry.TraceID, sentry.SpanID) {
	if seg.Rootless() {
		return sentry.TraceID(seg.Root.TraceID()), sentry.SpanID(seg.StandIn)
	}
	var repairs Repairs
	return rootIDs(seg.Root, &repairs)
}
