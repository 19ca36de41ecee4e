package fields

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

func TestSeverityWords(t *testing.T) {
	for word, want := range map[string]plog.SeverityNumber{
		"TRACE": 1, "trc": 1, "FINEST": 1, "silly": 1, "Verbose": 1, "DEBUG": 5, "dbug": 5, "FINE": 6, "CONFIG": 7, "INFO": 9, "Information": 9, "inf": 9, "LOG": 9,
		"notice": 10, "SUCCESS": 10, "WARN": 13, "warning": 13, "WRN": 13, "ERROR": 17, "err": 17, "eror": 17, "SEVERE": 17, "fatal": 21, "CRITICAL": 21, "crit": 21,
		"dpanic": 21, "panic": 22, "ALERT": 22, "emergency": 24, "EMERG": 24, " error ": 17, "E": 17, "f": 21, "I": 9,
		"ERROR+4": 21, "INFO-2": 7, "DEBUG-4": 1, "DEBUG-40": 1, "ERROR+99": 24, "WARN2": 14, "ERROR4": 20, "DEBUG5": 8, "FATAL1": 21,
		"": 0, "nothing": 0, "DEFAULT": 0, "all": 1, "errors": 0, "5": 0, "+4": 0, "ERROR+444": 0, "?": 0,
	} {
		assert.Equal(t, want, wordSeverity(word), "%q", word)
	}
}

// levelBodies are the level members of the loggers whose numbers and names differ.
var levelBodies = map[string]plog.SeverityNumber{
	`{"level":10}`: 1, `{"level":20}`: 5, `{"level":30}`: 9, `{"level":35,"msg":"custom"}`: 9, `{"level":40}`: 13, `{"level":50}`: 17, `{"level":60}`: 21,
	`{"level":"50"}`: 17, `{"levelno":10}`: 5, `{"levelno":30}`: 13, `{"levelno":50}`: 21, `{"level_number":40}`: 17,
	`{"version":"1.1","short_message":"x","level":3}`: 17, `{"level":7,"short_message":"x","version":"1.1"}`: 5, `{"level":0,"short_message":"x"}`: 24, `{"level":3}`: 0,
	`{"PRIORITY":"3"}`: 17, `{"PRIORITY":6}`: 9, `{"priority":50}`: 0, `{"priority":"ERROR"}`: 17, `{"level_value":40000}`: 17, `{"level_value":5000}`: 1,
	`{"level":400,"channel":"app"}`: 17, `{"level":250,"level_name":"NOTICE","channel":"app"}`: 10, `{"level":550,"channel":"app"}`: 22,
	`{"severity":500}`: 17, `{"severity":17}`: 0, `{"severity":3}`: 0, `{"severity":800}`: 24, `{"severity":801}`: 0, `{"severity":"ALERT"}`: 22, `{"severity_number":17}`: 17, `{"severityNumber":9}`: 9, `{"severity":"DEFAULT","level":"info"}`: 9,
	`{"level":{"name":"ERROR","standardLevel":200}}`: 17, `{"level":{"standardLevel":200,"name":"FATAL"},"x":1}`: 21, `{"record":{"level":{"name":"SUCCESS","no":25}}}`: 10,
	`{"log":{"level":"WARN"}}`: 13, `{"log.level":"error"}`: 17, `{"@l":"Error","@t":"x"}`: 17, `{"@t":"x","@m":"no level is Information"}`: 0, `{"Level":"Fatal"}`: 21,
	`{"LogLevel":"Critical"}`: 21, `{"@level":"trace"}`: 1, `{"lvl":"eror"}`: 17, `{"t":{"$date":"2026-11-21T10:11:12Z"},"s":"E","c":"NETWORK"}`: 17,
	`{"t":{"$date":"2026-11-21T10:11:12Z"},"s":"D3"}`: 5, `{"s":"E"}`: 0,
	`{"ts":1795298540774.5,"caller":"a/b.go:1","msg":"x","v":0}`: 9, `{"ts":1795298540774.5,"caller":"a/b.go:1","msg":"x","v":4}`: 5,
	`{"ts":1795298540774.5,"caller":"a/b.go:1","msg":"x","err":"y"}`: 17, `{"ts":"2026-11-21T10:11:12Z","caller":"a/b.go:1","msg":"x","err":"y"}`: 0,
	`{"log":"2026-11-21T10:11:12Z ERROR gone\n","stream":"stderr"}`: 17, `{"log":"{\"level\":\"error\"}\n","stream":"stdout"}`: 17, `{"log":"gone","stream":"stderr"}`: 0,
	`{"level":"nonsense","severity":"error"}`: 17, `{"a":{"level":"error"}}`: 0, `{"msg":"\"level\":\"error\""}`: 0, `{"level":null,"lvl":"warn"}`: 13,
	`{"@fields":{"level":"error"},"@message":"x"}`: 17, `{"level":"error"`: 17, `{"level":"err`: 0, `{"level" "error"}`: 0, `{"level":"error"} tail`: 17,
	`level=error msg=x`: 17, `ts=1 lvl=dbug`: 5, `time=x msg="level=error"`: 0, `msg=x severity=CRITICAL`: 21, `level=30 msg=x`: 9,
	"<record>\n  <date>x</date>\n  <level>SEVERE</level>": 17,
}

func TestSeverityOfBodies(t *testing.T) {
	for body, want := range levelBodies {
		rec := lineRecord(body)
		assert.Equal(t, want, Severity(rec), body)
		if !json.Valid([]byte(body)) {
			continue
		}
		var m map[string]any // the same members, taken apart by a receiver
		require.NoError(t, json.Unmarshal([]byte(body), &m))
		rec = plog.NewLogRecord()
		require.NoError(t, rec.Body().SetEmptyMap().FromRaw(m))
		assert.Equal(t, want, Severity(rec), "map %s", body)
		assert.Equal(t, want, Read(rec, "").Severity, "map %s", body)
	}
}

func TestPrecedence(t *testing.T) {
	rec := lineRecord(`{"level":"error","time":"2026-11-21T10:11:12Z","msg":"gone","trace_id":"803b448a0489f84084905d3093480352","span_id":"3425f23bb2432450","logger":"body"}`)
	r := Read(rec, "scope")
	assert.Equal(t, plog.SeverityNumberError, r.Severity)
	assert.Equal(t, "body", r.Logger)
	assert.Equal(t, "803b448a0489f84084905d3093480352", r.TraceID.String())
	rec.SetSeverityText("warn")
	rec.SetTimestamp(5)
	rec.SetTraceID(pcommon.TraceID{1})
	r = Read(rec, "scope")
	assert.Equal(t, plog.SeverityNumberWarn, r.Severity, "the record's text wins over the body")
	assert.Equal(t, sentry.Time(5), r.Time)
	assert.Equal(t, sentry.TraceID{1}, r.TraceID)
	rec.SetSeverityNumber(plog.SeverityNumberInfo)
	assert.Equal(t, plog.SeverityNumberInfo, Severity(rec), "the record's number wins over all")

	rec = lineRecord("2026-11-21 10:11:12 ERROR gone")
	rec.Attributes().PutStr("level", "info")
	rec.Attributes().PutStr("exception.type", "E")
	rec.Attributes().PutStr("exception.stacktrace", "E: x\n\tat a.B.c(B.java:1)")
	rec.Attributes().PutStr("thread.name", "main")
	rec.Attributes().PutInt("thread.id", 7)
	rec.Attributes().PutStr("code.function.name", "f")
	rec.Attributes().PutStr("code.file.path", "a.go")
	rec.Attributes().PutInt("code.line.number", 3)
	rec.Attributes().PutStr("event", "is no message of an attribute")
	r = Read(rec, "scope")
	assert.Equal(t, plog.SeverityNumberInfo, r.Severity, "attributes before the body")
	assert.Equal(t, "gone", r.Message)
	assert.Equal(t, "scope", r.Logger)
	assert.Equal(t, Failure{Type: "E", Stacktrace: "E: x\n\tat a.B.c(B.java:1)", Whole: true}, r.Failure)
	assert.Equal(t, "7 main", r.ThreadID+" "+r.ThreadName)
	assert.Equal(t, sentry.Frame{Filename: "a.go", Function: "f", Lineno: 3}, r.Code)
	assert.Empty(t, r.Rest, "attributes are the caller's")
}

func TestBodies(t *testing.T) {
	rec := plog.NewLogRecord()
	assert.Equal(t, Record{Logger: "scope"}, Read(rec, "scope"))

	m := rec.Body().SetEmptyMap()
	m.PutStr("message", "gone")
	m.PutEmptyMap("error").PutStr("stack", "TypeError: x\n    at f (a.js:1:2)")
	m.PutDouble("n", 4)
	inner := m.PutEmptyMap("nested")
	for range 12 {
		inner = inner.PutEmptyMap("deeper")
	}
	r := Read(rec, "")
	assert.Equal(t, "gone", r.Message)
	assert.Equal(t, "TypeError: x\n    at f (a.js:1:2)", r.Failure.Stacktrace)
	require.Len(t, r.Rest, 1, "what lies too deep is left out")
	assert.Equal(t, int64(4), r.Rest[0].Value.IntVal())

	s := rec.Body().SetEmptySlice()
	for _, line := range []string{"Traceback (most recent call last):", `  File "a.py", line 1, in f`, "ValueError: x"} {
		s.AppendEmpty().SetStr(line)
	}
	r = Read(rec, "")
	assert.Equal(t, "Traceback (most recent call last):\n  File \"a.py\", line 1, in f\nValueError: x", r.Failure.Stacktrace)
	assert.Empty(t, r.Message)

	s = rec.Body().SetEmptySlice()
	s.AppendEmpty().SetEmptyMap().PutStr("msg", "first")
	s.AppendEmpty().SetInt(3)
	r = Read(rec, "")
	assert.Equal(t, "first", r.Message)
	assert.Equal(t, "body", r.Rest[0].Key)

	rec.Body().SetEmptyBytes().FromRaw([]byte("ERROR: gone"))
	r = Read(rec, "")
	assert.Equal(t, "gone", r.Message)
	assert.Equal(t, plog.SeverityNumberError, r.Severity)

	rec.Body().SetInt(42)
	assert.Equal(t, "42", Read(rec, "").Message)
}

func TestTimes(t *testing.T) {
	const day = "2026-11-21T10:11:12"
	for text, want := range map[string]string{
		day + "Z": day + "Z", day + ".123456789+01:00": "2026-11-21T09:11:12.123456789Z", "2026-11-21 10:11:12,123": day + ".123Z", day: day + "Z", day + "+0000": day + "Z",
		day + " UTC": day + "Z", day + " CST": "", "2026/11/21 10:11:12.5": day + ".5Z", "21/Nov/2026:10:11:12 +0000": day + "Z", "21-Nov-2026 10:11:12": day + "Z",
		"21-Nov-2026::10:11:12.123456": day + ".123456Z", "Sat Nov 21 10:11:12 2026": day + "Z", "Sat Nov 21 10:11:12.123456 2026": day + ".123456Z", "Sat, 21 Nov 2026 10:11:12 GMT": day + "Z",
		"Nov 21, 2026 10:11:12 AM": day + "Z", "Nov 21, 2026, 10:11:12\u202fPM": "2026-11-21T22:11:12Z", "11/21/2026, 10:11:12 AM": day + "Z", "11/12/2026, 10:11:12": "", "21/11/2026 10:11:12": day + "Z",
		"26/11/21 10:11:12": day + "Z", "261121 10:11:12": day + "Z", "20261121 10:11:12.5": day + ".5Z", "10:11:12": "", "Nov 21 10:11:12": "", "1795255872": day + "Z", "1795255872123": day + ".123Z",
		"1795255872123456": day + ".123456Z", "1795255872123456789": day + ".123456789Z", "1795255872.5": day + ".5Z", day + "Z[UTC]": day + "Z", day + "-08": "2026-11-21T18:11:12Z",
		"2026-13-21T10:11:12Z": "", "2026-11-21T25:11:12Z": "", "2026-11-21T10:11:12 and more": "", "now": "", "": "", "2026": "", "12": "", "2026-11-21": "", "12:30": "", "0001-01-01T00:00:00Z": "",
		"99999999999999999999": "", "2026-11-21T10:11:12.1234567890123456789Z": day + ".123456789Z",
	} {
		assert.Equal(t, want, rfc(timeValue(sentry.String(text))), "%q", text)
	}
	for _, v := range []sentry.Value{sentry.Int(1795255872), sentry.Int(1795255872000), sentry.Int(1795255872000000), sentry.Int(1795255872000000000), sentry.Double(1795255872), sentry.Double(1795255872000)} {
		assert.Equal(t, day+"Z", rfc(timeValue(v)))
	}
	for _, v := range []sentry.Value{sentry.Int(0), sentry.Int(-5), sentry.Int(42), sentry.Int(1 << 62), sentry.Double(1.5), sentry.Double(-1), sentry.Bool(true), {}} {
		assert.Zero(t, timeValue(v))
	}
}

func rfc(t sentry.Time) string {
	if t == 0 {
		return ""
	}
	return time.Unix(0, int64(t)).UTC().Format(time.RFC3339Nano)
}

func TestIDs(t *testing.T) {
	const full = "803b448a0489f84084905d3093480352"
	for in, want := range map[string]string{
		full: full, strings.ToUpper(full): full, "803b448a-0489-f840-8490-5d3093480352": full, "projects/shop/traces/" + full: full, "84905d3093480352": "0000000000000000" + "84905d3093480352",
		"1311768467463790320": "0000000000000000123456789abcdef0", "18446744073709551615": "0000000000000000ffffffffffffffff", "": "", "none": "", "42": "", "0": "", "123456789012345678901": "",
	} {
		id := traceIDOf(sentry.String(in))
		if want == "" {
			assert.True(t, id.IsZero(), in)
		} else {
			assert.Equal(t, want, id.String(), in)
		}
	}
	r := Read(lineRecord(`{"level":"error","dd":{"trace_id":"1311768467463790320","span_id":"67667974448284343"},"msg":"x"}`), "")
	assert.Equal(t, "0000000000000000123456789abcdef0 00f067aa0ba902b7", r.TraceID.String()+" "+r.SpanID.String())
	r = Read(lineRecord(`{"mdc":{"traceparent":"00-803b448a0489f84084905d3093480352-3425f23bb2432450-01","tenant":"a"},"msg":"x"}`), "")
	assert.Equal(t, full+" 3425f23bb2432450", r.TraceID.String()+" "+r.SpanID.String())
	assert.Equal(t, []sentry.Attr{{Key: "mdc", Value: sentry.Map([]sentry.Attr{{Key: "tenant", Value: sentry.String("a")}})}}, r.Rest)
	r = Read(lineRecord("2026-11-21 10:11:12 ERROR gone, see 803b448a0489f84084905d3093480352"), "")
	assert.True(t, r.TraceID.IsZero(), "a number in the message is no trace id")
}

func TestMessages(t *testing.T) {
	for body, want := range map[string]string{
		`{"@t":"2026-11-21T10:11:12Z","@mt":"cart {Id} of {@User} is gone","Id":7,"@l":"Error"}`:                                     "cart 7 of {@User} is gone",
		`{"Timestamp":"x","Level":"Error","MessageTemplate":"cart {Id:000} is gone","Properties":{"Id":7}}`:                          "cart 7 is gone",
		`{"Message":"cart 7 is gone","State":{"Id":7,"{OriginalFormat}":"cart {Id} is gone"},"LogLevel":"Error"}`:                    "cart 7 is gone",
		`{"msg":"a","message":"b","event":"c"}`:                                                                                      "b",
		`{"event":{"dataset":"x"},"message":"b"}`:                                                                                    "b",
		`{"message":"","event":"c"}`:                                                                                                 "c",
		`{"level":"error","message":"gone NullPointerException","stack":"java.lang.NullPointerException: gone\n\tat a.B.c(B.java)"}`: "gone NullPointerException",
		"ERROR: gone\njava.lang.IllegalStateException: x\n\tat a.B.c(B.java:1)":                                                      "gone",
		"java.lang.IllegalStateException: x\n\tat a.B.c(B.java:1)":                                                                   "java.lang.IllegalStateException: x",
		"Traceback (most recent call last):\n  File \"a.py\", line 1, in f\nValueError: x":                                           "",
		"order 7 failed: TypeError: x is not a function\n    at f (/a.js:1:2)":                                                       "order 7 failed",
		"a text\nof two lines": "a text\nof two lines",
		"{ not: 'json' }":      "{ not: 'json' }",
		`{"a":1} and more`:     `{"a":1} and more`,
		"just words":           "just words",
	} {
		assert.Equal(t, want, Read(lineRecord(body), "").Message, body)
	}
	r := Read(lineRecord(`{"@t":"2026-11-21T10:11:12Z","@mt":"cart {Id} is gone","Id":7,"@x":"System.Exception: x\n   at A.B()"}`), "")
	assert.Equal(t, "cart {Id} is gone", r.Template)
	assert.Equal(t, "System.Exception: x\n   at A.B()", r.Failure.Stacktrace)
}

// TestFailures: every naming of an error, each as an object and as dotted keys.
func TestFailures(t *testing.T) {
	const stack = "TypeError: x\n    at f (/a.js:1:2)"
	quoted, _ := json.Marshal(stack)
	for _, owner := range []string{"exception", "error", "err", "thrown", "exc", "ex", "Exception", "context.exception", "extra.err", "fields.error", "data.err"} {
		for _, names := range [][3]string{{"type", "message", "stacktrace"}, {"kind", "message", "stack"}, {"class", "msg", "stack_trace"}, {"name", "message", "stackTrace"}, {"exception_class", "exception_message", "stacktrace"}} {
			dotted := `{"level":"error","` + owner + "." + names[0] + `":"TypeError","` + owner + "." + names[1] + `":"x","` + owner + "." + names[2] + `":` + string(quoted) + `}`
			object := `{"` + names[0] + `":"TypeError","` + names[1] + `":"x","` + names[2] + `":` + string(quoted) + `,"code":7}`
			parts := strings.Split(owner, ".")
			for i := len(parts) - 1; i >= 0; i-- {
				object = `{"` + parts[i] + `":` + object + `}`
			}
			for _, body := range []string{dotted, object} {
				assert.Equal(t, Failure{Type: "TypeError", Message: "x", Stacktrace: stack, Whole: true}, Read(lineRecord(body), "").Failure, body)
			}
		}
	}
	for body, want := range map[string]Failure{
		`{"error":"gone"}`:                                                        {Message: "gone"},
		`{"err":"refund 7\nmain.f\n\t/a/b.go:3\n"}`:                               {Message: "refund 7", Stacktrace: "refund 7\nmain.f\n\t/a/b.go:3\n", Whole: true},
		`{"error":"a","errorVerbose":"a\nmain.f\n\t/b.go:3"}`:                     {Message: "a", Stacktrace: "a\nmain.f\n\t/b.go:3", Whole: true},
		`{"level":"warn","stacktrace":"main.f\n\t/b.go:3"}`:                       {},
		`{"level":"error","msg":"m","stacktrace":"main.f\n\t/b.go:3"}`:            {Message: "m", Stacktrace: "main.f\n\t/b.go:3", Whole: true},
		`{"errorMessage":"m","errorType":"T","stackTrace":["  a","  b"]}`:         {Type: "T", Message: "m", Stacktrace: "  a\n  b", Whole: true},
		`{"error":null,"err":"","exception":{},"stack":[],"errors":0}`:            {},
		`{"error":false,"exception":5}`:                                           {},
		`{"err":{"stack":"A: a\n    at f (/a.js:1:2)","cause":{"stack":"B: b"}}}`: {Stacktrace: "A: a\n    at f (/a.js:1:2)\ncaused by: B: b", Whole: true},
	} {
		assert.Equal(t, want, Read(lineRecord(body), "").Failure, body)
	}
}

func TestJavaStructure(t *testing.T) {
	const body = `{"level":"ERROR","throwable":{"className":"a.Outer$E","message":"o","stepArray":[{"className":"a.B","methodName":"x","fileName":"B.java","lineNumber":1},
		{"className":"a.M","methodName":"main","fileName":"M.java","lineNumber":9}],
		"suppressed":[{"className":"a.S","message":"s","commonFrames":1,"stepArray":[{"className":"a.B","methodName":"close","lineNumber":-2}]}],
		"cause":{"className":"a.C","message":null,"commonFrames":2,"stepArray":[{"className":"a.D","methodName":"y","fileName":"D.java","lineNumber":4}]}}}`
	got := Read(lineRecord(body), "").Failure
	require.Len(t, got.Exceptions, 3)
	cause, suppressed, thrown := got.Exceptions[0], got.Exceptions[1], got.Exceptions[2]
	assert.Equal(t, "Outer$E", thrown.Type)
	assert.Equal(t, "a", thrown.Module)
	assert.Equal(t, &sentry.Mechanism{Type: "generic", HasID: true}, thrown.Mechanism)
	assert.Equal(t, &sentry.Mechanism{Type: "suppressed", HasID: true, ExceptionID: 1, HasParent: true}, suppressed.Mechanism)
	assert.Equal(t, &sentry.Mechanism{Type: "chained", HasID: true, ExceptionID: 2, HasParent: true}, cause.Mechanism)
	functions := func(e sentry.Exception) (out []string) {
		for _, f := range e.Frames {
			out = append(out, f.Function)
		}
		return out
	}
	assert.Equal(t, []string{"main", "x"}, functions(thrown))
	assert.Equal(t, []string{"main", "close"}, functions(suppressed), "frames in common come from the owner")
	assert.Equal(t, []string{"main", "x", "y"}, functions(cause))
	assert.Equal(t, sentry.True, suppressed.Frames[1].Native)
}

func TestRestIsBounded(t *testing.T) {
	var b strings.Builder
	b.WriteString(`{"msg":"x"`)
	for i := range 2000 {
		b.WriteString(`,"k` + strings.Repeat("x", i%7) + string(rune('a'+i%26)) + strings.Repeat("y", i%31) + `":"` + strings.Repeat("v", 100) + `"`)
	}
	b.WriteString(`}`)
	r := Read(lineRecord(b.String()), "")
	assert.LessOrEqual(t, len(r.Rest), 4*maxRest)
	assert.NotEmpty(t, r.Rest)
	size := 0
	for _, a := range r.Rest {
		size += len(a.Key) + len(a.Value.Str())
	}
	assert.LessOrEqual(t, size, maxRestBytes)
	long := Read(lineRecord(`{"msg":"x","long":"`+strings.Repeat("ü", 10000)+`"}`), "")
	assert.LessOrEqual(t, len(long.Rest[0].Value.Str()), maxRestText)
	assert.True(t, strings.HasSuffix(long.Rest[0].Value.Str(), "ü"), "cut between characters")
	dup := Read(lineRecord(`{"a":1,"a":2}`), "")
	assert.Equal(t, []sentry.Attr{{Key: "a", Value: sentry.Int(2)}}, dup.Rest)
}

// TestPlatform: loggers that only one language has.
func TestPlatform(t *testing.T) {
	for body, want := range map[string]string{
		`{"level":50,"time":1795255872123,"pid":7,"hostname":"h","msg":"m"}`:                            "node",
		`{"level":"error","pid":7,"hostname":"h","msg":"m"}`:                                            "",
		`{"levelname":"ERROR","name":"a.b","message":"m"}`:                                              "python",
		`{"sequenceNumber":0,"level":"ERROR","mdc":{},"message":"m"}`:                                   "java",
		`{"timestamp":"2026-11-21T10:11:12Z","level":"ERROR","fields":{"message":"m"},"target":"a::b"}`: "native",
		`{"level":"error","msg":"m"}`:                                                                   "",
		"2026-11-21 10:11:12 ERROR m":                                                                   "",
	} {
		rec := lineRecord(body)
		r := Read(rec, "")
		assert.Equal(t, want, r.Platform, body)
	}
}
