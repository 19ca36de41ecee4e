package translate

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

func event(t testing.TB, s ptrace.Span, name string, a attrs) ptrace.SpanEvent {
	e := s.Events().AppendEmpty()
	e.SetName(name)
	e.SetTimestamp(1_500_000_001)
	a.to(t, e.Attributes())
	return e
}

func TestSpanEvents(t *testing.T) {
	for name, tc := range map[string]struct {
		add  func(ptrace.Span)
		want map[string]any
	}{
		"none": {func(ptrace.Span) {}, map[string]any{}},
		"told as JSON text": {
			func(s ptrace.Span) {
				event(t, s, "cache \"miss\"", nil)
				event(t, s, "retry", attrs{"attempt": 2, "after": 1.5, "on": true, "hosts": []any{"a"}, "m": map[string]any{"k": "v"}})
			},
			map[string]any{"otel.events": `[{"name":"cache \"miss\"","time":"1970-01-01T00:00:01.500000001Z"},` +
				`{"name":"retry","time":"1970-01-01T00:00:01.500000001Z","attributes":{"after":1.5,"attempt":2,"hosts":["a"],"m":{"k":"v"},"on":true}}]`},
		},
		"exceptions are issues": {func(s ptrace.Span) { event(t, s, "exception", attrs{"exception.type": "E"}) }, map[string]any{}},
		"what is the exporter's own, or a person's, is not told": {
			func(s ptrace.Span) { event(t, s, "e", attrs{"sentry.internal.x": 1, "user.id": "7"}) },
			map[string]any{"otel.events": `[{"name":"e","time":"1970-01-01T00:00:01.500000001Z"}]`},
		},
		"flags, of three generations": {
			func(s ptrace.Span) {
				event(t, s, "feature_flag", attrs{"feature_flag.key": "a", "feature_flag.variant": "on"})
				event(t, s, "feature_flag.evaluation", attrs{"feature_flag.key": "b", "feature_flag.result.variant": "false"})
				event(t, s, "feature_flag.evaluation", attrs{"feature_flag.key": "c", "feature_flag.result.value": true})
			},
			map[string]any{"flag.evaluation.a": true, "flag.evaluation.b": false, "flag.evaluation.c": true},
		},
		"a flag that is neither on nor off is an event": {
			func(s ptrace.Span) {
				event(t, s, "feature_flag", attrs{"feature_flag.key": "a", "feature_flag.variant": "blue"})
			},
			map[string]any{"otel.events": `[{"name":"feature_flag","time":"1970-01-01T00:00:01.500000001Z","attributes":{"feature_flag.key":"a","feature_flag.variant":"blue"}}]`},
		},
		"a flag without a key or a value is one too": {
			func(s ptrace.Span) { event(t, s, "feature_flag", nil) },
			map[string]any{"otel.events": `[{"name":"feature_flag","time":"1970-01-01T00:00:01.500000001Z"}]`},
		},
		"a measurement of a child": {
			func(s ptrace.Span) {
				event(t, s, "queue.depth", attrs{"sentry.measurement_value": 7})
				event(t, s, "no number", attrs{"sentry.measurement_value": "x"})
			},
			map[string]any{
				"queue.depth": 7.0,
				"otel.events": `[{"name":"no number","time":"1970-01-01T00:00:01.500000001Z","attributes":{"sentry.measurement_value":"x"}}]`,
			},
		},
		"what the SDK dropped": {
			func(s ptrace.Span) {
				s.SetDroppedAttributesCount(1)
				s.SetDroppedEventsCount(2)
				s.SetDroppedLinksCount(3)
				s.TraceState().FromRaw("ot=th:8,vendor=x")
			},
			map[string]any{
				"otel.dropped_attributes_count": int64(1), "otel.dropped_events_count": int64(2), "otel.dropped_links_count": int64(3),
				"w3c.tracestate": "ot=th:8,vendor=x",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, tc.want, plain(t, asChild(t, "n", internal, nil, tc.add).Data))
		})
	}
}

func TestSpanEventsAreBounded(t *testing.T) {
	data := plain(t, asChild(t, "n", internal, nil, func(s ptrace.Span) {
		s.SetDroppedEventsCount(5)
		for i := range maxSpanEvents + 3 {
			event(t, s, "e"+strconv.Itoa(i), nil)
		}
	}).Data)
	assert.Equal(t, maxSpanEvents, strings.Count(data["otel.events"].(string), `"name"`))
	assert.Equal(t, int64(8), data["otel.dropped_events_count"])
}

func TestMeasurements(t *testing.T) {
	tx := asRoot(t, "/", internal, attrs{"browser.web_vital.lcp.value": 1200.5, "browser.web_vital.cls.value": 0, "browser.web_vital.fcp.value": "x"}, func(s ptrace.Span) {
		event(t, s, "steps", attrs{"sentry.measurement_value": 3, "sentry.measurement_unit": "none"})
	})
	assert.Equal(t, []sentry.Measurement{{Name: "steps", Value: 3, Unit: "none"}, {Name: "cls"}, {Name: "lcp", Value: 1200.5, Unit: "millisecond"}}, tx.Measurements)
}

func TestLinksSayWhatTheyCarry(t *testing.T) {
	s := asChild(t, "n", consumer, nil, func(s ptrace.Span) {
		l := s.Links().AppendEmpty()
		l.SetTraceID(pcommon.TraceID{2})
		l.SetSpanID(pcommon.SpanID{3})
		l.TraceState().FromRaw("a=b")
		l.SetDroppedAttributesCount(4)
	})
	require.Len(t, s.Links, 1)
	assert.Equal(t, map[string]any{"w3c.tracestate": "a=b", "otel.dropped_attributes_count": int64(4)}, plain(t, s.Links[0].Attrs))
}
