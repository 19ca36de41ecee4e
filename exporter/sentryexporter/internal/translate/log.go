package translate

import (
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/otelcol-sentry/otelcol-sentry/internal/envelope"
	"github.com/otelcol-sentry/otelcol-sentry/internal/fields"
	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// originLogs is the origin of all logs but those that bring their own: the name that Sentry gives to logs from OpenTelemetry (relay-ourlogs,
// otel_to_sentry).
const originLogs = "auto.otlp.logs"

// maxLogAge and maxLogAhead bound, in nanoseconds, the times that Sentry takes for logs as they are: 30 days back, a minute ahead. What lies outside it
// shifts to the time of receipt, and the own time is lost; here it is kept beside it. An hour and a second are left for the way there.
const (
	maxLogAge   = (30*24 - 1) * 3600 * 1_000_000_000
	maxLogAhead = 59 * 1_000_000_000
)

// LogOptions say what logs carry beside what their record says.
type LogOptions struct {
	Defaults Defaults
	SDK      envelope.SDK
	// ResourceAttributes are the attributes of the resource that each of its logs carries.
	ResourceAttributes Globs
}

// Logs makes Sentry logs of log records. It keeps its memory from one to the next, so that a record whose attributes are scalars costs no allocation.
// Not for use by several goroutines at once.
//
//	logs.Begin(now)
//	each resource: logs.Resource(...)
//		each scope: shared.Reset(logs.Scope(...))
//			each record: container.Add(logs.Log(...), &shared)
type Logs struct {
	opts     LogOptions
	received sentry.Time

	shared     []sentry.Attr // of the resource, then of the scope
	ofResource int           // how many of them are the resource's
	sharedText scratch
	source     logSource

	log   sentry.Log
	attrs []sentry.Attr
	text  scratch

	previous sentry.Time // of the record before, in the same scope
	sequence int64
}

// NewLogs makes a translator.
func NewLogs(opts LogOptions) *Logs { return &Logs{opts: opts} }

// Begin begins a request. received stands in for the time of records that have none, or one that Sentry would not take.
func (t *Logs) Begin(received sentry.Time) { t.received = received }

// Resource begins a resource.
func (t *Logs) Resource(res pcommon.Resource) {
	t.shared, t.sharedText = t.shared[:0], t.sharedText.reset()
	t.source.resource(res)
	attrs := res.Attributes()
	t.share("sentry.release", firstValid(envelope.SanitizeRelease, releaseOf(attrs, t.opts.Defaults), t.opts.Defaults.Release))
	t.share("sentry.environment", firstValid(envelope.SanitizeEnvironment, attrText(attrs, environmentKeys...), t.opts.Defaults.Environment))
	t.share("server.address", attrText(attrs, "host.name", "k8s.pod.name", "k8s.node.name"))
	t.share("sentry.sdk.name", t.opts.SDK.Name)
	t.share("sentry.sdk.version", t.opts.SDK.Version)
	t.share("sentry.origin", originLogs)
	for key, v := range attrs.All() {
		if t.opts.ResourceAttributes.Match(key) && !strings.HasPrefix(key, internalPrefix) {
			t.shared = append(t.shared, sentry.Attr{Key: key, Value: t.sharedText.value(v)})
		}
	}
	t.ofResource = len(t.shared)
}

// Scope begins a scope of the resource. It gives the attributes that all its logs share, for envelope.SharedAttributes: valid until the next Resource or
// Scope.
func (t *Logs) Scope(scope pcommon.InstrumentationScope) []sentry.Attr {
	t.shared = t.shared[:t.ofResource]
	t.source.scope(scope)
	t.previous = 0
	t.share("otel.scope.name", scope.Name())
	t.share("otel.scope.version", scope.Version())
	for key, v := range scope.Attributes().All() {
		if !strings.HasPrefix(key, internalPrefix) {
			key = t.sharedText.join("otel.scope.", key)
			t.shared = append(t.shared, sentry.Attr{Key: key, Value: t.sharedText.value(v)})
		}
	}
	return t.shared
}

func (t *Logs) share(key, text string) {
	if text != "" {
		t.shared = append(t.shared, sentry.Attr{Key: key, Value: sentry.String(text)})
	}
}

// Log makes the log of the i-th record of the scope; ask for them in their order. The log, and the strings in it, are valid until the next call, and
// as long as the record is not changed.
func (t *Logs) Log(records plog.LogRecordSlice, i int) *sentry.Log {
	rec := records.At(i)
	t.attrs, t.text = t.attrs[:0], t.text.reset()
	t.log = sentry.Log{TraceID: sentry.TraceID(rec.TraceID()), SpanID: sentry.SpanID(rec.SpanID()), Timestamp: sentry.Time(rec.Timestamp())}
	severity := t.read(rec)
	t.log.Level, t.log.SeverityNumber = logLevel(severity)
	if t.log.TraceID.IsZero() {
		t.log.TraceID = t.source.traceID(rec)
	}
	t.time(rec)
	if i+1 < records.Len() {
		t.order(t.usable(statedTime(records.At(i + 1))))
	} else {
		t.order(0)
	}
	t.put("event.name", rec.EventName())
	for key, v := range rec.Attributes().All() {
		if !isUnsaid(key) {
			t.attrs = append(t.attrs, sentry.Attr{Key: key, Value: t.text.value(v)})
		}
	}
	t.log.Attributes = t.attrs
	return &t.log
}

func (t *Logs) put(key, text string) {
	if text != "" {
		t.attrs = append(t.attrs, sentry.Attr{Key: key, Value: sentry.String(text)})
	}
}

// isUnsaid names what no log says of its own: the exporter's attributes, and, as in events, those that name a person or open a door. What notExtra
// leaves out because events have another place for it stays.
func isUnsaid(key string) bool {
	switch header, ok := strings.CutPrefix(key, "http.request.header."); {
	case ok:
		return !harmlessHeaders[header]
	case strings.HasPrefix(key, "exception."), strings.HasPrefix(key, "thread."):
		return false
	}
	return strings.HasPrefix(key, internalPrefix) || notExtra(key)
}

// LogSeverity is the severity by which a record is kept or left out (min_severity), and which its log has: the record's, else that of its text, its
// attributes or its body, else INFO, as in Relay.
func LogSeverity(rec plog.LogRecord) plog.SeverityNumber { return orInfo(fields.Severity(rec)) }

func orInfo(severity plog.SeverityNumber) plog.SeverityNumber {
	if severity == plog.SeverityNumberUnspecified {
		return plog.SeverityNumberInfo
	}
	return severity
}

// logLevels are the levels of four severity numbers each (OpenTelemetry, logs data model, SeverityNumber).
var logLevels = [...]sentry.LogLevel{sentry.LogTrace, sentry.LogDebug, sentry.LogInfo, sentry.LogWarn, sentry.LogError, sentry.LogFatal}

// logLevel gives a level, and the number to send with it: none where the record says nothing that can be trusted.
func logLevel(severity plog.SeverityNumber) (sentry.LogLevel, int) {
	switch {
	case severity <= plog.SeverityNumberUnspecified:
		return sentry.LogInfo, 0
	case severity > plog.SeverityNumberFatal4:
		return sentry.LogFatal, 0
	}
	return logLevels[(severity-1)/4], int(severity)
}

// time settles the log's time: the record's own, else that in its body, else when it was observed, else that of receipt.
func (t *Logs) time(rec plog.LogRecord) {
	own := t.log.Timestamp
	if own == 0 {
		own = sentry.Time(rec.ObservedTimestamp())
	}
	t.log.Timestamp = t.usable(own)
	if own != 0 && t.log.Timestamp != own {
		t.put("sentry.original_time", t.text.time(own))
	}
}

// usable is own, or the time of receipt where Sentry would not take it.
func (t *Logs) usable(own sentry.Time) sentry.Time {
	if own == 0 || own > t.received+maxLogAhead || own+maxLogAge < t.received {
		return t.received
	}
	return own
}

// statedTime is the time that a record states without reading its body.
func statedTime(rec plog.LogRecord) sentry.Time {
	if own := rec.Timestamp(); own != 0 {
		return sentry.Time(own)
	}
	return sentry.Time(rec.ObservedTimestamp())
}

// order tells logs apart that Sentry could not put in order by their times, which it keeps to the microsecond: a number that counts them (conventions,
// sentry.timestamp.sequence). Bytes are billed: a log whose neighbours have other times does without.
func (t *Logs) order(next sentry.Time) {
	own := t.log.Timestamp
	if t.previous != 0 && isSameMoment(own, t.previous) {
		t.sequence++
	} else {
		t.sequence = 0
	}
	t.previous = own
	if t.sequence > 0 || isSameMoment(own, next) {
		t.attrs = append(t.attrs, sentry.Attr{Key: "sentry.timestamp.sequence", Value: sentry.Int(t.sequence)})
	}
}

func isSameMoment(a, b sentry.Time) bool { return max(a, b)-min(a, b) < 1000 }
