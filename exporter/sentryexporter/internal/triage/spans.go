package triage

import (
	"slices"
	"strconv"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-sentry/otelcol-sentry/internal/fields"
	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// SpanExceptions says which "exception" span events become events.
type SpanExceptions string

// The choices.
const (
	// SpanExceptionsError: those of spans that failed, and those that nothing caught (exception.escaped).
	SpanExceptionsError SpanExceptions = "error"
	// SpanExceptionsAll: those that were handled, too.
	SpanExceptionsAll SpanExceptions = "all"
	// SpanExceptionsOff: none.
	SpanExceptionsOff SpanExceptions = "off"
)

// Valid reports whether it is one of the choices.
func (s SpanExceptions) Valid() bool {
	return s == SpanExceptionsError || s == SpanExceptionsAll || s == SpanExceptionsOff
}

// Traces decides about the exceptions recorded on spans. Each one that becomes an event is a log record from here on. project and
// resources are as for Logs.
func (t *Triage) Traces(td ptrace.Traces, project string, resources []int) *Batch {
	b := t.newBatch(project)
	for i, rs := range td.ResourceSpans().All() {
		if resources != nil && !slices.Contains(resources, i) {
			continue
		}
		out := newTarget(b, rs.Resource(), rs.SchemaUrl())
		for _, ss := range rs.ScopeSpans().All() {
			out.enter(ss.Scope())
			for _, span := range ss.Spans().All() {
				for _, event := range span.Events().All() {
					if event.Name() == "exception" {
						b.Seen++
						t.spanException(&out, span, event)
					}
				}
			}
		}
	}
	return b
}

func (t *Triage) spanException(out *target, span ptrace.Span, event ptrace.SpanEvent) {
	b := out.batch
	if answer, answered := t.spanAnswer(span, event); answered {
		b.Answered[answer]++
		return
	}
	o := occurrence{read: fields.ReadAttributes(event.Attributes()), eventName: event.Name()}
	o.key, o.failed = failureKey(&o.read, out.language)
	if span.TraceID().IsEmpty() {
		o.id = b.recordID(out, exceptionRecord(span, event))
	} else {
		o.id = b.digest.exceptionID(b.project, sentry.TraceID(span.TraceID()), o.key)
	}
	if v, ok := t.admit(out, &o); ok {
		rec := exceptionRecord(span, event)
		v.Source, v.Time, v.Transaction = SourceSpanEvent, usableTime(rec, sentry.Time(rec.Timestamp()), b.now), entryName(span)
		b.add(out, rec, v)
	}
}

// spanAnswer says why an exception of a span becomes no event.
func (t *Triage) spanAnswer(span ptrace.Span, event ptrace.SpanEvent) (Answer, bool) {
	switch {
	case t.cfg.SpanExceptions == SpanExceptionsOff:
		return Off, true
	case isClientError(span.Attributes()):
		return ClientError, true
	case t.cfg.SpanExceptions == SpanExceptionsAll, span.Status().Code() == ptrace.StatusCodeError, escaped(event.Attributes()):
		return 0, false
	default:
		return SpanNotFailed, true
	}
}

// isClientError: instrumentations record exceptions for 404s; nobody wants those as issues.
func isClientError(attrs pcommon.Map) bool {
	for _, key := range [...]string{"http.response.status_code", "http.status_code"} {
		if v, ok := attrs.Get(key); ok {
			code := v.Int()
			if v.Type() == pcommon.ValueTypeStr {
				code, _ = strconv.ParseInt(v.Str(), 10, 64) // no number: 0, which is no client error
			}
			return code >= 400 && code < 500
		}
	}
	return false
}

func escaped(attrs pcommon.Map) bool {
	v, ok := attrs.Get("exception.escaped")
	return ok && (v.Bool() || v.Str() == "true" || v.Str() == "True")
}

// entryName is the span's name where it is its service's entry: then it names the transaction that the exception ended.
func entryName(span ptrace.Span) string {
	if span.ParentSpanID().IsEmpty() || span.Kind() == ptrace.SpanKindServer || span.Kind() == ptrace.SpanKindConsumer {
		return span.Name()
	}
	return ""
}

// exceptionRecord makes the log record that the semantic conventions would have today in place of the span event.
func exceptionRecord(span ptrace.Span, event ptrace.SpanEvent) plog.LogRecord {
	rec := plog.NewLogRecord()
	when := event.Timestamp()
	if when == 0 {
		when = span.EndTimestamp()
	}
	rec.SetTimestamp(when)
	rec.SetObservedTimestamp(when)
	rec.SetSeverityNumber(plog.SeverityNumberError)
	rec.SetTraceID(span.TraceID())
	rec.SetSpanID(span.SpanID())
	rec.SetEventName(event.Name())
	span.Attributes().CopyTo(rec.Attributes())
	for key, value := range event.Attributes().All() {
		value.CopyTo(rec.Attributes().PutEmpty(key))
	}
	return rec
}
