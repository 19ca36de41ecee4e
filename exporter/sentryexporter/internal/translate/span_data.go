package translate

import (
	"strings"

	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-sentry/otelcol-sentry/internal/segment"
	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// originSpans is the origin of all spans but those that bring their own: the name that Sentry gives to spans from OpenTelemetry (relay-spans,
// otel_to_sentry). Which instrumentation made a span is in its data, otel.scope.name.
const originSpans = "auto.otlp.spans"

// origin of the span whose facts were read.
func (t *Spans) origin() string {
	if said := t.facts.text(slotSentryOrigin); isOrigin(said) {
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

// common appends to the data what is not among the attributes: kind, scope, status message.
func (t *Spans) common(td ptrace.Traces, span segment.Span) {
	if k := span.Kind(); k > 0 && int(k) < len(kinds) && kinds[k] != "" {
		t.put("otel.kind", kinds[k])
	}
	t.put("sentry.status.message", span.Status().Message())
	scope := td.ResourceSpans().At(span.Resource).ScopeSpans().At(span.Scope).Scope()
	t.put("otel.scope.name", scope.Name())
	t.put("otel.scope.version", scope.Version())
	for key, v := range scope.Attributes().All() {
		if !strings.HasPrefix(key, internalPrefix) {
			mark := len(t.text)
			t.text = append(append(t.text, "otel.scope."...), key...)
			t.data = append(t.data, sentry.Attr{Key: t.take(mark, ""), Value: Value(v)})
		}
	}
}

func (t *Spans) put(key, text string) {
	if text != "" {
		t.data = append(t.data, sentry.Attr{Key: key, Value: sentry.String(text)})
	}
}

// linkFlagsKnown: the link's flags hold the trace flags of what it leads to (opentelemetry-proto, SpanFlags).
const linkFlagsKnown = 0x100

func (t *Spans) linksOf(span ptrace.Span, fixed *Repairs) []sentry.Link {
	mark := len(t.links)
	for _, l := range span.Links().All() {
		if l.TraceID().IsEmpty() || l.SpanID().IsEmpty() {
			fixed.Links++
			continue
		}
		link := sentry.Link{TraceID: sentry.TraceID(l.TraceID()), SpanID: sentry.SpanID(l.SpanID())}
		if flags := l.Flags(); flags&linkFlagsKnown != 0 {
			link.Sampled = sentry.TriOf(flags&1 != 0)
		}
		from := len(t.data)
		for key, v := range l.Attributes().All() {
			if !strings.HasPrefix(key, internalPrefix) {
				t.data = append(t.data, sentry.Attr{Key: key, Value: Value(v)})
			}
		}
		link.Attrs = t.data[from:len(t.data):len(t.data)]
		t.links = append(t.links, link)
	}
	return t.links[mark:len(t.links):len(t.links)]
}
