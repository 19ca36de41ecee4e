package translate

import (
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-sentry/otelcol-sentry/internal/segment"
)

// originSpans is the origin of all spans but those that bring their own: the name that Sentry gives to spans from OpenTelemetry (relay-spans,
// otel_to_sentry). Which instrumentation made a span is in its data, otel.scope.name.
const originSpans = "auto.otlp.spans"

// origin of the span whose facts were read.
func (r *reader) origin() string {
	if said := r.facts.text(slotSentryOrigin); isOrigin(said) {
		return said
	}
	return originSpans
}

// isOrigin: letters, digits, "_" and "." (Relay removes others).
func isOrigin(s string) bool {
	for i := range len(s) {
		c := s[i]
		if c != '.' && c != '_' && (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'z') {
			return false
		}
	}
	return s != ""
}

// kinds are the values of otel.kind; INTERNAL is what a span is anyway.
var kinds = [...]string{ptrace.SpanKindServer: "SERVER", ptrace.SpanKindClient: "CLIENT", ptrace.SpanKindProducer: "PRODUCER", ptrace.SpanKindConsumer: "CONSUMER"}

// common appends to the data of a transaction's span what is not among its attributes.
func (t *Spans) common(td ptrace.Traces, span segment.Span) {
	if k := span.Kind(); k > 0 && int(k) < len(kinds) {
		t.put("otel.kind", kinds[k])
	}
	t.rest(span.Span)
	t.scope(td.ResourceSpans().At(span.Resource).ScopeSpans().At(span.Scope).Scope())
	t.events(span.Span)
}
