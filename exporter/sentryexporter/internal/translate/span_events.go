package translate

import (
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-sentry/otelcol-sentry/internal/envelope"
	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// A span of Sentry's has no events. Exceptions among them become issues (triage). Of the others, feature flags have a place in Sentry's conventions and
// measurements one in its protocol; the rest is told, as JSON text, in the span's data.

// maxSpanEvents is how many events of a span are told; it is the limit of OpenTelemetry's SDKs. Further ones count as dropped.
const maxSpanEvents = 128

const (
	eventException = "exception"
	keyEvents      = "otel.events"
)

// events appends what the span's events say. Measurements go to r.measured.
func (r *reader) events(span ptrace.Span) {
	r.measured = r.measured[:0]
	if span.Events().Len() == 0 && span.DroppedEventsCount() == 0 {
		return
	}
	for _, e := range span.Events().All() {
		if m, ok := measurement(e); ok {
			r.measured = append(r.measured, m)
		} else if key, on, ok := flag(e); ok {
			r.data = append(r.data, sentry.Attr{Key: r.text.join("flag.evaluation.", key), Value: sentry.Bool(on)})
		}
	}
	mark, told, dropped := len(r.text), 0, span.DroppedEventsCount()
	for _, e := range span.Events().All() {
		switch {
		case !r.tells(e):
		case told == maxSpanEvents:
			dropped++
		default:
			r.tell(e, told == 0)
			told++
		}
	}
	if told > 0 {
		r.text = append(r.text, ']')
		r.data = append(r.data, sentry.Attr{Key: keyEvents, Value: sentry.String(r.text.since(mark))})
	}
	r.putCount("otel.dropped_events_count", dropped)
}

// tells reports whether an event is one of those that are told as they are.
func (r *reader) tells(e ptrace.SpanEvent) bool {
	if e.Name() == eventException {
		return false
	}
	_, isMeasurement := measurement(e)
	_, _, isFlag := flag(e)
	return !isMeasurement && !isFlag
}

// tell appends an event to the list of them, as JSON.
func (r *reader) tell(e ptrace.SpanEvent, first bool) {
	open := byte(',')
	if first {
		open = '['
	}
	r.text = envelope.AppendString(append(append(r.text, open), `{"name":`...), e.Name())
	r.text = append(r.text, `,"time":"`...)
	r.text.time(sentry.Time(e.Timestamp()))
	r.text = append(r.text, '"')
	separator := `,"attributes":{`
	for key, v := range e.Attributes().All() {
		if !r.withholds(key) {
			r.text = append(envelope.AppendString(append(r.text, separator...), key), ':')
			r.text = appendJSON(r.text, v, 0)
			separator = ","
		}
	}
	if separator == "," {
		r.text = append(r.text, '}')
	}
	r.text = append(r.text, '}')
}

// measurement reads an event by which Sentry's JavaScript SDK says a number about a span (semanticAttributes: sentry.measurement_value and
// sentry.measurement_unit).
func measurement(e ptrace.SpanEvent) (sentry.Measurement, bool) {
	v, ok := e.Attributes().Get("sentry.measurement_value")
	if !ok || e.Name() == "" {
		return sentry.Measurement{}, false
	}
	m := sentry.Measurement{Name: e.Name(), Unit: attrText(e.Attributes(), "sentry.measurement_unit")}
	switch v.Type() {
	case pcommon.ValueTypeInt:
		m.Value = float64(v.Int())
	case pcommon.ValueTypeDouble:
		m.Value = v.Double()
	default:
		return m, false
	}
	return m, true
}

// flagValues are the attributes of a feature flag's evaluation in the generations of OpenTelemetry's conventions.
var flagValues = [...]string{"feature_flag.result.value", "feature_flag.result.variant", "feature_flag.evaluation.value", "feature_flag.variant"}

// flag reads the evaluation of a feature flag that is on or off. One with other values is told like any event: Sentry knows flags as booleans only.
func flag(e ptrace.SpanEvent) (key string, on, ok bool) {
	if e.Name() != "feature_flag" && e.Name() != "feature_flag.evaluation" {
		return "", false, false
	}
	if key = attrText(e.Attributes(), "feature_flag.key"); key == "" {
		return "", false, false
	}
	for _, name := range flagValues {
		if v, there := e.Attributes().Get(name); there {
			on, ok = truth(v)
			return key, on, ok
		}
	}
	return "", false, false
}

func truth(v pcommon.Value) (on, ok bool) {
	if v.Type() == pcommon.ValueTypeBool {
		return v.Bool(), true
	}
	switch v.Str() {
	case "true", "on":
		return true, true
	case "false", "off":
		return false, true
	}
	return false, false
}
