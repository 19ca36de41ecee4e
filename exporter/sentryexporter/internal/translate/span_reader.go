package translate

import (
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// SpanOptions say what of a span is sent.
type SpanOptions struct {
	// Personal: also what names a person or opens a door (send_default_pii): user.*, addresses of clients, all headers.
	Personal bool
}

// reader reads spans, one after the other, into memory that is used again.
type reader struct {
	SpanOptions
	apart bool // what slotSentryOp and those after it hold is not appended to the data: it is said apart
	facts facts
	text  scratch // names, descriptions and values that had to be put together
	data  []sentry.Attr
	links []sentry.Link
	lists sentry.Arena

	measured []sentry.Measurement // what the events of the last span measured
}

// reset takes back all that was read.
func (r *reader) reset() {
	r.text, r.data, r.links = r.text.reset(), r.data[:0], r.links[:0]
	r.lists.Reset()
}

// read fills the facts from a span's attributes and appends them to the data: the attributes as they are, then, where the conventions say so and the
// span does not have them itself, old ones under their current keys.
func (r *reader) read(attrs pcommon.Map, kind ptrace.SpanKind) {
	f := &r.facts
	f.clear()
	at := sideOf(kind)
	for key, v := range attrs.All() {
		u, known := spanKeys[key]
		if !known && r.withholds(key) || known && r.hides(u, at) {
			continue
		}
		value := r.value(v)
		if value.Kind() == sentry.KindNull {
			continue
		}
		if !known || (u.side != anySide && u.side != at) {
			r.data = append(r.data, sentry.Attr{Key: key, Value: value})
			continue
		}
		f.fill(u, value)
		if r.apart && slotSentryOp <= u.slot && u.slot <= slotSentryStatus {
			continue
		}
		if u.self >= 0 {
			f.present[u.self/64] |= 1 << (u.self % 64)
		}
		if u.current >= 0 {
			f.copy(u, value)
		}
		if !u.rename {
			r.data = append(r.data, sentry.Attr{Key: key, Value: value})
		}
	}
	for _, c := range f.copies {
		if f.present[c.current/64]&(1<<(c.current%64)) == 0 {
			r.data = append(r.data, sentry.Attr{Key: currentKeys[c.current], Value: c.value})
		}
	}
}

// value converts an attribute's value: lists of scalars stay lists, what is nested becomes JSON text, for the data of spans is flat. Bytes become text
// where they are text, else base64.
func (r *reader) value(v pcommon.Value) sentry.Value {
	if v.Type() != pcommon.ValueTypeSlice || !isFlat(v.Slice()) {
		return r.text.value(v)
	}
	list, elements := r.lists.List(v.Slice().Len())
	for i := range elements {
		elements[i] = r.text.value(v.Slice().At(i))
	}
	return list
}

// attributes appends the attributes of something that belongs to a span: a link, an event.
func (r *reader) attributes(attrs pcommon.Map) {
	for key, v := range attrs.All() {
		if r.withholds(key) {
			continue
		}
		if value := r.value(v); value.Kind() != sentry.KindNull {
			r.data = append(r.data, sentry.Attr{Key: key, Value: value})
		}
	}
}

func (r *reader) put(key, text string) {
	if text != "" {
		r.data = append(r.data, sentry.Attr{Key: key, Value: sentry.String(text)})
	}
}

func (r *reader) putCount(key string, n uint32) {
	if n > 0 {
		r.data = append(r.data, sentry.Attr{Key: key, Value: sentry.Int(int64(n))})
	}
}

// scope appends what the instrumentation says of itself.
func (r *reader) scope(scope pcommon.InstrumentationScope) {
	r.put("otel.scope.name", scope.Name())
	r.put("otel.scope.version", scope.Version())
	for key, v := range scope.Attributes().All() {
		if !strings.HasPrefix(key, internalPrefix) {
			key = r.text.join("otel.scope.", key)
			r.data = append(r.data, sentry.Attr{Key: key, Value: r.value(v)})
		}
	}
}

// rest appends what Sentry has no place for of its own: the status message, the W3C trace state and the counts of what the SDK dropped, under the
// names that OpenTelemetry gives them outside of OTLP (specification, mapping to non-OTLP formats; the trace state's is that of the Jaeger
// translation).
func (r *reader) rest(span ptrace.Span) {
	r.put("sentry.status.message", span.Status().Message())
	r.put("w3c.tracestate", span.TraceState().AsRaw())
	r.putCount("otel.dropped_attributes_count", span.DroppedAttributesCount())
	r.putCount("otel.dropped_links_count", span.DroppedLinksCount())
}

// linkFlagsKnown: the link's flags hold the trace flags of what it leads to (opentelemetry-proto, SpanFlags).
const linkFlagsKnown = 0x100

func (r *reader) linksOf(span ptrace.Span, fixed *Repairs) []sentry.Link {
	mark := len(r.links)
	for _, l := range span.Links().All() {
		if l.TraceID().IsEmpty() || l.SpanID().IsEmpty() {
			fixed.Links++
			continue
		}
		link := sentry.Link{TraceID: sentry.TraceID(l.TraceID()), SpanID: sentry.SpanID(l.SpanID())}
		if flags := l.Flags(); flags&linkFlagsKnown != 0 {
			link.Sampled = sentry.TriOf(flags&1 != 0)
		}
		from := len(r.data)
		r.attributes(l.Attributes())
		r.put("w3c.tracestate", l.TraceState().AsRaw())
		r.putCount("otel.dropped_attributes_count", l.DroppedAttributesCount())
		link.Attrs = r.data[from:len(r.data):len(r.data)]
		r.links = append(r.links, link)
	}
	return r.links[mark:len(r.links):len(r.links)]
}

// since is the data that was appended from mark on.
func (r *reader) since(mark int) []sentry.Attr { return r.data[mark:len(r.data):len(r.data)] }
