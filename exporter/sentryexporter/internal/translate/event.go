package translate

import (
	"slices"
	"strconv"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/otelcol-sentry/otelcol-sentry/internal/envelope"
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
	// Transaction that the failure ended, as the span was named; "" unknown.
	Transaction string
	// HeldBack is how many occurrences of the same issue were held back since the event before this one.
	HeldBack int
	// Breadcrumbs are what was seen before it, oldest first.
	Breadcrumbs []sentry.Breadcrumb
}

// EventOptions say what of a record is sent, and how it is grouped. The zero value is the default.
type EventOptions struct {
	// Personal: also what names a person or opens a door (send_default_pii): the user, addresses of clients, all headers, bodies of requests.
	Personal bool
	// Fingerprints are rules of what events are grouped by; they go before what an app says.
	Fingerprints Fingerprints
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
	// Attributes of the resource; the zero value has none.
	Attributes pcommon.Map
	Options    EventOptions
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
	e := &sentry.Event{ID: occurred.EventID, Logger: read.Logger, Breadcrumbs: occurred.Breadcrumbs, Resource: from.Resource}
	if occurred.FromSpan {
		e.Logger = "" // the scope is the instrumentation's, which logged nothing
	}
	setTime(e, rec, &read, occurred.Time)
	trace, parsed := setFailure(e, rec, &read, from.Language, occurred.FromSpan)
	e.Level = level(read.Severity, trace.Level)
	if parsed {
		e.Platform = platforms[trace.Language]
	}
	setPlatform(e, &read, from.Resource)
	setThread(e, &read, trace.ThreadName)
	e.Trace = traceContext(&read, occurred.EventID)
	shown := extraKeys{place: setPlace(e, rec, &read, from.Language)}
	shown.request, shown.response = setServed(e, rec, &read, occurred, from.Options)
	shown.flags = setFlags(e, rec.Attributes())
	setNames(e, rec, &read, from.Resource)
	setHeldBack(e, occurred.HeldBack)
	e.Fingerprint = fingerprint(e, rec, &read, from, shown.place)
	e.Extra = append(appendAttrs(e.Extra, rec.Attributes(), 0, shown.has), read.Rest...)
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

// setPlatform: where neither a stack trace nor the resource tells the language, the logger may, or the place of the call, or an exception's type: only
// Go's begin with a star.
func setPlatform(e *sentry.Event, read *fields.Record, res *sentry.Resource) {
	if e.Platform != "" || res != nil && res.Platform != "" {
		return
	}
	e.Platform = read.Platform
	if e.Platform == "" {
		e.Platform = platforms[codeLanguage(read.Code.Filename)]
	}
	if e.Platform == "" && strings.HasPrefix(thrownBy(e).Type, "*") {
		e.Platform = platforms[stacktrace.Go]
	}
}

// setNames: release, environment and service as the record's body names them, where the resource does not; and the name of the record's event.
func setNames(e *sentry.Event, rec plog.LogRecord, read *fields.Record, res *sentry.Resource) {
	if res == nil {
		res = &sentry.Resource{}
	}
	if res.Release == "" || res.ReleaseAssumed {
		e.Release = envelope.SanitizeRelease(read.Version)
	}
	if res.Environment == "" || res.EnvironmentAssumed {
		e.Environment = envelope.SanitizeEnvironment(read.Environment)
	}
	named := func(t sentry.Tag) bool { return t.Key == tagService }
	if read.Service != "" && !slices.ContainsFunc(res.Tags, named) {
		e.Tags = append(e.Tags, sentry.Tag{Key: tagService, Value: read.Service})
	}
	if name := rec.EventName(); name != "" && name != eventException {
		e.Tags = append(e.Tags, sentry.Tag{Key: "event.name", Value: name})
	}
}

// setHeldBack says on the event how many like it were held back before it.
func setHeldBack(e *sentry.Event, n int) {
	if n <= 0 {
		return
	}
	e.Tags = append(e.Tags, sentry.Tag{Key: "held_back", Value: strconv.Itoa(n)})
	e.Contexts = append(e.Contexts, sentry.Context{Key: "budget", Fields: []sentry.Attr{{Key: "held_back", Value: sentry.Int(int64(n))}}})
}
