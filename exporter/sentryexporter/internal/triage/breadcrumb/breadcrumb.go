// Package breadcrumb remembers what happened last, by trace and by stream.
//
// In: Crumbs in the order in which things happened. Out: the last of them that belong to a trace, or to a stream (a container's output, the
// records of one instance of a service).
//
// Remembering must cost next to nothing, since nearly all that is remembered is never asked for: texts are copied as they came, cut, into
// memory that is used again and again. Memory is bounded: a stream keeps its last crumbs, some hundreds where it carries traces; the stream
// that was heard of least recently leaves first.
// It must not know: records, events, what a crumb will look like, the clock.
package breadcrumb

import "github.com/otelcol-sentry/otelcol-sentry/internal/sentry"

// Crumb is something that happened. Its texts are borrowed from whoever gave it.
type Crumb struct {
	// Owner keeps those apart who must not see each other's crumbs: projects.
	Owner uint32
	// Stream it belongs to, of this owner; 0: none.
	Stream uint64
	// Trace it belongs to; zero: none.
	Trace sentry.TraceID
	Time  sentry.Time
	// Observed: Time is when it was seen, not when it happened.
	Observed bool
	// Severity as OpenTelemetry numbers it; 0: unknown.
	Severity int8
	// Kind is the giver's own.
	Kind uint8
	// Logger that wrote it.
	Logger string
	// Text is the body as it came.
	Text string
	// Type and Value of the exception that came with it.
	Type, Value string
}

// What is kept of each text, in bytes. A body may be JSON of which a message has to be read later.
const (
	maxLogger = 128
	maxText   = 2048
	maxType   = 128
	maxValue  = 512
)
