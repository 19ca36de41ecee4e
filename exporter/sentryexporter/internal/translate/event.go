package translate

import (
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/otelcol-sentry/otelcol-sentry/internal/fields"
	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
	"github.com/otelcol-sentry/otelcol-sentry/internal/stacktrace"
)

// Occurrence is what was decided about a record before it was queued.
type Occurrence struct {
	EventID sentry.EventID
	// Time stands in for the record's own where that cannot be used.
	Time sentry.Time
	// FromSpan: the record was a span event.
	FromSpan bool
	// Transaction that the failure ended; "" unknown.
	Transaction string
}

// Origin of a log record inside its resource.
type Origin struct {
	// Language of the resource's SDK.
	Language stacktrace.Language
	Scope    string
	Resource *sentry.Resource
	// TraceID makes one for a record that has none; nil: the event has none either. It is that of the record's log (MadeTraceID), so that
	// both are seen together.
	TraceID func(plog.LogRecord) sentry.TraceID
}

// platforms are what Sentry calls the languages of the readers.
var platforms = map[stacktrace.Language]string{
	stacktrace.Java: "java", stacktrace.Python: "python", stacktrace.Go: "go", stacktrace.Node: "node",
}

// Event makes the event of a log record. The strings are borrowed from the record.
func Event(rec plog.LogRecord, occurred Occurrence, from Origin) *sentry.Event {
	read := fields.Read(rec, from.Scope)
	if read.TraceID.IsZero() && from.TraceID != nil && !occurred.FromSpan {
		read.TraceID = from.TraceID(rec)
	}
	e := &sentry.Event{
		ID:          occurred.EventID,
		Logger:      read.Logger,
		Transaction: occurred.Transaction,
		Fingerprint: read.Fingerprint,
		Request:     impersonal(read.Request),
		Resource:    from.Resource,
	}
	if occurred.FromSpan {
		e.Logger = "" // the scope is the instrumentation's, which logged nothing
	}
	setTime(e, rec, &read, occurred.Time)
	trace, parsed := setFailure(e, rec, &read, from.Language, occurred.FromSpan)
	e.Level = level(read.Severity, trace.Level)
	if parsed {
		e.Platform = platforms[trace.Language]
	}
	setThread(e, &read, trace.ThreadName)
	e.Trace = traceContext(&read, occurred.EventID)
	e.Extra = append(appendAttrs(e.Extra, rec.Attributes(), 0, notExtra), read.Rest...)
	return e
}

// setTime: the record's own time, else that in its body, else when it was observed; triage overrules where Sentry would not take it.
func setTime(e *sentry.Event, rec plog.LogRecord, read *fields.Record, decided sentry.Time) {
	e.Timestamp = read.Time
	if e.Timestamp == 0 {
		e.Timestamp = sentry.Time(rec.ObservedTimestamp())
	}
	if decided == 0 {
		return
	}
	if e.Timestamp != 0 {
		e.Extra = append(e.Extra, sentry.Attr{Key: "sentry.original_time", Value: sentry.String(pcommon.Timestamp(e.Timestamp).AsTime().Format("2006-01-02T15:04:05.999999999Z"))})
		e.Tags = append(e.Tags, sentry.Tag{Key: "time", Value: "of receipt"})
	}
	e.Timestamp = decided
}

// level: the record's severity, else what the stack trace's header says, else error.
func level(severity plog.SeverityNumber, uncaught sentry.Level) sentry.Level {
	switch {
	case severity >= plog.SeverityNumberFatal:
		return sentry.LevelFatal
	case severity >= plog.SeverityNumberError:
		return sentry.LevelError
	case severity >= plog.SeverityNumberWarn:
		return sentry.LevelWarning
	case severity >= plog.SeverityNumberInfo:
		return sentry.LevelInfo
	case severity > plog.SeverityNumberUnspecified:
		return sentry.LevelDebug
	case uncaught != "":
		return uncaught
	default:
		return sentry.LevelError
	}
}

// namelessType is the type of an error that nobody named (a logger's "error" member, Go's plain errors). Without one Sentry's title would
// be "<unknown>"; marking it as synthetic would have the same effect (sentry, eventtypes/error.py).
const namelessType = "Error"

// setFailure fills exceptions and message.
func setFailure(e *sentry.Event, rec plog.LogRecord, read *fields.Record, language stacktrace.Language, fromSpan bool) (stacktrace.Trace, bool) {
	f := &read.Failure
	message := read.Message
	var trace stacktrace.Trace
	parsed := false
	switch {
	case len(f.Exceptions) > 0:
		e.Exceptions, e.Platform = f.Exceptions, f.Platform
	case f.Stacktrace != "":
		if trace, parsed = stacktrace.Parse(f.Input(language)); parsed {
			e.Exceptions, e.Threads = trace.Exceptions, trace.Threads
			if trace.Message != "" {
				message = joinMessage(message, trace.Message)
			}
		}
	}
	if len(e.Exceptions) == 0 && trace.Message == "" && (f.Type != "" || f.Message != "") {
		e.Exceptions = []sentry.Exception{{Type: f.Type, Value: f.Message}}
	}
	if !parsed && f.Whole && f.Stacktrace != "" {
		e.Extra = append(e.Extra, sentry.Attr{Key: "exception.stacktrace", Value: sentry.String(f.Stacktrace)})
	}
	for i := range e.Exceptions {
		if e.Exceptions[i].Type == "" {
			e.Exceptions[i].Type = namelessType
		}
	}
	if n := len(e.Exceptions); n > 0 {
		setHandled(&e.Exceptions[n-1], trace.Level, rec, fromSpan)
	}
	setMessage(e, rec, read, message)
	return trace, parsed
}

func joinMessage(said, panicked string) string {
	// Whoever logs a panic rarely says more than "panic": then the panic's own text is the better title.
	if len(said) < len(panicked) || strings.Contains(said, panicked) {
		return panicked
	}
	return said
}

// setHandled says of the thrown exception whether anything caught it: the badge "unhandled" hangs on it.
func setHandled(thrown *sentry.Exception, uncaught sentry.Level, rec plog.LogRecord, fromSpan bool) {
	if thrown.Mechanism == nil {
		thrown.Mechanism = &sentry.Mechanism{Type: "generic"}
	}
	if thrown.Mechanism.Handled != sentry.Unset {
		return
	}
	handled := uncaught == ""
	if fromSpan {
		if v, ok := rec.Attributes().Get("exception.escaped"); ok && (v.Bool() || strings.EqualFold(v.Str(), "true")) {
			handled = false
		}
	}
	thrown.Mechanism.Handled = sentry.TriOf(handled)
}

// setMessage: what the app said beside the exception; an event without either says at least what it was.
func setMessage(e *sentry.Event, rec plog.LogRecord, read *fields.Record, message string) {
	if message == "" && len(e.Exceptions) == 0 {
		for _, s := range [...]string{rec.EventName(), rec.SeverityText(), "(log record without a message)"} {
			if s != "" {
				message = s
				break
			}
		}
	}
	if message != "" {
		e.Message = &sentry.Message{Formatted: message, Template: read.Template, Params: read.Params}
	}
}

func setThread(e *sentry.Event, read *fields.Record, header string) {
	name := read.ThreadName
	if name == "" {
		name = header
	}
	id := read.ThreadID
	if id == "" {
		id = name
	}
	if id == "" || len(e.Threads) > 0 {
		return
	}
	e.Threads = []sentry.Thread{{ID: id, Name: name, Current: sentry.True, Crashed: sentry.TriOf(header != "")}}
	if n := len(e.Exceptions); n > 0 {
		e.Exceptions[n-1].ThreadID = id
	}
}

// traceContext ties the event to its trace. Relay wants a span id with every trace id: where the record has none, one is made of the
// event's own id, so that a repeat brings the same.
func traceContext(read *fields.Record, id sentry.EventID) *sentry.TraceContext {
	if read.TraceID.IsZero() {
		return nil
	}
	tc := &sentry.TraceContext{TraceID: read.TraceID, SpanID: read.SpanID}
	if tc.SpanID.IsZero() {
		copy(tc.SpanID[:], id[8:])
		if tc.SpanID.IsZero() {
			tc.SpanID[0] = 1
		}
	}
	return tc
}
