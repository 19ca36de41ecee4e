package triage

import (
	"slices"

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

// Traces decides about the exceptions recorded on spans, and about spans that failed without one. Each that becomes an event is a log
// record from here on. resources is as for Logs.
func (p *Project) Traces(td ptrace.Traces, resources []int) *Batch {
	b := p.newBatch()
	b.spans.request = td
	if p.cfg.FailedSpans.enabled() {
		p.explain(b, td, resources)
	}
	for i, rs := range td.ResourceSpans().All() {
		if resources != nil && !slices.Contains(resources, i) {
			continue
		}
		out := newTarget(b, rs.Resource(), rs.SchemaUrl())
		for _, ss := range rs.ScopeSpans().All() {
			out.enter(ss.Scope())
			for _, span := range ss.Spans().All() {
				p.span(&out, span)
			}
		}
	}
	return b
}

// exceptionEvent is the name of span events that are exceptions (semantic conventions, exceptions on spans).
const exceptionEvent = "exception"

func (p *Project) span(out *target, span ptrace.Span) {
	threw := false
	for _, event := range span.Events().All() {
		if event.Name() != exceptionEvent {
			continue
		}
		out.batch.Seen++
		if answer, answered := p.spanAnswer(out.batch, span, event); answered {
			out.batch.Answered[answer]++
			p.leaveHandled(out, span, event)
		} else {
			threw = true
			p.spanException(out, span, event)
		}
	}
	if !threw && p.cfg.FailedSpans.enabled() {
		p.failedSpan(out, span)
	}
}

func (p *Project) spanException(out *target, span ptrace.Span, event ptrace.SpanEvent) {
	o := occurrence{
		kind:       crumbException,
		read:       fields.ReadAttributes(event.Attributes()),
		eventName:  event.Name(),
		severity:   plog.SeverityNumberError,
		at:         sentry.Time(eventTime(span, event)),
		attributes: [2]pcommon.Map{event.Attributes(), span.Attributes()},
		span:       span,
		stream:     out.ownStream(),
	}
	o.trace = sentry.TraceID(span.TraceID())
	o.failure, o.failed = failureOf(&o.read, out.language)
	answer, isEvent := p.decideException(out, &o, event)
	if !isEvent {
		p.answer(out, &o, answer)
		return
	}
	rec := exceptionRecord(span, event)
	p.offer(out, &o, rec, Verdict{Source: SourceSpanEvent, Time: usableTime(rec, o.at, out.batch.now), Transaction: entryName(span)})
}

func (p *Project) decideException(out *target, o *occurrence, event ptrace.SpanEvent) (Answer, bool) {
	if !p.wanted(out, o) {
		return Excluded, false
	}
	if o.trace.IsZero() {
		out.batch.nameByPlace(out, o, exceptionRecord(o.span, event))
	} else {
		o.name(out.batch.digest.exceptionID(p.id, o.trace, &o.failure))
	}
	return p.admit(out, o)
}

// spanAnswer says why an exception of a span becomes no event.
func (p *Project) spanAnswer(b *Batch, span ptrace.Span, event ptrace.SpanEvent) (Answer, bool) {
	switch {
	case p.cfg.SpanExceptions == SpanExceptionsOff:
		return Off, true
	case b.spans.isClientError(span):
		return ClientError, true
	case p.cfg.SpanExceptions == SpanExceptionsAll, span.Status().Code() == ptrace.StatusCodeError, escaped(event.Attributes()):
		return 0, false
	default:
		return SpanNotFailed, true
	}
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
	rec := spanRecord(span, eventTime(span, event))
	rec.SetEventName(event.Name())
	for key, value := range event.Attributes().All() {
		value.CopyTo(rec.Attributes().PutEmpty(key))
	}
	return rec
}

func eventTime(span ptrace.Span, event ptrace.SpanEvent) pcommon.Timestamp {
	if when := event.Timestamp(); when != 0 {
		return when
	}
	return span.EndTimestamp()
}

// spanRecord is the log record of something that happened to a span.
func spanRecord(span ptrace.Span, when pcommon.Timestamp) plog.LogRecord {
	rec := plog.NewLogRecord()
	rec.SetTimestamp(when)
	rec.SetObservedTimestamp(when)
	rec.SetSeverityNumber(plog.SeverityNumberError)
	rec.SetTraceID(span.TraceID())
	rec.SetSpanID(span.SpanID())
	span.Attributes().CopyTo(rec.Attributes())
	return rec
}
