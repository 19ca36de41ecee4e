// Package fields reads what an app wrote in a log record, whatever logger it used.
//
// In: an OTLP log record: attributes, a body that is text, JSON text, logfmt, a known plain layout, a map or an array.
// Out: a Record: level, time, message, logger, thread, the failure and the ids it is tied to, under one name each.
// It must not know: envelopes, lanes, the network, the clock. It decides nothing: what becomes an event is triage's business.
//
// It knows loggers by the names they give to their members (names.go) and by the grammar of their headers (plain.go), not one by one.
// A level, a time, a name is said only where it is certain; what is not, is left unset.
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
	// Time is the record's own time, else the body's. A text without a zone is read as UTC; one without a year, or ambiguous, is not read.
	Time sentry.Time
	// Message is what the app said: the message member of a structured body, the words after the header of a plain line. A stack trace below it
	// is not part of it; a body that is nothing but a stack trace has no message.
	Message string
	// Template is the message before its parameters were put in, Params are these, where the logger wrote them.
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
	// Platform is the language that wrote the body, as Sentry calls it, where the logger is one that only that language has.
	Platform string
	// Code is the place of the log call (code.*, caller, reportLocation).
	Code sentry.Frame
	// Rest holds the members of the body that no name above has taken, in their order: at most 400 values, 64 KiB, six levels deep.
	Rest []sentry.Attr
}

// Failure is an error that a record carries.
type Failure struct {
	// Type and Message as separate fields say them; "" where only the stack trace does.
	Type, Message string
	// Stacktrace is the text that holds the stack trace; Whole as in stacktrace.Input. Of a plain body it is all of the text, if anything in it
	// looks like a stack trace or an uncaught error; whether it is one, internal/stacktrace has to say.
	Stacktrace string
	Whole      bool
	// Exceptions is set instead where the logger wrote its stack trace as structure (structlog's dict tracebacks, log4j2's JsonLayout).
	Exceptions []sentry.Exception
	// Platform is the language of Exceptions, as Sentry calls it.
	Platform string
}

// Found reports whether the record carries a failure at all.
func (f *Failure) Found() bool {
	return f.Type != "" || f.Message != "" || f.Stacktrace != "" || len(f.Exceptions) > 0
}

// Input is the failure as the stack trace readers take it.
func (f *Failure) Input(language stacktrace.Language) stacktrace.Input {
	return stacktrace.Input{Language: language, Text: f.Stacktrace, Whole: f.Whole, Type: f.Type, Message: f.Message}
}

// Severity is the cheap question that is asked of every record: how bad is it? The record's own severity wins, then its severity text, then its
// attributes, then its body; Unspecified where none says. It reads no further than it must and does not allocate, but for a body with
// terminal colours, one whose level is written with escapes, or one of bytes.
func Severity(rec plog.LogRecord) plog.SeverityNumber {
	if n := rec.SeverityNumber(); n != plog.SeverityNumberUnspecified {
		return n
	}
	if t := rec.SeverityText(); t != "" {
		if n := textSeverity(t); n != plog.SeverityNumberUnspecified {
			return n
		}
	}
	if rec.Attributes().Len() > 0 {
		if n := hearMap(rec.Attributes(), &levelFinder{}, 1); n != plog.SeverityNumberUnspecified {
			return n
		}
	}
	return bodySeverity(rec.Body())
}

// textSeverity reads severity text: a word, or the number of a family that shows in it.
func textSeverity(s string) plog.SeverityNumber {
	if n := wordSeverity(s); n != plog.SeverityNumberUnspecified {
		return n
	}
	return (&levelFinder{}).numberText(levelMark, trimSpace(s))
}

func bodySeverity(body pcommon.Value) plog.SeverityNumber {
	switch body.Type() {
	case pcommon.ValueTypeStr:
		return lineSeverity(body.Str(), 0)
	case pcommon.ValueTypeMap:
		return mapSeverity(body.Map())
	case pcommon.ValueTypeSlice:
		if body.Slice().Len() > 0 && body.Slice().At(0).Type() != pcommon.ValueTypeSlice {
			return bodySeverity(body.Slice().At(0))
		}
	case pcommon.ValueTypeBytes:
		return lineSeverity(string(body.Bytes().AsRaw()), 0)
	}
	return plog.SeverityNumberUnspecified
}

// lineSeverity reads a text: JSON, logfmt or a header. inside counts how often a text was found inside another.
func lineSeverity(s string, inside int) plog.SeverityNumber {
	for len(s) > 0 && isSpace(s[0]) {
		s = s[1:]
	}
	if s == "" {
		return plog.SeverityNumberUnspecified
	}
	if s[0] == '<' {
		if record, ok := julRecord(s); ok {
			return julSeverity(record)
		}
	}
	if s[0] == '{' {
		if n, ok := peekJSON(s, inside); ok {
			return n
		}
	} else if looksLogfmt(s) {
		if n := logfmtSeverity(s); n != plog.SeverityNumberUnspecified {
			return n
		}
	}
	return plainSeverity(s)
}

// plainSeverity reads the header of a plain line.
func plainSeverity(s string) plog.SeverityNumber {
	s = colourless(s)
	return readHead(s, false).severity
}

// Read says all that the record says. Strings are borrowed from the record.
func Read(rec plog.LogRecord, scope string) Record {
	r := Record{
		Severity: Severity(rec),
		Time:     sentry.Time(rec.Timestamp()),
		TraceID:  sentry.TraceID(rec.TraceID()),
		SpanID:   sentry.SpanID(rec.SpanID()),
	}
	if rec.Attributes().Len() > 0 {
		r.attributes(rec.Attributes())
	}
	r.body(rec.Body())
	if r.Logger == "" {
		r.Logger = scope
	}
	return r
}

// ReadAttributes says all that attributes alone say: those of a span's exception. Strings are borrowed from them.
func ReadAttributes(attrs pcommon.Map) Record {
	var r Record
	if attrs.Len() > 0 {
		r.attributes(attrs)
	}
	return r
}
