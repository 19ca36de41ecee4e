package sentry

// Transaction is one segment of a trace: what one service did for one incoming call (item type "transaction").
type Transaction struct {
	ID       EventID
	Name     string
	Source   string // transaction_info.source: custom url route view component task
	Start    Time
	End      Time
	Trace    TraceContext // the segment span itself
	Spans    []Span
	Request  *Request
	User     *User
	Tags     []Tag
	Contexts []Context
	Resource *Resource
	// Platform overrides the resource's where set.
	Platform string
	// Measurements are named numbers of the segment.
	Measurements []Measurement
}

// Measurement is a named number with a unit.
type Measurement struct {
	Name  string
	Value float64
	Unit  string
}

// Span is a child span inside a transaction (the v1 span).
type Span struct {
	TraceID      TraceID
	SpanID       SpanID
	ParentSpanID SpanID
	Op           string
	Description  string
	Start        Time
	End          Time
	Status       string
	Origin       string
	Data         []Attr
	Links        []Link
}
