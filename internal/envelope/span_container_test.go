package envelope

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// testStreamSpan is an ordinary database call.
func testStreamSpan(i int) *sentry.StreamSpan {
	start := nanos(testTime) + sentry.Time(i)*1_000_000
	return &sentry.StreamSpan{
		TraceID: testTraceID(), SpanID: testSpanID(i), ParentSpanID: testSpanID(0), Name: "SELECT orders", Start: start, End: start + 900_000,
		Attributes: []sentry.Attr{
			str("sentry.op", "db.query"), str("sentry.segment.id", testSpanID(0).String()), str("sentry.segment.name", "GET /orders/{id}"),
			str("db.system.name", "postgresql"), str("db.query.text", "SELECT id, total FROM orders WHERE customer = $1 AND state = $2"), num("server.port", 5432),
			{Key: "cached", Value: sentry.Bool(false)},
		},
	}
}

func testSharedAttributes() *SharedAttributes {
	p := new(SharedAttributes)
	p.Reset([]sentry.Attr{
		str("sentry.release", "shop@1.4.2"), str("sentry.environment", "production"), str("sentry.origin", "auto.otlp.spans"), str("sentry.sdk.name", "sentry.go.otelcol"),
		str("server.address", "shop-6d5f9c-x2x"), str("resource.service.name", "shop"), str("resource.k8s.namespace.name", "prod"), str("otel.scope.name", "jdbc"),
	})
	return p
}

func testDSC() []sentry.Tag {
	return []sentry.Tag{
		{Key: "trace_id", Value: testTraceID().String()},
		{Key: "public_key", Value: "k"},
		{Key: "sample_rate", Value: "0.5"},
		{Key: "sample_rand", Value: "0.25"},
		{Key: "sampled", Value: "true"},
	}
}

// readSpans checks a container by the rule book and decodes its spans.
func readSpans(t *testing.T, c *SpanContainer) []map[string]any {
	t.Helper()
	item := c.Item()
	e, err := Parse(AppendEnvelope(nil, Header{SentAt: testTime, SDK: testSDK, DSC: testDSC()}, item))
	require.NoError(t, err)
	require.Empty(t, CheckWith(e, CheckOptions{SkipAge: true}), "%.2000s", item.Payload)
	var payload struct{ Items []map[string]any }
	decoder := json.NewDecoder(bytes.NewReader(item.Payload))
	decoder.UseNumber()
	require.NoError(t, decoder.Decode(&payload))
	require.Len(t, payload.Items, c.Len())
	return payload.Items
}

func containerOfSpans(t *testing.T, s *sentry.StreamSpan, shared *SharedAttributes, want SpanFit) *SpanContainer {
	c := new(SpanContainer)
	c.Reset(nil, testTraceID())
	require.Equal(t, want, c.Add(s, shared))
	return c
}

func TestSpanContainer(t *testing.T) {
	shared := new(SharedAttributes)
	shared.Reset([]sentry.Attr{str("sentry.release", "r"), str("server.address", "me")})
	var c SpanContainer
	c.Reset(nil, testTraceID())
	require.Equal(t, SpanAdded, c.Add(&sentry.StreamSpan{
		TraceID: testTraceID(), SpanID: testSpanID(1), ParentSpanID: testSpanID(2), Name: "GET /\n{id}", Failed: true, Segment: true,
		Start: 1_795_288_800_000_000_007, End: 1_795_288_801_000_000_000,
		Attributes: []sentry.Attr{
			str("server.address", "db"),
			{Key: "double", Value: sentry.Double(2)},
			{Key: "nan", Value: sentry.Double(math.NaN())},
			{Key: "list", Value: sentry.List([]sentry.Value{sentry.Int(1), sentry.Int(2)})},
			{Key: "map", Value: sentry.Map([]sentry.Attr{str("a", "b")})},
		},
		Links: []sentry.Link{
			{TraceID: testTraceID(), SpanID: testSpanID(9), Sampled: sentry.True, Attrs: []sentry.Attr{num("n", 1)}},
			{TraceID: testTraceID()},
		},
	}, shared))
	require.Equal(t, SpanAdded, c.Add(&sentry.StreamSpan{TraceID: testTraceID(), SpanID: testSpanID(2), Start: 1}, nil))
	for name, invalid := range map[string]sentry.StreamSpan{
		"no id": {TraceID: testTraceID(), Start: 1}, "no trace": {SpanID: testSpanID(3), Start: 1}, "another trace": {TraceID: sentry.TraceID{1}, SpanID: testSpanID(3), Start: 1},
		"no time": {TraceID: testTraceID(), SpanID: testSpanID(3)},
	} {
		require.Equal(t, SpanInvalid, c.Add(&invalid, shared), name)
	}
	require.Equal(t, SpanFull, c.Add(testStreamSpan(1), shared), "an id that is there")
	item := c.Item()
	assert.Equal(t, TypeSpan, item.Type)
	assert.Equal(t, ContentTypeSpan, item.ContentType)
	assert.Equal(t, 2, item.ItemCount)
	assert.Equal(t, `{"version":2,"items":[`+
		`{"trace_id":"4c79f60c11214eb38604f4ae0781bfb2","span_id":"fa90fdead5f70001","parent_span_id":"fa90fdead5f70002","name":"GET / {id}","status":"error","is_segment":true,`+
		`"start_timestamp":1795288800.000000007,"end_timestamp":1795288801,`+
		`"links":[{"trace_id":"4c79f60c11214eb38604f4ae0781bfb2","span_id":"fa90fdead5f70009","sampled":true,"attributes":{"n":{"type":"integer","value":1}}}],`+
		`"attributes":{"sentry.release":{"type":"string","value":"r"},"server.address":{"type":"string","value":"db"},"double":{"type":"double","value":2.0},`+
		`"list":{"type":"array","value":[1,2]},"map":{"type":"string","value":"{\"a\":\"b\"}"}}},`+
		`{"trace_id":"4c79f60c11214eb38604f4ae0781bfb2","span_id":"fa90fdead5f70002","name":"default","status":"ok","is_segment":false,`+
		`"start_timestamp":0.000000001,"end_timestamp":0.000000001}]}`, string(item.Payload))
	require.Equal(t, item, c.Item(), "closing twice changes nothing")
	readSpans(t, &c)
	require.Equal(t, SpanFull, c.Add(testStreamSpan(5), nil), "a closed container takes nothing")

	c.Reset(item.Payload, sentry.TraceID{1})
	require.Zero(t, c.Len())
	require.Equal(t, SpanInvalid, c.Add(testStreamSpan(1), nil), "it is one of another trace now")
}

func TestSpanContainerIsFull(t *testing.T) {
	var c SpanContainer
	c.Reset(nil, testTraceID())
	shared := testSharedAttributes()
	for i := range MaxContainerSpans {
		require.Equal(t, SpanAdded, c.Add(testStreamSpan(i), shared))
	}
	require.Equal(t, SpanFull, c.Add(testStreamSpan(MaxContainerSpans), shared))
	readSpans(t, &c)

	c.Reset(c.Item().Payload, testTraceID())
	big := testStreamSpan(0)
	big.Attributes = append(big.Attributes, str("big", strings.Repeat("x", 900<<10)))
	n := 0
	for ; c.Add(big, shared) == SpanAdded; n++ {
		big.SpanID = testSpanID(n + 1)
	}
	require.Equal(t, 5, n)
	require.LessOrEqual(t, len(c.Item().Payload), TargetSpansBytes)
}

// A span that is too large gives up its largest values first, then links and the last attributes.
func TestSpanIsTrimmed(t *testing.T) {
	s := testStreamSpan(1)
	s.Attributes = append(s.Attributes, str("big", strings.Repeat("x", 3<<20)), str("short", "kept"))
	c := containerOfSpans(t, s, testSharedAttributes(), SpanTrimmed)
	require.LessOrEqual(t, len(c.Item().Payload), TargetSpanBytes+100)
	got := readSpans(t, c)[0]
	require.Equal(t, "kept", obj(got, "attributes", "short")["value"])
	require.Len(t, obj(got, "attributes", "big")["value"], 256<<10-len(`""`))

	s = testStreamSpan(2)
	for i := range 40_000 {
		s.Attributes = append(s.Attributes, str("key"+strconv.Itoa(i), "value"))
		s.Links = append(s.Links, sentry.Link{TraceID: testTraceID(), SpanID: testSpanID(1), Attrs: []sentry.Attr{str("a", "b")}})
	}
	c = containerOfSpans(t, s, testSharedAttributes(), SpanTrimmed)
	require.LessOrEqual(t, len(c.Item().Payload), TargetSpanBytes+100)
	got = readSpans(t, c)[0]
	require.Greater(t, len(obj(got, "attributes")), 3_000)
	require.Greater(t, len(elements(got["links"])), 1_000)
	require.Equal(t, "db.query", obj(got, "attributes", "sentry.op")["value"], "the first attributes stay")
}

func TestSpanContainerDoesNotAllocate(t *testing.T) {
	shared := testSharedAttributes()
	var c SpanContainer
	var buf []byte
	spans := make([]*sentry.StreamSpan, 100)
	for i := range spans {
		spans[i] = testStreamSpan(i)
		spans[i].Links = []sentry.Link{{TraceID: testTraceID(), SpanID: testSpanID(7), Attrs: []sentry.Attr{num("n", 1)}}}
	}
	write := func() {
		c.Reset(buf, testTraceID())
		for _, s := range spans {
			c.Add(s, shared)
		}
		buf = c.Item().Payload
	}
	write()
	require.Zero(t, testing.AllocsPerRun(20, write))
}

func FuzzSpanContainer(f *testing.F) {
	f.Add("name", "key", "value", 1.5, uint64(1), uint64(2), true)
	f.Add("\xff\n", "sentry.release", "\x00\"", math.Inf(1), uint64(0), uint64(math.MaxUint64), false)
	f.Fuzz(func(t *testing.T, name, key, value string, number float64, start, end uint64, flag bool) {
		shared := new(SharedAttributes)
		shared.Reset([]sentry.Attr{str("sentry.release", "r"), str(value, key)})
		var c SpanContainer
		c.Reset(nil, testTraceID())
		s := &sentry.StreamSpan{
			TraceID: testTraceID(), SpanID: testSpanID(1), Name: name, Failed: flag, Segment: !flag, Start: sentry.Time(start), End: sentry.Time(end),
			Attributes: []sentry.Attr{str(key, value), {Key: value, Value: sentry.Double(number)}, {Key: "l", Value: sentry.List([]sentry.Value{sentry.String(value), sentry.Bool(flag)})}},
			Links:      []sentry.Link{{TraceID: testTraceID(), SpanID: testSpanID(2), Attrs: []sentry.Attr{str(key, name)}}},
		}
		if start == 0 && end == 0 {
			require.Equal(t, SpanInvalid, c.Add(s, shared))
			return
		}
		require.NotEqual(t, SpanInvalid, c.Add(s, shared))
		readSpans(t, &c)
	})
}

func BenchmarkSpanContainer(b *testing.B) {
	for _, n := range []int{10, 1000} {
		b.Run(fmt.Sprintf("spans=%d", n), func(b *testing.B) {
			shared := testSharedAttributes()
			spans := make([]*sentry.StreamSpan, n)
			for i := range spans {
				spans[i] = testStreamSpan(i)
			}
			var c SpanContainer
			var buf []byte
			b.ReportAllocs()
			for b.Loop() {
				c.Reset(buf, testTraceID())
				for _, s := range spans {
					c.Add(s, shared)
				}
				buf = c.Item().Payload
			}
			b.SetBytes(int64(len(buf)))
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/span")
		})
	}
}
