// Package fields reads what an app wrote in a log record, whatever logger it used.
//
// In: an OTLP log record: attributes, a body that is text, JSON text, logfmt, a known plain layout, a map or an array.
// Out: a Record: level, time, message, logger, thread, the failure and the ids it is tied to, under one name each.
// It must not know: envelopes, lanes, the network, the clock. It decides nothing: what becomes an event is triage's business.
package fields

import (
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
	"github.com/otelcol-sentry/otelcol-sentry/internal/stacktrace"
)

// Record is what a log record says. A zero member means: it does not say.
type Record struct {
	Severity plog.SeverityNumber
	Time     sentry.Time
	Message  string
	Template string
	Params   []string
	Logger   string
	// ThreadID and ThreadName of the thread that logged.
	ThreadID, ThreadName string
	Failure              Failure
	TraceID              sentry.TraceID
	SpanID               sentry.SpanID
	Fingerprint          []string
	User                 *sentry.User
	Request              *sentry.Request
	// Service, Version and Environment as the body names them; the resource's win.
	Service, Version, Environment string
	// Code is the place of the log call (code.*, caller, reportLocation).
	Code sentry.Frame
	// Rest holds the members of the body that no name above has taken, in their order.
	Rest []sentry.Attr
}

// Failure is an error that a record carries.
type Failure struct {
	// Type and Message as separate fields say them; "" where only the stack trace does.
	Type, Message string
	// Stacktrace is the text that holds the stack trace; Whole as in stacktrace.Input.
	Stacktrace string
	Whole      bool
	// Exceptions is set instead where the logger wrote its stack trace as structure (structlog's dict tracebacks, log4j2's JsonLayout).
	Exceptions []sentry.Exception
}

// Found reports whether the record carries a failure at all.
func (f *Failure) Found() bool {
	return f.Type != "" || f.Message != "" || f.Stacktrace != "" || len(f.Exceptions) > 0
}

// Input is the failure as the stack trace readers take it.
func (f *Failure) Input(language stacktrace.Language) stacktrace.Input {
	return stacktrace.Input{Language: language, Text: f.Stacktrace, Whole: f.Whole, Type: f.Type, Message: f.Message}
}

// Severity is the cheap question that is asked of every record: how bad is it? The record's own severity wins, then its severity text,
// then its body; Unspecified where none says.
func Severity(rec plog.LogRecord) plog.SeverityNumber {
	return rec.SeverityNumber()
}

// Read says all that the record says. Strings are borrowed from the record.
func Read(rec plog.LogRecord, scope string) Record {
	r := Record{
		Severity: Severity(rec),
		Time:     sentry.Time(rec.Timestamp()),
		Logger:   scope,
		TraceID:  sentry.TraceID(rec.TraceID()),
		SpanID:   sentry.SpanID(rec.SpanID()),
	}
	if rec.Body().Type() != pcommon.ValueTypeEmpty {
		r.Message = rec.Body().AsString()
	}
	attr := func(key string) string {
		if v, ok := rec.Attributes().Get(key); ok && v.Type() == pcommon.ValueTypeStr {
			return v.Str()
		}
		return ""
	}
	r.Failure = Failure{
		Type:       attr("exception.type"),
		Message:    attr("exception.message"),
		Stacktrace: attr("exception.stacktrace"),
		Whole:      true,
	}
	return r
}
