package sentry

// StreamSpan is one span that is sent by itself, not inside a transaction (the v2 span; item type "span"). What the spans of one resource and
// scope share is not in it.
type StreamSpan struct {
	TraceID      TraceID // required
	SpanID       SpanID  // required
	ParentSpanID SpanID
	Name         string // of low cardinality; required
	Failed       bool   // status "error", else "ok"
	Segment      bool   // the span is the root of what its service did for one call
	Start        Time   // required
	End          Time   // required
	Attributes   []Attr // they win over shared ones of the same key; of equal keys the last one counts
	Links        []Link
}
