package triage

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-sentry/otelcol-sentry/internal/fields"
	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// FailedSpans says which spans become events that failed and recorded no exception. Of spans inside one another that failed, as far as they
// come in one request, the innermost does: it is why the others failed.
type FailedSpans struct {
	// HTTP: client and server spans whose status code lies in Status.
	HTTP bool
	// DB: database spans with the status ERROR.
	DB bool
	// RPC: client and server spans with the status ERROR, or with a gRPC code that says that the server is at fault.
	RPC bool
	// Status are the HTTP status codes that are failures.
	Status []StatusRange
}

func (f *FailedSpans) enabled() bool { return f.HTTP || f.DB || f.RPC }

// StatusRange are HTTP status codes from First to Last.
type StatusRange struct{ First, Last int64 }

// ParseStatusRange reads "500-599" or "503".
func ParseStatusRange(s string) (StatusRange, error) {
	first, last, isRange := strings.Cut(s, "-")
	if !isRange {
		last = first
	}
	r := StatusRange{statusNumber(first), statusNumber(last)}
	if r.First == 0 || r.Last < r.First {
		return StatusRange{}, fmt.Errorf("%q is no HTTP status code, nor a range of them such as 500-599", s)
	}
	return r, nil
}

// statusNumber is 0 for what is no HTTP status code.
func statusNumber(s string) int64 {
	n, err := strconv.ParseInt(strings.TrimSpace(s), 10, 64)
	if err != nil || n < 100 || n > 599 {
		return 0
	}
	return n
}

// grpcFaults are the codes that the semantic conventions call errors of a server, with their names (gRPC, Status codes).
var grpcFaults = map[int64]string{
	2: "UNKNOWN", 4: "DEADLINE_EXCEEDED", 12: "UNIMPLEMENTED", 13: "INTERNAL", 14: "UNAVAILABLE", 15: "DATA_LOSS",
}

// of says what failed, in words for a title; false: the span did not fail in a way that is asked for.
func (f *FailedSpans) of(span ptrace.Span) (string, bool) {
	attrs := span.Attributes()
	failed := span.Status().Code() == ptrace.StatusCodeError
	switch {
	case has(attrs, "rpc.system", "rpc.system.name"):
		fault := grpcFaults[integer(attrs, "rpc.grpc.status_code")]
		if !f.RPC || !atEdge(span) || !failed && fault == "" {
			return "", false
		}
		if fault != "" {
			return "RPC " + fault + ": " + span.Name(), true
		}
		return "RPC failed: " + span.Name() + because(span), true
	case has(attrs, "db.system", "db.system.name"):
		return "Query failed: " + span.Name() + because(span), f.DB && failed
	default:
		code := httpStatus(attrs)
		return "HTTP " + strconv.FormatInt(code, 10) + ": " + span.Name(), f.HTTP && atEdge(span) && f.counts(code)
	}
}

func (f *FailedSpans) counts(code int64) bool {
	for _, r := range f.Status {
		if code >= r.First && code <= r.Last {
			return true
		}
	}
	return false
}

// atEdge: the span is a service's own view of a call, from one of its ends.
func atEdge(span ptrace.Span) bool {
	return span.Kind() == ptrace.SpanKindServer || span.Kind() == ptrace.SpanKindClient
}

// maxReason bounds the part of a status message that goes into a title.
const maxReason = 200

// because is the first line of the span's status message.
func because(span ptrace.Span) string {
	reason, _, _ := strings.Cut(strings.TrimSpace(span.Status().Message()), "\n")
	if reason == "" {
		return ""
	}
	return ": " + strings.ToValidUTF8(reason[:min(len(reason), maxReason)], "")
}

// explain finds the spans that failed because of what is in them.
func (p *Project) explain(b *Batch, td ptrace.Traces, resources []int) {
	for i, rs := range td.ResourceSpans().All() {
		if resources != nil && !slices.Contains(resources, i) {
			continue
		}
		for _, ss := range rs.ScopeSpans().All() {
			for _, span := range ss.Spans().All() {
				if _, failed := p.cfg.FailedSpans.of(span); failed || p.threw(b, span) {
					b.spans.failedIn(span)
				}
			}
		}
	}
}

// threw tells whether an exception of a span becomes an event, as far as the span says.
func (p *Project) threw(b *Batch, span ptrace.Span) bool {
	for _, event := range span.Events().All() {
		if event.Name() == exceptionEvent {
			if _, answered := p.spanAnswer(b, span, event); !answered {
				return true
			}
		}
	}
	return false
}

// failedSpan decides about a span that recorded no exception.
func (p *Project) failedSpan(out *target, span ptrace.Span) {
	b := out.batch
	title, failed := p.cfg.FailedSpans.of(span)
	if !failed {
		return
	}
	b.Seen++
	if b.spans.explained(span) {
		b.Answered[Explained]++
		return
	}
	o := occurrence{
		kind:       crumbSpanEvent,
		read:       fields.Record{Message: title},
		severity:   plog.SeverityNumberError,
		trace:      sentry.TraceID(span.TraceID()),
		at:         sentry.Time(span.EndTimestamp()),
		text:       title,
		attributes: [2]pcommon.Map{span.Attributes()},
		span:       span,
		stream:     out.ownStream(),
	}
	rec := spanRecord(span, span.EndTimestamp())
	rec.Body().SetStr(title)
	answer, isEvent := p.decideSpan(out, &o, rec)
	if !isEvent {
		p.answer(out, &o, answer)
		return
	}
	p.offer(out, &o, rec, Verdict{Source: SourceSpanEvent, Time: usableTime(rec, o.at, b.now), Transaction: entryName(span)})
}

func (p *Project) decideSpan(out *target, o *occurrence, rec plog.LogRecord) (Answer, bool) {
	if !p.wanted(out, o) {
		return Excluded, false
	}
	if o.trace.IsZero() || o.span.SpanID().IsEmpty() {
		out.batch.nameByPlace(out, o, rec)
	} else {
		o.name(out.batch.digest.spanID(p.id, o.span))
	}
	return p.admit(out, o)
}
