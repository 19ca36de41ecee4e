package sentry

// LogLevel is a log's level (develop docs, Logs: level). Unlike an event's it has trace, and spells warning "warn".
type LogLevel string

// The levels of a log.
const (
	LogTrace LogLevel = "trace"
	LogDebug LogLevel = "debug"
	LogInfo  LogLevel = "info"
	LogWarn  LogLevel = "warn"
	LogError LogLevel = "error"
	LogFatal LogLevel = "fatal"
)

// Log is one structured log (an item of the container "log"). What all logs of a resource and scope share is not in it: see
// envelope.SharedAttributes.
type Log struct {
	Timestamp Time    // required
	TraceID   TraceID // required: Relay discards a log without
	SpanID    SpanID
	Level     LogLevel // one of the six; any other is written as info
	// SeverityNumber is OpenTelemetry's, 1 to 24. Left out if it does not belong to Level.
	SeverityNumber int
	Body           string
	Attributes     []Attr // they win over shared ones of the same key; of equal keys the last one counts
}
