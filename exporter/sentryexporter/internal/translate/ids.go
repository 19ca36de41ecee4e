package translate

import (
	"github.com/otelcol-sentry/otelcol-sentry/internal/segment"
	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// SegmentIDs are the trace and span id that the transaction of a segment with this root will have: its own, or made ones where it has none.
func SegmentIDs(root segment.Span) (sentry.TraceID, sentry.SpanID) {
	var repairs Repairs
	return rootIDs(root, &repairs)
}
