package triage

import (
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// lineage finds the spans around a span, as far as they came in the same request. The request is read when that is needed first.
type lineage struct {
	request ptrace.Traces
	of      map[spanKey]ptrace.Span
	read    bool
	// around are the spans in which something failed further inside.
	around map[spanKey]struct{}
}

type spanKey struct {
	trace pcommon.TraceID
	span  pcommon.SpanID
}

func keyOfSpan(span ptrace.Span) spanKey { return spanKey{span.TraceID(), span.SpanID()} }

func newLineage() lineage {
	return lineage{of: make(map[spanKey]ptrace.Span), around: make(map[spanKey]struct{})}
}

func (l *lineage) clear() {
	clear(l.of)
	clear(l.around)
	l.request, l.read = ptrace.Traces{}, false
}

func (l *lineage) learn() {
	l.read = true
	for _, rs := range l.request.ResourceSpans().All() {
		for _, ss := range rs.ScopeSpans().All() {
			for _, span := range ss.Spans().All() {
				l.of[keyOfSpan(span)] = span
			}
		}
	}
}

// maxLineage is how far out is looked: broken parents may form a circle.
const maxLineage = 64

// parent is the span around a span.
func (l *lineage) parent(span ptrace.Span) (ptrace.Span, bool) {
	if span.ParentSpanID().IsEmpty() {
		return ptrace.Span{}, false
	}
	if !l.read {
		l.learn()
	}
	around, ok := l.of[spanKey{span.TraceID(), span.ParentSpanID()}]
	return around, ok
}

// isClientError: the request that the span is, or is a part of, was answered with 4xx. Instrumentations record exceptions for 404s, also on
// the spans inside; nobody wants those as issues.
func (l *lineage) isClientError(span ptrace.Span) bool {
	for range maxLineage {
		if code := httpStatus(span.Attributes()); code != 0 {
			return code >= 400 && code < 500
		}
		if kind := span.Kind(); kind == ptrace.SpanKindServer || kind == ptrace.SpanKindConsumer {
			return false // what is around it is another service's
		}
		around, ok := l.parent(span)
		if !ok {
			return false
		}
		span = around
	}
	return false
}

// failedIn notes that something failed in a span: those around it failed because of that.
func (l *lineage) failedIn(span ptrace.Span) {
	origin := keyOfSpan(span)
	for range maxLineage {
		around, ok := l.parent(span)
		if !ok {
			return
		}
		key := keyOfSpan(around)
		if _, known := l.around[key]; known || key == origin {
			return
		}
		l.around[key] = struct{}{}
		span = around
	}
}

// explained tells whether something failed inside of a span.
func (l *lineage) explained(span ptrace.Span) bool {
	_, ok := l.around[keyOfSpan(span)]
	return ok
}
