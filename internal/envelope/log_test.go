package envelope

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"

	sentrygo "github.com/getsentry/sentry-go"
	sentryattr "github.com/getsentry/sentry-go/attribute"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// testLog is an ordinary record of about 1 KB with eight attributes.
func testLog() *sentry.Log {
	return &sentry.Log{
		Timestamp: nanos(testTime), TraceID: testTraceID(), SpanID: testSpanID(1), Level: sentry.LogWarn, SeverityNumber: 14,
		Body: "could not reserve 3 of SKU-4711 for order 8f14e45f: the warehouse answered after 2.5 s, trying the next one",
		Attributes: []sentry.Attr{
			str("order.id", "8f14e45f-ceea-467f-ab3d-c7d1b0e3a0b5"), num("order.items", 3), str("customer.tier", "gold"),
			{Key: "duration", Value: sentry.Double(2.5)},
			{Key: "retry", Value: sentry.Bool(true)},
			str("code.function.name", "com.acme.warehouse.ReservationService.reserve"), num("code.line.number", 127), str("thread.name", "http-nio-8080-exec-3"),
		},
	}
}

func testLogAttributes() *SharedAttributes {
	p := new(SharedAttributes)
	p.Reset([]sentry.Attr{
		str("sentry.release", "checkout@2.3.1"), str("sentry.environment", "production"), str("server.address", "node-7"), str("service.name", "checkout"),
		str("k8s.namespace.name", "shop"), str("k8s.pod.name", "checkout-7d9f8b6c5-x2x4z"), str("otel.scope.name", "com.acme.warehouse.ReservationService"),
	})
	return p
}

// containerOfLogs holds one log.
func containerOfLogs(t *testing.T, l *sentry.Log, shared *SharedAttributes) *LogContainer {
	c := new(LogContainer)
	c.Reset(nil)
	require.Equal(t, LogAdded, c.Add(l, shared))
	return c
}

// read checks a container by the rule book and decodes its logs.
func readLogs(t *testing.T, c *LogContainer) []map[string]any {
	t.Helper()
	item := c.Item()
	body := AppendEnvelope(nil, Header{SentAt: testTime, SDK: testSDK}, item)
	e, err := Parse(body)
	require.NoError(t, err)
	require.Empty(t, CheckWith(e, CheckOptions{SkipAge: true}), "%.2000s", item.Payload)
	var payload struct {
		Version int
		Items   []map[string]any
	}
	decoder := json.NewDecoder(bytes.NewReader(item.Payload))
	decoder.UseNumber()
	require.NoError(t, decoder.Decode(&payload))
	require.Equal(t, 2, payload.Version)
	require.Len(t, payload.Items, c.Len())
	return payload.Items
}

// byteSize is Relay's rule for log_byte, told of the decoded logs (relay-ourlogs/src/size.rs).
func byteSize(logs ...map[string]any) (n int) {
	for _, l := range logs {
		n += len(l["body"].(string))
		attrs, _ := l["attributes"].(map[string]any)
		for key, a := range attrs {
			n += len(key) + valueSize(a.(map[string]any)["value"])
		}
	}
	return n
}

func valueSize(v any) (n int) {
	switch v := v.(type) {
	case bool:
		return 1
	case string:
		return len(v)
	case []any:
		for _, element := range v {
			n += valueSize(element)
		}
		return n
	}
	return 8
}

func TestLogContainer(t *testing.T) {
	shared := new(SharedAttributes)
	shared.Reset([]sentry.Attr{str("sentry.release", "r"), num("answer", 42), str("", "no key"), {Key: "null"}})
	var c LogContainer
	c.Reset(nil)
	id, span := testTraceID(), testSpanID(7)
	require.Equal(t, LogAdded, c.Add(&sentry.Log{
		Timestamp: 1_795_288_800_000_000_007, TraceID: id, SpanID: span, Level: sentry.LogWarn, SeverityNumber: 16,
		Body: "naïve \"text\"\n\xff", Attributes: []sentry.Attr{
			{Key: "double", Value: sentry.Double(2)},
			{Key: "bool", Value: sentry.Bool(false)},
			{Key: "null"},
			{Key: "nan", Value: sentry.Double(math.NaN())},
			{Key: "list", Value: sentry.List([]sentry.Value{sentry.Int(1), sentry.Double(2.5)})},
			str("empty", ""),
			{Key: "mixed", Value: sentry.List([]sentry.Value{sentry.Int(1), sentry.String("a")})},
			{Key: "map", Value: sentry.Map([]sentry.Attr{str("a\"", "\n")})},
		},
	}, shared))
	require.Equal(t, LogAdded, c.Add(&sentry.Log{Timestamp: 1, TraceID: id, Level: "odd", SeverityNumber: 17}, nil))
	require.Equal(t, LogInvalid, c.Add(&sentry.Log{Timestamp: 1, Body: "no trace"}, shared))
	item := c.Item()
	assert.Equal(t, TypeLog, item.Type)
	assert.Equal(t, ContentTypeLog, item.ContentType)
	assert.Equal(t, 2, item.ItemCount)
	assert.Equal(t, `{"version":2,"items":[`+
		`{"timestamp":1795288800.000000007,"trace_id":"4c79f60c11214eb38604f4ae0781bfb2","span_id":"`+span.String()+`","level":"warn","severity_number":16,`+
		`"body":"naïve \"text\"\n`+"\ufffd"+`","attributes":{"sentry.release":{"type":"string","value":"r"},"answer":{"type":"integer","value":42},`+
		`"double":{"type":"double","value":2.0},"bool":{"type":"boolean","value":false},"list":{"type":"array","value":[1,2.5]},`+
		`"empty":{"type":"string","value":""},"mixed":{"type":"string","value":"[1,\"a\"]"},"map":{"type":"string","value":"{\"a\\\"\":\"\\n\"}"}}},`+
		`{"timestamp":0.000000001,"trace_id":"4c79f60c11214eb38604f4ae0781bfb2","level":"info","body":""}]}`, string(item.Payload))
	require.Equal(t, item, c.Item(), "closing twice changes nothing")
	readLogs(t, &c)
	require.Equal(t, LogFull, c.Add(testLog(), nil), "a closed container takes nothing")
}

// TestLogIsWhatSentryGoWrites: the same facts in sentry-go's types give an equal JSON tree, but for the time, which sentry-go writes as text.
func TestLogIsWhatSentryGoWrites(t *testing.T) {
	l := testLog()
	l.Attributes = append(l.Attributes, sentry.Attr{Key: "list", Value: sentry.List([]sentry.Value{sentry.String("a"), sentry.String("b")})},
		sentry.Attr{Key: "numbers", Value: sentry.List([]sentry.Value{sentry.Int(1), sentry.Int(2)})})
	theirs := sentrygo.Log{
		TraceID: sentrygo.TraceID(l.TraceID), SpanID: sentrygo.SpanID(l.SpanID), Level: sentrygo.LogLevelWarn, Severity: l.SeverityNumber, Body: l.Body,
		Attributes: map[string]sentryattr.Value{},
	}
	for _, b := range []sentryattr.Builder{sentryattr.StringSlice("list", []string{"a", "b"}), sentryattr.Int64Slice("numbers", []int64{1, 2})} {
		theirs.Attributes[b.Key] = b.Value
	}
	for _, a := range l.Attributes {
		switch a.Value.Kind() {
		case sentry.KindString:
			theirs.Attributes[a.Key] = sentryattr.StringValue(a.Value.Str())
		case sentry.KindInt:
			theirs.Attributes[a.Key] = sentryattr.Int64Value(a.Value.IntVal())
		case sentry.KindDouble:
			theirs.Attributes[a.Key] = sentryattr.Float64Value(a.Value.DoubleVal())
		case sentry.KindBool:
			theirs.Attributes[a.Key] = sentryattr.BoolValue(a.Value.BoolVal())
		}
	}
	want, err := json.Marshal(theirs)
	require.NoError(t, err)
	ours := readLogs(t, containerOfLogs(t, l, nil))[0]
	require.Equal(t, json.Number("1772366398.123456789"), ours["timestamp"])
	delete(ours, "timestamp")
	got, err := json.Marshal(ours)
	require.NoError(t, err)
	require.JSONEq(t, string(want), string(got))
}

func TestLogLevelsAndNumbers(t *testing.T) {
	for level, first := range severities {
		for n := -1; n <= 25; n++ {
			c := containerOfLogs(t, &sentry.Log{TraceID: testTraceID(), Timestamp: nanos(testTime), Level: sentry.LogLevel(level), SeverityNumber: n}, nil)
			got := readLogs(t, c)[0]
			require.Equal(t, level, got["level"])
			if first <= n && n <= first+3 {
				require.Equal(t, json.Number(strconv.Itoa(n)), got["severity_number"])
			} else {
				require.NotContains(t, got, "severity_number")
			}
		}
	}
}

// TestLogsOwnAttributesWin: of equal keys the log's own counts, the last of them, but not one without a value.
func TestLogsOwnAttributesWin(t *testing.T) {
	shared := new(SharedAttributes)
	shared.Reset([]sentry.Attr{str("a", "shared"), str("b", "shared"), str("\xff", "shared"), str("c", "first"), str("c", "shared")})
	many := make([]sentry.Attr, 0, 2*manyKeys)
	for i := range manyKeys {
		many = append(many, num(fmt.Sprintf("n%d", i), int64(i)))
	}
	for name, own := range map[string][]sentry.Attr{
		"few":  {str("a", "own"), {Key: "b"}, str("\xfe", "own"), str("d", "first"), str("d", "own")},
		"many": append(many, str("a", "own"), sentry.Attr{Key: "b"}, str("\xfe", "own"), str("d", "first"), str("d", "own")),
	} {
		c := containerOfLogs(t, &sentry.Log{TraceID: testTraceID(), Timestamp: nanos(testTime), Attributes: own}, shared)
		logs := readLogs(t, c)
		attrs := logs[0]["attributes"].(map[string]any)
		for key, want := range map[string]string{"a": "own", "b": "shared", "\ufffd": "own", "c": "shared", "d": "own"} {
			require.Equal(t, want, attrs[key].(map[string]any)["value"], "%s: %s", name, key)
		}
		assert.Equal(t, byteSize(logs...), c.Bytes()+len("\ufffd")-len("\xff"), name)
	}
}

func TestLogContainerIsFull(t *testing.T) {
	var c LogContainer
	c.Reset(nil)
	for range MaxContainerLogs {
		require.Equal(t, LogAdded, c.Add(testLog(), testLogAttributes()))
	}
	require.Equal(t, LogFull, c.Add(testLog(), nil), "a hundred")
	require.Equal(t, byteSize(readLogs(t, &c)...), c.Bytes())

	c.Reset(nil)
	big := testLog()
	big.Body = strings.Repeat("x", TargetLogBytes-2000)
	added := 0
	for c.Add(big, nil) == LogAdded {
		added++
		require.Less(t, added, 10)
	}
	require.Equal(t, 5, added)
	require.Equal(t, LogAdded, c.Add(testLog(), nil), "a small one still finds room")
	require.LessOrEqual(t, len(c.Item().Payload), TargetLogsBytes)
	require.Equal(t, byteSize(readLogs(t, &c)...), c.Bytes())
}

// TestLogIsTrimmed: the largest values give way first, then the body; small values stay as they are.
func TestLogIsTrimmed(t *testing.T) {
	x := func(n int) string { return strings.Repeat("x", n) }
	manyAttrs := make([]sentry.Attr, 300)
	for i := range manyAttrs {
		manyAttrs[i] = str(fmt.Sprintf("a%03d", i), x(10_000))
	}
	tooMany := make([]sentry.Attr, 5000)
	for i := range tooMany {
		tooMany[i] = str(fmt.Sprintf("a%04d", i), strings.Repeat("\n", 1000))
	}
	longList := make([]sentry.Value, 400_000)
	for i := range longList {
		longList[i] = sentry.Int(1234)
	}
	tests := map[string]struct {
		body    string
		attrs   []sentry.Attr
		want    func(body string, value func(string) any) bool
		atLeast int // bytes of the container: no more is cut than must be
	}{
		"long body": {
			strings.Repeat("\u4e16", TargetLogBytes),
			[]sentry.Attr{str("a", x(1000))},
			func(body string, value func(string) any) bool {
				return strings.HasSuffix(body, "\u4e16...") && value("a") == x(1000)
			}, TargetLogBytes - 1000,
		},
		"long value": {
			"short",
			[]sentry.Attr{str("a", x(2<<20)), str("b", x(1000))},
			func(body string, value func(string) any) bool {
				return body == "short" && strings.HasSuffix(value("a").(string), "x...") && value("b") == x(1000)
			}, 256 << 10,
		},
		"both": {
			x(2 << 20),
			[]sentry.Attr{str("a", strings.Repeat("\"", 2<<20)), num("n", 7)},
			func(body string, value func(string) any) bool {
				return strings.HasSuffix(body, "x...") && strings.HasSuffix(value("a").(string), "\"...") && value("n") == json.Number("7")
			}, TargetLogBytes - 1000,
		},
		"many values": {
			x(1000), manyAttrs,
			func(body string, value func(string) any) bool {
				return body == x(1000) && len(value("a000").(string)) < 3000 && value("a299") != nil
			}, TargetLogBytes / 2,
		},
		"more than have room": {
			x(1000), tooMany,
			func(body string, value func(string) any) bool {
				return body == x(1000) && value("a0000") != nil && value("a4999") == nil
			}, TargetLogBytes - 4000,
		},
		"long key": {
			"short",
			[]sentry.Attr{str(x(3<<20), ""), str("b", "c")},
			func(body string, value func(string) any) bool { return body == "short" && value("b") == "c" }, 100,
		},
		"long list": {
			"short",
			[]sentry.Attr{{Key: "l", Value: sentry.List(longList)}},
			func(body string, value func(string) any) bool {
				return strings.HasPrefix(value("l").(string), "[1234,1234,")
			}, 200 << 10,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var c LogContainer
			c.Reset(nil)
			l := testLog()
			l.Body, l.Attributes = tt.body, tt.attrs
			require.Equal(t, LogTrimmed, c.Add(l, testLogAttributes()))
			logs := readLogs(t, &c)
			require.Less(t, len(c.Item().Payload), TargetLogBytes+100)
			require.Greater(t, len(c.Item().Payload), tt.atLeast)
			attrs := logs[0]["attributes"].(map[string]any)
			require.Equal(t, "checkout", attrs["service.name"].(map[string]any)["value"])
			assert.True(t, tt.want(logs[0]["body"].(string), func(key string) any {
				a, _ := attrs[key].(map[string]any)
				return a["value"]
			}))
			assert.Equal(t, byteSize(logs...), c.Bytes())
		})
	}
}

// TestSharedAttributesAreBounded: they are repeated in each log.
func TestSharedAttributesAreBounded(t *testing.T) {
	attrs := []sentry.Attr{str("first", strings.Repeat("x", 100_000))}
	for i := range 1000 {
		attrs = append(attrs, str(strconv.Itoa(i), strings.Repeat("y", 1000)))
	}
	p := new(SharedAttributes)
	p.Reset(append(attrs, str("last", "fits")))
	require.LessOrEqual(t, len(p.buf), maxSharedBytes)
	c := containerOfLogs(t, &sentry.Log{TraceID: testTraceID(), Timestamp: nanos(testTime), Attributes: []sentry.Attr{str("own", "x")}}, p)
	logs := readLogs(t, c)
	got := logs[0]["attributes"].(map[string]any)
	assert.LessOrEqual(t, len(got["first"].(map[string]any)["value"].(string)), maxSharedValueBytes)
	assert.Contains(t, got, "last")
	assert.Contains(t, got, "own")
	assert.Equal(t, byteSize(logs...), c.Bytes())

	p.Reset(nil)
	c = containerOfLogs(t, &sentry.Log{TraceID: testTraceID(), Timestamp: nanos(testTime)}, p)
	assert.NotContains(t, readLogs(t, c)[0], "attributes", "Reset forgets")
}

// FuzzLogs: whatever the models hold, the container breaks no rule, holds what they hold, and counts as Relay does.
func FuzzLogs(f *testing.F) {
	for _, seed := range seeds() {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s := &source{data}
		shared := new(SharedAttributes)
		common := s.attrs(0)
		shared.Reset(common)
		var c LogContainer
		c.Reset(nil)
		var added []sentry.Log
		for range 1 + s.n(5) {
			l := sentry.Log{Timestamp: s.time(), Level: []sentry.LogLevel{"trace", "warn", "fatal", "", "x"}[s.n(5)], SeverityNumber: s.n(30), Body: s.str(), Attributes: s.attrs(0)}
			if s.bool() {
				l.TraceID = testTraceID()
			}
			if s.bool() {
				l.SpanID = testSpanID(s.n(3))
			}
			want := LogAdded
			if l.TraceID.IsZero() {
				want = LogInvalid
			} else {
				added = append(added, l)
			}
			require.Equal(t, want, c.Add(&l, shared))
		}
		if c.Len() == 0 {
			return
		}
		logs := readLogs(t, &c)
		require.Len(t, logs, len(added))
		for i, l := range added {
			require.Equal(t, string([]rune(l.Body)), logs[i]["body"])
			want := map[string]bool{}
			for _, attrs := range [][]sentry.Attr{common, l.Attributes} {
				for a := range wanted(attrs) {
					want[asWritten(a.Key)] = true
				}
			}
			attrs, _ := logs[i]["attributes"].(map[string]any)
			require.Len(t, attrs, len(want))
			for key := range want {
				require.Contains(t, attrs, key)
			}
		}
		if !bytes.Contains(c.Item().Payload, []byte(replacement)) {
			require.Equal(t, byteSize(logs...), c.Bytes())
		}
	})
}

func TestLogsDoNotAllocate(t *testing.T) {
	l, shared := testLog(), testLogAttributes()
	l.Attributes = append(l.Attributes, str("service.name", "another"), str("service.name", "twice"), str("text", "naïve \"quoted\" \xff\n"),
		sentry.Attr{Key: "nested", Value: sentry.Map([]sentry.Attr{str("a", "b")})})
	attrs := []sentry.Attr{str("sentry.release", "checkout@2.3.1"), str("service.name", "checkout")}
	var c LogContainer
	var buf []byte
	write := func() {
		c.Reset(buf)
		shared.Reset(attrs)
		for range MaxContainerLogs {
			c.Add(l, shared)
		}
		buf = c.Item().Payload
	}
	write()
	require.Equal(t, MaxContainerLogs, c.Len())
	require.Zero(t, testing.AllocsPerRun(20, write))
}

func BenchmarkLogContainer(b *testing.B) {
	l, shared := testLog(), testLogAttributes()
	var c LogContainer
	var buf []byte
	fill := func() {
		c.Reset(buf)
		for range MaxContainerLogs {
			c.Add(l, shared)
		}
		buf = c.Item().Payload
	}
	fill()
	b.ReportAllocs()
	b.SetBytes(int64(len(buf)))
	for b.Loop() {
		fill()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*MaxContainerLogs), "ns/log")
}
