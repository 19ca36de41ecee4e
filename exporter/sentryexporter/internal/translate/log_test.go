package translate

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/otelcol-sentry/otelcol-sentry/internal/envelope"
	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// logNow is the present of the tests of logs; their records were written a second before.
var logNow = time.Date(2026, 11, 21, 20, 0, 0, 0, time.UTC)

const logTime = pcommon.Timestamp(1_795_291_199_000_000_000)

var logOptions = LogOptions{
	SDK:                envelope.SDK{Name: "sentry.otelcol", Version: "1.2.3"},
	ResourceAttributes: NewGlobs(DefaultLogResourceAttributes),
}

// logsOf sends a request the way the lane does: containers are filled until they are full.
func logsOf(t testing.TB, ld plog.Logs, opts LogOptions) (payloads [][]byte) {
	logs := NewLogs(opts)
	logs.Begin(sentry.Time(logNow.UnixNano()))
	var shared envelope.SharedAttributes
	var container envelope.LogContainer
	container.Reset(nil)
	flush := func() {
		if container.Len() > 0 {
			payloads = append(payloads, container.Item().Payload)
		}
		container.Reset(nil)
	}
	for _, rl := range ld.ResourceLogs().All() {
		logs.Resource(rl.Resource())
		for _, sl := range rl.ScopeLogs().All() {
			shared.Reset(logs.Scope(sl.Scope()))
			for i := range sl.LogRecords().Len() {
				l := logs.Log(sl.LogRecords(), i)
				fit := container.Add(l, &shared)
				if fit == envelope.LogFull {
					flush()
					fit = container.Add(l, &shared)
				}
				require.NotEqual(t, envelope.LogFull, fit)
				require.NotEqual(t, envelope.LogInvalid, fit)
			}
		}
	}
	flush()
	return payloads
}

// decodeLogs checks payloads by the rule book and decodes their logs.
func decodeLogs(t testing.TB, payloads [][]byte) (all []map[string]any) {
	for _, payload := range payloads {
		var container struct{ Items []map[string]any }
		decoder := json.NewDecoder(bytes.NewReader(payload))
		decoder.UseNumber()
		require.NoError(t, decoder.Decode(&container))
		item := envelope.Item{Type: envelope.TypeLog, ContentType: envelope.ContentTypeLog, ItemCount: len(container.Items), Payload: payload}
		e, err := envelope.Parse(envelope.AppendEnvelope(nil, envelope.Header{SentAt: logNow}, item))
		require.NoError(t, err)
		require.Empty(t, envelope.Check(e), "%.3000s", payload)
		all = append(all, container.Items...)
	}
	return all
}

// oneScope is a request with one resource and scope.
func oneScope() (plog.Logs, plog.LogRecordSlice) {
	ld := plog.NewLogs()
	return ld, ld.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty().LogRecords()
}

// logOf makes the log of one record, which begins as an ordinary one.
func logOf(t testing.TB, opts LogOptions, change func(plog.LogRecord)) map[string]any {
	ld, records := oneScope()
	rec := records.AppendEmpty()
	rec.SetTimestamp(logTime)
	rec.SetSeverityNumber(plog.SeverityNumberInfo)
	rec.Body().SetStr("hello")
	change(rec)
	logs := decodeLogs(t, logsOf(t, ld, opts))
	require.Len(t, logs, 1)
	return logs[0]
}

// attributesOf are a log's attributes as "type value", without those that all logs have.
func attributesOf(t testing.TB, l map[string]any) map[string]string {
	out := map[string]string{}
	attrs, _ := l["attributes"].(map[string]any)
	for key, a := range attrs {
		value, err := json.Marshal(a.(map[string]any)["value"])
		require.NoError(t, err)
		out[key] = fmt.Sprintf("%s %s", a.(map[string]any)["type"], value)
	}
	for _, key := range []string{"sentry.sdk.name", "sentry.sdk.version", "sentry.origin"} {
		require.Contains(t, out, key)
		delete(out, key)
	}
	return out
}

func TestLogLevels(t *testing.T) {
	for n, want := range map[plog.SeverityNumber]string{
		-1: "info", 0: "info 9", 1: "trace 1", 4: "trace 4", 5: "debug 5", 8: "debug 8", 9: "info 9", 12: "info 12", 13: "warn 13", 16: "warn 16", 17: "error 17",
		20: "error 20", 21: "fatal 21", 24: "fatal 24", 25: "fatal",
	} {
		l := logOf(t, logOptions, func(rec plog.LogRecord) { rec.SetSeverityNumber(n) })
		got := l["level"].(string)
		if number, ok := l["severity_number"]; ok {
			got += " " + number.(json.Number).String()
		}
		assert.Equal(t, want, got, n)
	}
	for text, want := range map[string]string{"WARNING": "warn", "Error": "error", "critical": "fatal", "Trace": "trace", "odd": "info"} {
		assert.Equal(t, want, logOf(t, logOptions, func(rec plog.LogRecord) {
			rec.SetSeverityNumber(0)
			rec.SetSeverityText(text)
		})["level"], text)
	}
	for body, want := range map[string]string{
		"2026-11-21 10:11:12,123 ERROR [main] c.a.Shop - gone": "error", `{"level":"debug","msg":"x"}`: "debug", "W1121 10:11:12.123456       1 a.go:3] x": "warn", "just words": "info",
	} {
		rec := plog.NewLogRecord()
		rec.Body().SetStr(body)
		level, _ := logLevel(LogSeverity(rec))
		assert.Equal(t, want, logOf(t, logOptions, rec.CopyTo)["level"], body)
		assert.Equal(t, want, string(level), body)
	}
}

func TestLogBodies(t *testing.T) {
	for name, tt := range map[string]struct {
		set  func(plog.LogRecord)
		want string
	}{
		"text":          {func(r plog.LogRecord) { r.Body().SetStr(" as it is\n") }, " as it is\n"},
		"plain line":    {func(r plog.LogRecord) { r.Body().SetStr("2026-11-21 10:11:12 INFO [main] a.B - hi") }, "2026-11-21 10:11:12 INFO [main] a.B - hi"},
		"number":        {func(r plog.LogRecord) { r.Body().SetInt(-7) }, "-7"},
		"double":        {func(r plog.LogRecord) { r.Body().SetDouble(2.5) }, "2.5"},
		"boolean":       {func(r plog.LogRecord) { r.Body().SetBool(true) }, "true"},
		"bytes of text": {func(r plog.LogRecord) { r.Body().SetEmptyBytes().FromRaw([]byte("naïve")) }, "naïve"},
		"bytes":         {func(r plog.LogRecord) { r.Body().SetEmptyBytes().FromRaw([]byte{0xff, 0}) }, "/wA="},
		"map": {func(r plog.LogRecord) {
			require.NoError(t, r.Body().SetEmptyMap().FromRaw(map[string]any{"message": "in a map"}))
			r.Body().Map().PutEmptySlice("list").AppendEmpty().SetDouble(1)
			r.Body().Map().PutEmptyMap("deep").PutEmptyBytes("b").FromRaw([]byte("x"))
			r.Body().Map().PutEmpty("nothing")
		}, `{"message":"in a map","list":[1.0],"deep":{"b":"x"},"nothing":null}`},
		"list": {func(r plog.LogRecord) {
			require.NoError(t, r.Body().SetEmptySlice().FromRaw([]any{"one", 2, true}))
		}, `["one",2,true]`},
		"nothing, but an event name": {func(r plog.LogRecord) {
			r.Body().SetStr("")
			r.SetEventName("user.login")
		}, "user.login"},
		"nothing, but an exception": {func(r plog.LogRecord) {
			r.Body().SetEmptyMap()
			r.Attributes().PutStr("exception.type", "KeyError")
			r.Attributes().PutStr("exception.message", "'x'")
		}, "KeyError: 'x'"},
		"nothing, but an exception's type": {func(r plog.LogRecord) {
			r.Body().SetStr("")
			r.Attributes().PutStr("exception.type", "KeyError")
		}, "KeyError"},
		"nothing": {func(r plog.LogRecord) { plog.NewLogRecord().Body().CopyTo(r.Body()) }, ""},
	} {
		assert.Equal(t, tt.want, logOf(t, logOptions, tt.set)["body"], name)
	}
}

func TestLogAttributeTypes(t *testing.T) {
	l := logOf(t, logOptions, func(rec plog.LogRecord) {
		rec.SetEventName("order.placed")
		a := rec.Attributes()
		a.PutStr("string", "a\"b")
		a.PutStr("empty", "")
		a.PutBool("bool", true)
		a.PutInt("int", -1<<63)
		a.PutDouble("double", 3)
		a.PutEmpty("null")
		a.PutEmptyBytes("bytes").FromRaw([]byte{0xfe})
		require.NoError(t, a.PutEmptySlice("strings").FromRaw([]any{"a", "b"}))
		require.NoError(t, a.PutEmptySlice("numbers").FromRaw([]any{1, 2.5}))
		require.NoError(t, a.PutEmptySlice("mixed").FromRaw([]any{1, "a", nil}))
		require.NoError(t, a.PutEmptySlice("nested").FromRaw([]any{[]any{1}}))
		require.NoError(t, a.PutEmptyMap("map").FromRaw(map[string]any{"k": []any{"v"}}))
		a.PutStr("sentry.internal.event_id", "forged")
	})
	assert.Equal(t, map[string]string{
		"event.name": `string "order.placed"`, "string": `string "a\"b"`, "empty": `string ""`, "bool": "boolean true", "int": "integer -9223372036854775808", "double": "double 3.0",
		"bytes": `string "/g=="`, "strings": `array ["a","b"]`, "numbers": "array [1,2.5]", "mixed": `string "[1,\"a\",null]"`, "nested": `string "[[1]]"`,
		"map": `string "{\"k\":[\"v\"]}"`,
	}, attributesOf(t, l))
}

// TestLogsCarryNothingPersonal, as events do not; headers that say nothing of who asks stay.
func TestLogsCarryNothingPersonal(t *testing.T) {
	l := logOf(t, logOptions, func(rec plog.LogRecord) {
		for _, key := range []string{"user.id", "enduser.id", "client.address", "http.request.header.cookie", "http.response.header.set-cookie"} {
			rec.Attributes().PutStr(key, "secret")
		}
		for _, key := range []string{"http.request.header.accept", "user_agent.original", "exception.type", "thread.name"} {
			rec.Attributes().PutStr(key, "fine")
		}
	})
	assert.Equal(t, map[string]string{
		"http.request.header.accept": `string "fine"`, "user_agent.original": `string "fine"`, "exception.type": `string "fine"`, "thread.name": `string "fine"`,
	}, attributesOf(t, l))
}

func TestLogTimes(t *testing.T) {
	at := func(d time.Duration) pcommon.Timestamp { return pcommon.NewTimestampFromTime(logNow.Add(d)) }
	for name, tt := range map[string]struct {
		own, observed pcommon.Timestamp
		body          string
		want          string
		original      string
	}{
		"own":               {at(-time.Second) + 7, at(0), "x", "1795291199.000000007", ""},
		"observed":          {0, at(-time.Second), "x", "1795291199", ""},
		"none":              {0, 0, "x", "1795291200", ""},
		"in the body":       {0, at(0), "2026-11-21T19:59:58.123Z INFO hi", "1795291198.123", ""},
		"in a body of JSON": {0, at(0), `{"time":1795291197123,"level":30,"msg":"hi"}`, "1795291197.123", ""},
		"own before body's": {at(-time.Second), at(0), `{"time":1795291197123,"level":30,"msg":"hi"}`, "1795291199", ""},
		"too old":           {at(-31 * 24 * time.Hour), at(0), "x", "1795291200", `string "2026-10-21T20:00:00Z"`},
		"old":               {at(-29 * 24 * time.Hour), at(0), "x", "1792785600", ""},
		"too new":           {at(2 * time.Minute), at(0), "x", "1795291200", `string "2026-11-21T20:02:00Z"`},
		"the end of time":   {math.MaxUint64, at(0), "x", "1795291200", `string "2554-07-21T23:34:33.709551615Z"`},
		"soon":              {at(50 * time.Second), at(0), "x", "1795291250", ""},
	} {
		l := logOf(t, logOptions, func(rec plog.LogRecord) {
			rec.SetTimestamp(tt.own)
			rec.SetObservedTimestamp(tt.observed)
			rec.Body().SetStr(tt.body)
		})
		assert.Equal(t, json.Number(tt.want), l["timestamp"], name)
		assert.Equal(t, tt.original, attributesOf(t, l)["sentry.original_time"], name)
	}
}

// TestLogSequence: logs of the same microsecond keep their order; no other pays for it.
func TestLogSequence(t *testing.T) {
	ld, records := oneScope()
	for _, offset := range []pcommon.Timestamp{0, 1000, 2000, 2000, 2999, 9000, 11000, 11500} {
		rec := records.AppendEmpty()
		rec.SetTimestamp(logTime + offset)
	}
	for range 2 {
		records.AppendEmpty().SetTimestamp(7) // too old: both have the time of receipt
	}
	other := ld.ResourceLogs().At(0).ScopeLogs().AppendEmpty()
	other.LogRecords().AppendEmpty().SetTimestamp(logTime + 11500)
	var got []string
	for _, l := range decodeLogs(t, logsOf(t, ld, logOptions)) {
		got = append(got, strings.TrimPrefix(attributesOf(t, l)["sentry.timestamp.sequence"], "integer "))
	}
	assert.Equal(t, []string{"", "", "0", "1", "2", "", "0", "1", "0", "1", ""}, got)
}

func TestLogTraceIDs(t *testing.T) {
	const id, span = "0102030405060708090a0b0c0d0e0f10", "1112131415161718"
	traced := func(rec plog.LogRecord) {
		rec.SetTraceID(pcommon.TraceID{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16})
		rec.SetSpanID(pcommon.SpanID{0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18})
	}
	inBody := func(body string) func(plog.LogRecord) {
		return func(rec plog.LogRecord) { rec.Body().SetStr(body) }
	}
	for name, set := range map[string]func(plog.LogRecord){
		"record": traced,
		"attributes": func(rec plog.LogRecord) {
			rec.Attributes().PutStr("trace_id", id)
			rec.Attributes().PutStr("span_id", span)
		},
		"nested attributes": func(rec plog.LogRecord) {
			m := rec.Attributes().PutEmptyMap("mdc")
			m.PutStr("traceId", id)
			m.PutStr("spanId", span)
		},
		"map": func(rec plog.LogRecord) {
			m := rec.Body().SetEmptyMap()
			m.PutStr("message", "x")
			m.PutStr("traceparent", "00-"+id+"-"+span+"-01")
		},
		"JSON":        inBody(`{"msg":"x","traceId":"` + id + `","spanId":"` + span + `"}`),
		"logfmt":      inBody(`level=info msg=x trace_id=` + id + ` span_id=` + span),
		"Spring Boot": inBody("2026-11-21T10:11:12.123Z  INFO 1 --- [shop] [main] [" + id + "-" + span + "] c.e.Shop : x"),
	} {
		l := logOf(t, logOptions, set)
		assert.Equal(t, id, l["trace_id"], name)
		assert.Equal(t, span, l["span_id"], name)
	}
}

// TestMadeTraceIDs: a record without a trace id gets one that a retry, and the event of the same record, gets too.
func TestMadeTraceIDs(t *testing.T) {
	ld, records := oneScope()
	ld.ResourceLogs().At(0).Resource().Attributes().PutStr("service.name", "checkout")
	scope := ld.ResourceLogs().At(0).ScopeLogs().At(0).Scope()
	scope.SetName("com.acme")
	changes := map[string]func(plog.LogRecord){
		"nothing":   func(plog.LogRecord) {},
		"time":      func(rec plog.LogRecord) { rec.SetTimestamp(logTime + 1) },
		"observed":  func(rec plog.LogRecord) { rec.SetObservedTimestamp(logTime) },
		"severity":  func(rec plog.LogRecord) { rec.SetSeverityNumber(10) },
		"body":      func(rec plog.LogRecord) { rec.Body().SetStr("hello!") },
		"body's":    func(rec plog.LogRecord) { rec.Body().SetBool(false) },
		"truth":     func(rec plog.LogRecord) { rec.Body().SetBool(true) },
		"list":      func(rec plog.LogRecord) { rec.Body().SetEmptySlice().AppendEmpty().SetInt(1) },
		"list's":    func(rec plog.LogRecord) { rec.Body().SetEmptySlice().AppendEmpty().SetInt(2) },
		"bytes":     func(rec plog.LogRecord) { rec.Body().SetEmptyBytes().FromRaw([]byte{1}) },
		"bytes'":    func(rec plog.LogRecord) { rec.Body().SetEmptyBytes().FromRaw([]byte{2}) },
		"map":       func(rec plog.LogRecord) { rec.Body().SetEmptyMap().PutDouble("a", 1) },
		"map's":     func(rec plog.LogRecord) { rec.Body().SetEmptyMap().PutDouble("a", 2) },
		"attribute": func(rec plog.LogRecord) { rec.Attributes().PutStr("a", "b") },
		"value":     func(rec plog.LogRecord) { rec.Attributes().PutStr("a", "c") },
	}
	for _, change := range changes {
		rec := records.AppendEmpty()
		rec.SetTimestamp(logTime)
		rec.SetSeverityNumber(plog.SeverityNumberInfo)
		rec.Body().SetStr("hello")
		change(rec)
	}
	seen := map[string]bool{}
	first, again := decodeLogs(t, logsOf(t, ld, logOptions)), decodeLogs(t, logsOf(t, ld, logOptions))
	for i, l := range first {
		id := l["trace_id"].(string)
		assert.False(t, seen[id], "each its own")
		seen[id] = true
		assert.Equal(t, id, again[i]["trace_id"], "a retry")
		marked := plog.NewLogRecord()
		records.At(i).CopyTo(marked)
		marked.Attributes().PutStr("sentry.internal.event_id", "x")
		assert.Equal(t, id, MadeTraceID(ld.ResourceLogs().At(0).Resource(), scope, marked).String(), "the event's")
	}
	ld.ResourceLogs().At(0).Resource().Attributes().PutStr("service.name", "cart")
	for _, l := range decodeLogs(t, logsOf(t, ld, logOptions)) {
		assert.False(t, seen[l["trace_id"].(string)], "another service")
	}
}

func TestLogResourceAndScope(t *testing.T) {
	ld, records := oneScope()
	res := ld.ResourceLogs().At(0).Resource().Attributes()
	for _, key := range []string{"service.name", "service.version", "deployment.environment.name", "host.name", "k8s.pod.name", "k8s.pod.uid", "os.type", "sentry.internal.x"} {
		res.PutStr(key, "value of "+key)
	}
	res.PutInt("process.pid", 7)
	require.NoError(t, res.PutEmptySlice("process.command_args").FromRaw([]any{"a", "b"}))
	scope := ld.ResourceLogs().At(0).ScopeLogs().At(0).Scope()
	scope.SetName("com.acme")
	scope.SetVersion("3")
	scope.Attributes().PutInt("n", 1)
	require.NoError(t, scope.Attributes().PutEmptyMap("m").FromRaw(map[string]any{"k": "v"}))
	scope.Attributes().PutStr("sentry.internal.y", "")
	records.AppendEmpty().SetTimestamp(logTime)
	records.At(0).Attributes().PutStr("service.name", "the record's own")
	records.AppendEmpty().SetTimestamp(logTime + 5000)
	second := ld.ResourceLogs().At(0).ScopeLogs().AppendEmpty()
	second.LogRecords().AppendEmpty().SetTimestamp(logTime)
	ld.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty().LogRecords().AppendEmpty().SetTimestamp(logTime)

	always := map[string]string{
		"sentry.release": `string "value of service.version"`, "sentry.environment": `string "value-of-deployment.environment.name"`, "server.address": `string "value of host.name"`,
		"service.name": `string "value of service.name"`, "k8s.pod.name": `string "value of k8s.pod.name"`,
	}
	scoped := with(always, "otel.scope.name", `string "com.acme"`, "otel.scope.version", `string "3"`, "otel.scope.n", "integer 1", "otel.scope.m", `string "{\"k\":\"v\"}"`)
	logs := decodeLogs(t, logsOf(t, ld, logOptions))
	assert.Equal(t, with(scoped, "service.name", `string "the record's own"`), attributesOf(t, logs[0]))
	assert.Equal(t, scoped, attributesOf(t, logs[1]))
	assert.Equal(t, always, attributesOf(t, logs[2]))
	assert.Empty(t, attributesOf(t, logs[3]))

	opts := logOptions
	opts.Defaults = Defaults{Release: "r", Environment: "e"}
	opts.ResourceAttributes = NewGlobs([]string{"process.*", "*uid"})
	logs = decodeLogs(t, logsOf(t, ld, opts))
	assert.Equal(t, map[string]string{
		"sentry.release": `string "value of service.version"`, "sentry.environment": `string "value-of-deployment.environment.name"`, "server.address": `string "value of host.name"`,
		"k8s.pod.uid": `string "value of k8s.pod.uid"`, "process.pid": "integer 7", "process.command_args": `array ["a","b"]`,
	}, attributesOf(t, logs[2]))
	assert.Equal(t, map[string]string{"sentry.release": `string "r"`, "sentry.environment": `string "e"`}, attributesOf(t, logs[3]))
}

// with is m and further members.
func with(m map[string]string, more ...string) map[string]string {
	out := map[string]string{}
	for k, v := range m {
		out[k] = v
	}
	for i := 0; i < len(more); i += 2 {
		out[more[i]] = more[i+1]
	}
	return out
}

func TestGlobs(t *testing.T) {
	for pattern, keys := range map[string][2]string{ // what matches, and what does not, split by spaces
		"a.b":   {"a.b", "a.bc xa.b a"},
		"a.*":   {"a. a.b a.b.c", "a xa.b"},
		"*":     {"a a.b", ""},
		"*.a":   {".a b.a a.a", "a b.ab"},
		"a*b":   {"ab axb abb", "a b abc ba"},
		"a*a":   {"aa axa", "a"},
		"*a*b*": {"ab xaxbx aab", "ba a b"},
		"**":    {"a", ""},
		"":      {"", "a"},
	} {
		g := NewGlobs([]string{pattern})
		for _, key := range strings.Fields(keys[0]) {
			assert.True(t, g.Match(key), "%s matches %s", pattern, key)
		}
		for _, key := range strings.Fields(keys[1]) {
			assert.False(t, g.Match(key), "%s matches %s", pattern, key)
		}
	}
	assert.False(t, Globs{}.Match("a"))
	assert.True(t, NewGlobs(DefaultLogResourceAttributes).Match("service.name"))
}
