package envelope

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// place is where an object of a shape stands: in the header, or in the payload, of a sample.
type place struct {
	shape  *shape
	sample string
	header bool
	path   []any
}

var places = []place{
	{&headerShape, "event", true, nil},
	{&dscShape, "event", true, []any{"trace"}},
	{&sdkShape, "event", false, []any{"sdk"}},
	{&eventShape, "event", false, nil},
	{&logentryShape, "event", false, []any{"logentry"}},
	{&exceptionShape, "event", false, []any{"exception", "values", 0}},
	{&mechanismShape, "event", false, []any{"exception", "values", 1, "mechanism"}},
	{&stacktraceShape, "event", false, []any{"exception", "values", 1, "stacktrace"}},
	{&frameShape, "event", false, []any{"exception", "values", 1, "stacktrace", "frames", 0}},
	{&threadShape, "event", false, []any{"threads", "values", 0}},
	{&breadcrumbShape, "event", false, []any{"breadcrumbs", "values", 0}},
	{&userShape, "event", false, []any{"user"}},
	{&requestShape, "event", false, []any{"request"}},
	{&contextsShape, "event", false, []any{"contexts"}},
	{&traceShape, "event", false, []any{"contexts", "trace"}},
	{&flagsShape, "event", false, []any{"contexts", "flags"}},
	{&flagShape, "event", false, []any{"contexts", "flags", "values", 0}},
	{&linkShape, "event", false, []any{"contexts", "trace", "links", 0}},
	{&transactionInfoShape, "event", false, []any{"transaction_info"}},
	{&transactionShape, "transaction", false, nil},
	{&spanShape, "transaction", false, []any{"spans", 0}},
	{itemKinds[TypeLog].payload, "log", false, nil},
	{&logShape, "log", false, []any{"items", 0}},
	{itemKinds[TypeSpan].payload, "span", false, nil},
	{&spanV2Shape, "span", false, []any{"items", 0}},
	{&linkV2Shape, "span", false, []any{"items", 0, "links", 0}},
	{itemKinds[TypeTraceMetric].payload, "trace_metric", false, nil},
	{&metricShape, "trace_metric", false, []any{"items", 0}},
	{&clientReportShape, "client_report", false, nil},
	{&discardShape, "client_report", false, []any{"discarded_events", 0}},
	{&checkInShape, "check_in", false, nil},
	{&monitorShape, "check_in", false, []any{"monitor_config"}},
	{&scheduleShape, "check_in", false, []any{"monitor_config", "schedule"}},
}

// object makes a new sample and gives the object of the place in it.
func (p *place) object() (*sample, map[string]any) {
	s := samples[p.sample]()
	if p.header {
		return s, obj(s.Header, p.path...)
	}
	return s, obj(s.payload(), p.path...)
}

// badValues are values of which at least one breaks any demand there is.
var badValues = []any{true, -1, 1e300, "", "a b/\n\x00", "latest", []any{}, []any{map[string]any{"x": 1}}, map[string]any{"x": 1}, strings.Repeat("x", 9000)}

// TestFieldRules spoils every member of every shape so that its own rule, and no other, is broken.
func TestFieldRules(t *testing.T) {
	for _, p := range places {
		for _, f := range p.shape.fields {
			if !f.ruled() {
				continue
			}
			name := p.shape.name + "." + f.name
			if f.need {
				s, object := p.object()
				delete(object, f.name)
				require.Equal(t, map[string]bool{name: true}, s.broken(t), "without %s", name)
			}
			require.True(t, slices.ContainsFunc(badValues, func(bad any) bool {
				s, object := p.object()
				object[f.name] = bad
				return maps.Equal(map[string]bool{name: true}, s.broken(t))
			}), "no bad value breaks %s alone", name)
		}
		s, object := p.object()
		object["surprise"] = "x"
		want := map[string]bool{p.shape.name + ".unknown": true}
		if p.shape.open {
			want = map[string]bool{}
		}
		if p.shape == &contextsShape {
			object["surprise"] = map[string]any{}
		}
		require.Equal(t, want, s.broken(t), p.shape.name)
	}
}

// spoilt is a way to break a rule that is about more than one member.
type spoilt struct {
	rule   string
	sample string
	how    func(s *sample)
}

// inPayload changes the payload of the only item.
func inPayload(how func(p map[string]any)) func(*sample) {
	return func(s *sample) { how(s.payload()) }
}

func long(n int) string { return strings.Repeat("x", n) }

func many(n int, v any) []any {
	list := make([]any, n)
	for i := range list {
		list[i] = v
	}
	return list
}

var spoiltSamples = []spoilt{
	{"json.syntax", "event", func(s *sample) { s.Items[0].Payload = []byte(`{"a":NaN}`) }},
	{"json.syntax", "event", func(s *sample) { s.Items[0].Payload = []byte(`{"a":1,}`) }},
	{"json.syntax", "event", func(s *sample) { s.Items[0].Payload = []byte(`{"a":"` + "\n" + `"}`) }},
	{"json.depth", "event", func(s *sample) { s.Items[0].Payload = []byte(strings.Repeat("[", 200) + strings.Repeat("]", 200)) }},
	{"json.duplicate-key", "client_report", func(s *sample) { s.Items[0].Payload = []byte(`{"discarded_events":[],"discarded_events":[]}`) }},
	{"json.duplicate-key", "client_report", func(s *sample) { s.Items[0].Payload = []byte(`{"discarded_events":[],"discarded_\u0065vents":[]}`) }},
	{"json.utf8", "check_in", inRaw(`* * *`, `* * *\ud800`)},
	{"json.utf8", "check_in", inRaw(`* * *`, "* * *\xff")},
	{"json.number", "trace_metric", inRaw(`"value":1`, `"value":1e999`)},
	{"item.object", "client_report", func(s *sample) { s.Items[0].Payload = []byte(`[]`) }},

	{"meta.remarks", "event", inPayload(func(p map[string]any) { p["_meta"] = metaOf("s", 0, 1000) })},
	{"meta.remarks", "event", inPayload(func(p map[string]any) { p["_meta"] = metaOf("s", 2, 1) })},
	{"meta.remarks", "event", inPayload(func(p map[string]any) { p["_meta"] = metaOf("?", 0, 1) })},

	{"item.type", "client_report", func(s *sample) { s.Items[0].Header["type"] = "otel_log" }},
	{"item.length", "event", func(s *sample) { s.Items[0].Header["length"] = nil }},
	{"item.size", "client_report", func(s *sample) { s.Items[0].Payload = bytes.Repeat([]byte(" "), MaxClientReportBytes+1) }},
	{"item.content-type", "log", func(s *sample) { delete(s.Items[0].Header, "content_type") }},
	{"item.content-type", "log", func(s *sample) { s.Items[0].Header["content_type"] = ContentTypeSpan }},
	{"item.content-type", "event", func(s *sample) { s.Items[0].Header["content_type"] = "text/plain" }},
	{"item.item-count", "log", func(s *sample) { delete(s.Items[0].Header, "item_count") }},
	{"item.item-count", "log", func(s *sample) { s.Items[0].Header["item_count"] = 2 }},
	{"item.too-many", "log", func(s *sample) {
		s.payload()["items"] = many(101, at(s.payload(), "items", 0))
		s.Items[0].Header["item_count"] = 101
	}},

	{"envelope.event-id", "event", func(s *sample) { delete(s.Header, "event_id") }},
	{"envelope.event-id-match", "event", func(s *sample) { s.Header["event_id"] = "00000000000000000000000000000002" }},
	{"envelope.one-event", "event", func(s *sample) { s.Items = append(s.Items, samples["transaction"]().Items...) }},
	{"envelope.mixed", "event", func(s *sample) { s.Items = append(s.Items, samples["check_in"]().Items...) }},
	{"envelope.one-container", "log", func(s *sample) { s.Items = append(s.Items, samples["log"]().Items...) }},
	{"envelope.one-check-in", "check_in", func(s *sample) { s.Items = append(s.Items, samples["check_in"]().Items...) }},
	{"envelope.attachments", "event", func(s *sample) { addItems(s, 31, "attachment", "x") }},
	{"envelope.client-reports", "event", func(s *sample) { addItems(s, 101, "client_report", `{"discarded_events":[]}`) }},
	{"envelope.dsc-required", "span", func(s *sample) { delete(s.Header, "trace") }},
	{"envelope.dsc-forbidden", "log", func(s *sample) { s.Header["trace"] = samples["span"]().Header["trace"] }},
	{"envelope.dsc-trace", "event", func(s *sample) { obj(s.Header, "trace")["trace_id"] = "4c79f60c11214eb38604f4ae0781bfb3" }},
	{"envelope.dsc-trace", "span", func(s *sample) { obj(s.payload(), "items", 0)["trace_id"] = "4c79f60c11214eb38604f4ae0781bfb3" }},
	{"dsc.strings", "event", func(s *sample) { obj(s.Header, "trace")["transaction"] = 1 }},
	{"dsc.sampling", "event", func(s *sample) { obj(s.Header, "trace")["sampled"] = "false" }},

	{"tag.key", "event", inPayload(func(p map[string]any) { obj(p, "tags")["a b"] = "x" })},
	{"tag.key", "event", inPayload(func(p map[string]any) { obj(p, "tags")[long(201)] = "x" })},
	{"tag.key", "event", inPayload(func(p map[string]any) { p["tags"] = []any{[]any{"", "x"}} })},
	{"tag.value", "event", inPayload(func(p map[string]any) { obj(p, "tags")["a"] = "" })},
	{"tag.value", "event", inPayload(func(p map[string]any) { obj(p, "tags")["a"] = "x\ny" })},
	{"tag.value", "event", inPayload(func(p map[string]any) { obj(p, "tags")["a"] = long(201) })},
	{"tag.value", "event", inPayload(func(p map[string]any) { obj(p, "tags")["a"] = 1 })},
	{"tag.reserved", "event", inPayload(func(p map[string]any) { obj(p, "tags")["release"] = "x" })},
	{"tag.repeated", "event", inPayload(func(p map[string]any) { p["tags"] = []any{[]any{"a", "x"}, []any{"a", "y"}} })},
	{"extra.size", "event", inPayload(func(p map[string]any) { obj(p, "extra")["big"] = long(MaxExtraItemBytes) })},
	{"extra.size", "event", inPayload(func(p map[string]any) {
		for i := range 20 {
			obj(p, "extra")[long(i+1)] = long(16_000)
		}
	})},
	{"breadcrumbs.number", "event", inPayload(func(p map[string]any) { p["breadcrumbs"] = many(101, map[string]any{"message": "x"}) })},
	{"breadcrumbs.order", "event", inPayload(func(p map[string]any) { obj(p, "breadcrumbs", "values", 1)["timestamp"] = 1 })},
	{"event.age", "event", inPayload(func(p map[string]any) { p["timestamp"] = sampleNow.Unix() - 31*day })},
	{"event.age", "event", inPayload(func(p map[string]any) { p["timestamp"] = "2026-03-01T12:01:01Z" })},
	{"logentry.text", "event", inPayload(func(p map[string]any) { p["logentry"] = map[string]any{"params": []any{1}} })},
	{"exception.content", "event", inPayload(func(p map[string]any) {
		x := obj(p, "exception", "values", 0)
		delete(x, "type")
		delete(x, "value")
	})},
	{"exception.chain", "event", inPayload(func(p map[string]any) { delete(obj(p, "exception", "values", 0), "mechanism") })},
	{"exception.chain", "event", inPayload(func(p map[string]any) { obj(p, "exception", "values", 0, "mechanism")["exception_id"] = 0 })},
	{"exception.chain", "event", inPayload(func(p map[string]any) { obj(p, "exception", "values", 0, "mechanism")["parent_id"] = 1 })},
	{"exception.chain", "event", inPayload(func(p map[string]any) { obj(p, "exception", "values", 0, "mechanism")["parent_id"] = 7 })},
	{"exception.chain", "event", inPayload(func(p map[string]any) { delete(obj(p, "exception", "values", 0, "mechanism"), "parent_id") })},
	{"exception.chain", "event", inPayload(func(p map[string]any) { obj(p, "exception", "values", 1, "mechanism")["parent_id"] = 1 })},
	{"exception.chain", "event", inPayload(func(p map[string]any) { slices.Reverse(at(p, "exception", "values").([]any)) })},
	{"exception.chain", "event", inPayload(func(p map[string]any) {
		p["exception"] = []any{map[string]any{"type": "A", "mechanism": map[string]any{"type": "x", "is_exception_group": true}}}
	})},
	{"threads.ids", "event", inPayload(func(p map[string]any) { obj(p, "threads", "values", 1)["id"] = 1 })},
	{"stacktrace.empty", "event", inPayload(func(p map[string]any) { obj(p, "exception", "values", 1, "stacktrace")["frames"] = []any{} })},
	{"stacktrace.number", "event", inPayload(func(p map[string]any) {
		obj(p, "exception", "values", 1, "stacktrace")["frames"] = many(251, map[string]any{"function": "f"})
	})},
	{"frame.name", "event", inPayload(func(p map[string]any) {
		obj(p, "exception", "values", 1, "stacktrace")["frames"] = []any{map[string]any{"module": "m", "abs_path": "p"}}
	})},
	{"request.data-size", "event", inPayload(func(p map[string]any) { obj(p, "request")["data"] = long(MaxBodyBytes) })},
	{"context.object", "event", inPayload(func(p map[string]any) { obj(p, "contexts")["os"] = "Linux" })},
	{"context.size", "event", inPayload(func(p map[string]any) { obj(p, "contexts", "os")["name"] = long(MaxContextBytes) })},
	{"flags.number", "event", inPayload(func(p map[string]any) {
		obj(p, "contexts", "flags")["values"] = many(MaxFlags+1, map[string]any{"flag": "a", "result": true})
	})},
	{"context.type", "event", inPayload(func(p map[string]any) { obj(p, "contexts")["x"] = map[string]any{"type": "flags"} })},
	{"context.type", "event", inPayload(func(p map[string]any) { obj(p, "contexts", "os")["type"] = "trace" })},

	{"transaction.trace", "transaction", inPayload(func(p map[string]any) { delete(p, "contexts") })},
	{"transaction.trace", "transaction", inPayload(func(p map[string]any) { obj(p, "contexts")["trace"] = nil })},
	{"transaction.order", "transaction", inPayload(func(p map[string]any) { p["timestamp"] = 1772366388 })},
	{"transaction.age", "transaction", inPayload(func(p map[string]any) { p["start_timestamp"] = sampleNow.Unix() - 6*day })},
	{"transaction.age", "transaction", inPayload(func(p map[string]any) { p["timestamp"] = sampleNow.Unix() + 2*60*60 })},
	{"transaction.child-age", "transaction", inPayload(func(p map[string]any) { obj(p, "spans", 0)["start_timestamp"] = sampleNow.Unix() - 6*day })},
	{"transaction.child-age", "transaction", inPayload(func(p map[string]any) { obj(p, "spans", 0)["timestamp"] = sampleNow.Unix() + 2*60*60 })},
	{"transaction.spans", "transaction", inPayload(func(p map[string]any) { p["spans"] = []any{nil} })},
	{"transaction.spans-size", "transaction", inPayload(func(p map[string]any) { obj(p, "spans", 0)["description"] = long(MaxSpansBytes) })},
	{"span.order", "transaction", inPayload(func(p map[string]any) { obj(p, "spans", 0)["timestamp"] = 1772366388 })},
	{"measurement", "transaction", inPayload(func(p map[string]any) { obj(p, "measurements")["m"] = 5 })},
	{"measurement", "transaction", inPayload(func(p map[string]any) { obj(p, "measurements", "m")["unit"] = 5 })},
	{"measurement", "transaction", inPayload(func(p map[string]any) { obj(p, "measurements")[""] = map[string]any{"value": 1} })},

	{"log.age", "log", inPayload(func(p map[string]any) { obj(p, "items", 0)["timestamp"] = sampleNow.Unix() + 61 })},
	{"log.size", "log", inPayload(func(p map[string]any) { obj(p, "items", 0)["body"] = long(MaxLogBytes) })},
	{"span_v2.size", "span", inPayload(func(p map[string]any) { obj(p, "items", 0)["name"] = long(MaxSpanBytes) })},
	{"log.severity", "log", inPayload(func(p map[string]any) { obj(p, "items", 0)["severity_number"] = 17 })},
	{"span_v2.age", "span", inPayload(func(p map[string]any) { obj(p, "items", 0)["end_timestamp"] = sampleNow.Unix() + 61 })},
	{"span_v2.age", "span", inPayload(func(p map[string]any) { obj(p, "items", 0)["start_timestamp"] = sampleNow.Unix() - 31*day })},
	{"span_container.duplicate", "span", func(s *sample) {
		s.payload()["items"] = many(2, at(s.payload(), "items", 0))
		s.Items[0].Header["item_count"] = 2
	}},
	{"span_v2.order", "span", inPayload(func(p map[string]any) { obj(p, "items", 0)["end_timestamp"] = 1772366388 })},
	{"span_v2.unknown", "span", inPayload(func(p map[string]any) { obj(p, "items", 0)["kind"] = "server" })},
	{"metric.age", "trace_metric", inPayload(func(p map[string]any) { obj(p, "items", 0)["timestamp"] = 1 })},
	{"metric.size", "trace_metric", inPayload(func(p map[string]any) {
		obj(p, "items", 0)["attributes"] = map[string]any{"a": map[string]any{"type": "string", "value": long(MaxTraceMetricBytes)}}
	})},
	{"attribute", "log", attribute(map[string]any{"type": "string", "value": 1})},
	{"attribute", "log", attribute(map[string]any{"type": "integer", "value": 1.5})},
	{"attribute", "log", attribute(map[string]any{"type": "integer", "value": uint64(1 << 63)})},
	{"attribute", "log", attribute(map[string]any{"type": "uint64", "value": 1})},
	{"attribute", "log", attribute(map[string]any{"value": "x"})},
	{"attribute", "log", attribute(map[string]any{"type": "string", "value": nil})},
	{"attribute", "log", attribute("x")},
	{"attribute", "log", attribute(map[string]any{"type": "array", "value": []any{1, "x"}})},
	{"attribute", "log", attribute(map[string]any{"type": "array", "value": []any{[]any{}}})},
	{"attribute", "log", attribute(map[string]any{"type": "string", "value": "x", "more": 1})},
	{"attribute", "span", attribute(map[string]any{"type": "string"})},
	{"attribute", "trace_metric", attribute(map[string]any{"type": "string"})},
	{"schedule.form", "check_in", inPayload(func(p map[string]any) {
		obj(p, "monitor_config")["schedule"] = map[string]any{"type": "interval", "value": 1}
	})},
}

func attribute(a any) func(*sample) {
	return inPayload(func(p map[string]any) { obj(p, "items", 0)["attributes"] = map[string]any{"a": a} })
}

func addItems(s *sample, n int, kind, payload string) {
	for range n {
		s.Items = append(s.Items, sampleItem{map[string]any{"type": kind}, []byte(payload)})
	}
}

// inRaw changes the text of the payload in one place.
func inRaw(old, new string) func(*sample) {
	return func(s *sample) {
		text, err := json.Marshal(s.Items[0].Payload)
		if err != nil || !bytes.Contains(text, []byte(old)) {
			panic("nothing to replace in " + string(text))
		}
		s.Items[0].Payload = bytes.Replace(text, []byte(old), []byte(new), 1)
	}
}

// TestRulesOfSeveralMembers spoils a sample so that one rule, and no other, is broken.
func TestRulesOfSeveralMembers(t *testing.T) {
	for _, sp := range spoiltSamples {
		s := samples[sp.sample]()
		sp.how(s)
		require.Equal(t, map[string]bool{sp.rule: true}, s.broken(t), sp.rule)
	}
}

// TestEveryRuleIsTested holds the rule book and its tests together.
func TestEveryRuleIsTested(t *testing.T) {
	tested := make(map[string]bool)
	for _, p := range places {
		for _, f := range p.shape.fields {
			if f.ruled() {
				tested[p.shape.name+"."+f.name] = true
			}
		}
		if !p.shape.open {
			tested[p.shape.name+".unknown"] = true
		}
	}
	for _, sp := range spoiltSamples {
		tested[sp.rule] = true
	}
	for _, r := range Rules() {
		require.True(t, tested[r.Name], "no test breaks %s", r.Name)
		require.NotEmpty(t, r.Source, r.Name)
		delete(tested, r.Name)
	}
	require.Empty(t, tested, "tests of rules that are not in the book")
}

// TestOtherWaysToWriteIt holds what other SDKs write and the protocol allows.
func TestOtherWaysToWriteIt(t *testing.T) {
	for name, how := range map[string]func(*sample){
		"time as text":       inPayload(func(p map[string]any) { p["timestamp"] = "2026-03-01T11:59:50.5" }),
		"tags as pairs":      inPayload(func(p map[string]any) { p["tags"] = []any{[]any{"a", "b"}} }),
		"exceptions as list": inPayload(func(p map[string]any) { p["exception"] = at(p, "exception", "values") }),
		"null members":       inPayload(func(p map[string]any) { p["user"], p["logger"], p["contexts"].(map[string]any)["os"] = nil, nil, nil }),
		"query as pairs":     inPayload(func(p map[string]any) { obj(p, "request")["query_string"] = []any{[]any{"a", "b"}} }),
		"client report":      func(s *sample) { s.Items = append(s.Items, samples["client_report"]().Items...) },
		"attachment":         func(s *sample) { addItems(s, 1, "attachment", "\x00\xff") },
		"no ids": inPayload(func(p map[string]any) {
			for i := range 2 {
				delete(obj(p, "exception", "values", i), "mechanism")
			}
		}),
	} {
		s := samples["event"]()
		how(s)
		require.Empty(t, s.broken(t), name)
	}
}

func TestViolationText(t *testing.T) {
	require.Equal(t, "frame.lineno (item 2, a.b[1]): wrong", Violation{"frame.lineno", 2, "a.b[1]", "wrong"}.String())
	require.Equal(t, "envelope.mixed (envelope): wrong", Violation{"envelope.mixed", -1, "", "wrong"}.String())
}

// TestPathsAndTheirEnd: a violation says where, and a hostile envelope does not fill the memory with them.
func TestPathsAndTheirEnd(t *testing.T) {
	s := samples["event"]()
	obj(s.payload(), "exception", "values", 1, "stacktrace", "frames", 0)["lineno"] = 0
	e, err := Parse(s.bytes(t))
	require.NoError(t, err)
	got := CheckWith(e, CheckOptions{Now: sampleNow})
	require.Len(t, got, 1)
	require.Equal(t, Violation{"frame.lineno", 0, "exception.values[1].stacktrace.frames[0].lineno", "must be a whole number from 1 on: 0"}, got[0])

	s = samples["event"]()
	s.payload()["tags"] = many(50_000, []any{"", ""})
	e, err = Parse(s.bytes(t))
	require.NoError(t, err)
	require.Len(t, Check(e), maxViolations)
}

// TestPresent: timestamps are compared with the clock that is given, else with sent_at, else with nothing.
func TestPresent(t *testing.T) {
	for name, c := range map[string]struct {
		how  func(*sample)
		opts CheckOptions
		want int
	}{
		"sent_at":    {func(*sample) {}, CheckOptions{}, 0},
		"old":        {func(s *sample) { s.Header["sent_at"] = "2026-08-01T00:00:00Z" }, CheckOptions{}, 1},
		"now":        {func(s *sample) { s.Header["sent_at"] = "2026-08-01T00:00:00Z" }, CheckOptions{Now: sampleNow}, 0},
		"skip":       {func(s *sample) { s.Header["sent_at"] = "2026-08-01T00:00:00Z" }, CheckOptions{SkipAge: true}, 0},
		"no sent_at": {func(s *sample) { delete(s.Header, "sent_at") }, CheckOptions{}, 1},
	} {
		s := samples["event"]()
		c.how(s)
		e, err := Parse(s.bytes(t))
		require.NoError(t, err)
		require.Len(t, CheckWith(e, c.opts), c.want, name)
	}
}
