package translate

import (
	"bufio"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/otelcol-sentry/otelcol-sentry/internal/fields"
	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// TestLinesOfJSON: a line of JSON with a message becomes message and attributes, whole; any other stays as it is.
func TestLinesOfJSON(t *testing.T) {
	for name, tt := range map[string]struct {
		line, body string
		attrs      map[string]string
	}{
		"pino": {
			`{"level":30,"time":1795291199123,"pid":17,"hostname":"web-1","req":{"method":"GET","url":"/cart/7?full=1","id":3},"msg":"incoming request"}`, "incoming request",
			map[string]string{
				"pid": "integer 17", "hostname": `string "web-1"`, "http.request.method": `string "GET"`, "url.path": `string "/cart/7"`, "url.query": `string "full=1"`,
				"req": `string "{\"id\":3}"`,
			},
		},
		"logstash": {
			`{"@timestamp":"2026-11-21T19:59:59.123Z","@version":"1","message":"Cart 7 was paid","logger_name":"c.a.Cart","thread_name":"exec-3","level":"INFO","level_value":20000,"cart":7,"vip":true,"sum":2.5,"tags":["a","b"]}`,
			"Cart 7 was paid",
			map[string]string{"logger.name": `string "c.a.Cart"`, "thread.name": `string "exec-3"`, "cart": "integer 7", "vip": "boolean true", "sum": "double 2.5", "tags": `array ["a","b"]`},
		},
		"zap, with an error": {
			`{"level":"error","ts":1795291199.123,"caller":"shop/cart.go:42","msg":"pay","error":"no funds","thread":"12","user_id":"u-1"}`, "pay",
			map[string]string{
				"code.file.path": `string "shop/cart.go"`, "code.line.number": "integer 42", "exception.message": `string "no funds"`, "thread.name": `string "12"`,
			},
		},
		"logback, with a template": {
			`{"sequenceNumber":0,"timestamp":1795291199123,"nanoseconds":123000000,"level":"INFO","threadName":"main","loggerName":"a.B","mdc":{},"message":"cart {} of {}","arguments":["7","u-1"]}`,
			"cart 7 of u-1",
			map[string]string{
				"logger.name": `string "a.B"`, "thread.name": `string "main"`, "sentry.message.template": `string "cart {} of {}"`,
				"sentry.message.parameter.0": `string "7"`, "sentry.message.parameter.1": `string "u-1"`,
			},
		},
		"what the resource says better": {
			`{"message":"x","service.name":"own","dd":{"version":"1 / 2","env":"prod"},"http":{"url":"https://a.b/c?d=e"},"fingerprint":["a","b"],"sentry.internal.x":"y"}`, "x",
			map[string]string{"sentry.release": `string "1 - 2"`, "sentry.environment": `string "prod"`, "url.full": `string "https://a.b/c?d=e"`, "fingerprint": `array ["a","b"]`},
		},
		"headers": {
			`{"msg":"x","req":{"headers":{"Accept":"*/*","User-Agent":"curl","Cookie":"secret"}}}`, "x",
			map[string]string{"http.request.header.accept": `string "*/*"`, "user_agent.original": `string "curl"`},
		},
		"no message":   {line: `{"level":"info","cart":7}`},
		"two objects":  {line: `{"msg":"a"} {"msg":"b"}`},
		"broken":       {line: `{"msg":"a",}`},
		"an array":     {line: `[{"msg":"a"}]`},
		"large":        {line: `{"msg":"a","x":"` + strings.Repeat("x", maxLiftBytes) + `"}`},
		"deep":         {line: `{"msg":"[[[[[[[\"[[","a":{"b":{"c":{"d":[{"e":{"f":1}}]}}}}`},
		"many members": {line: `{"msg":"a","l":[0` + strings.Repeat(",0", maxLiftCount) + `]}`},
		"structured exception": {line: `{"level":"error","event":"x","exception":[{"exc_type":"KeyError","exc_value":"'x'","syntax_error":null,"is_cause":false,` +
			`"frames":[{"filename":"/a.py","lineno":2,"name":"f","line":""}]}]}`},
	} {
		t.Run(name, func(t *testing.T) {
			l := logOf(t, logOptions, func(rec plog.LogRecord) { rec.Body().SetStr(tt.line) })
			got := attributesOf(t, l)
			if tt.attrs == nil {
				tt.body = tt.line
			}
			assert.Equal(t, tt.body, l["body"])
			if name == "what the resource says better" {
				assert.Equal(t, `string "own"`, got["service.name"])
				delete(got, "service.name")
			}
			assert.Equal(t, with(tt.attrs), got)
		})
	}
	l := logOf(t, logOptions, func(rec plog.LogRecord) {
		rec.Body().SetStr(`{"msg":"shallow","brackets":"[[[[[[[[","a":{"b":{"c":1}}}`)
		rec.Attributes().PutStr("brackets", "the record's wins")
	})
	assert.Equal(t, "shallow", l["body"], "brackets in a text are no depth")
	assert.Equal(t, `string "the record's wins"`, attributesOf(t, l)["brackets"])

	ld, records := oneScope()
	ld.ResourceLogs().At(0).Resource().Attributes().PutStr("service.name", "the resource's")
	rec := records.AppendEmpty()
	rec.SetTimestamp(logTime)
	rec.Body().SetStr(`{"msg":"x","service.name":"own"}`)
	assert.Equal(t, map[string]string{"service.name": `string "the resource's"`}, attributesOf(t, decodeLogs(t, logsOf(t, ld, logOptions))[0]))
}

// lines are those of real loggers.
func lines(t testing.TB) (all []string) {
	for _, pattern := range []string{"../../../../internal/fields/testdata/*/*.log", "../../../../testdata/corpus/logs/*/*.log"} {
		files, err := filepath.Glob(pattern)
		require.NoError(t, err)
		require.NotEmpty(t, files)
		for _, file := range files {
			raw, err := os.ReadFile(file)
			require.NoError(t, err)
			all = append(all, string(raw[:min(len(raw), 8000)]))
			for line := range strings.Lines(string(raw)) {
				all = append(all, strings.TrimSuffix(line, "\n"))
			}
		}
	}
	return all
}

// TestTheCheapLookMissesNothing: whatever trace id and time fields.Read finds in what loggers write, the log has, though most records are not read.
func TestTheCheapLookMissesNothing(t *testing.T) {
	logs := NewLogs(LogOptions{})
	logs.Begin(sentry.Time(logNow.UnixNano()))
	logs.Resource(pcommon.NewResource())
	logs.Scope(pcommon.NewInstrumentationScope())
	_, records := oneScope()
	rec := records.AppendEmpty()
	times, traces := 0, 0
	for _, line := range lines(t) {
		rec.Body().SetStr(line)
		want := fields.Read(rec, "")
		l := logs.Log(records, 0)
		if want.Time != 0 {
			times++
			if l.Timestamp != want.Time { // too far from the present
				at := pcommon.Timestamp(want.Time).AsTime().Format("2006-01-02T15:04:05.999999999Z")
				require.Contains(t, l.Attributes, sentry.Attr{Key: "sentry.original_time", Value: sentry.String(at)}, line)
			}
		} else {
			require.Equal(t, logs.received, l.Timestamp, line)
		}
		if !want.TraceID.IsZero() {
			traces++
			require.Equal(t, want.TraceID, l.TraceID, line)
			require.Equal(t, want.SpanID, l.SpanID, line)
		}
	}
	assert.Greater(t, times, 1000)
	assert.Greater(t, traces, 10)
}

// corpusLogs are the requests that collectors received from instrumented programs.
func corpusLogs(t testing.TB) (all []plog.Logs) {
	files, err := filepath.Glob("../../../../testdata/corpus/otlp/*/logs.jsonl")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		f, err := os.Open(file)
		require.NoError(t, err)
		scanner := bufio.NewScanner(f)
		scanner.Buffer(nil, 64<<20)
		for scanner.Scan() {
			ld, err := new(plog.JSONUnmarshaler).UnmarshalLogs(scanner.Bytes())
			require.NoError(t, err)
			all = append(all, ld)
		}
		require.NoError(t, scanner.Err())
		require.NoError(t, f.Close())
	}
	return all
}

// TestLogsOfRealPrograms: each record of instrumented programs is a log that breaks no rule and has what the record has.
func TestLogsOfRealPrograms(t *testing.T) {
	records := 0
	for _, ld := range corpusLogs(t) {
		logs := decodeLogs(t, logsOf(t, ld, logOptions))
		require.Len(t, logs, ld.LogRecordCount())
		records += len(logs)
		checkOracle(t, ld, logs)
	}
	assert.Greater(t, records, 100)
}
