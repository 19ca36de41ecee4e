//go:build linux

package chaos

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// The load comes in steps of 100 items: 60 log records, then the 40 spans of 4 traces. Everything has a number, by which it is found in
// what arrives: records carry it in their text, spans in their id.
const (
	recordsPerStep = 60
	tracesPerStep  = 4
	spansPerTrace  = 10
	itemsPerStep   = recordsPerStep + tracesPerStep*spansPerTrace
)

// load is what a sender sends with each step, and what becomes of it.
type load struct {
	logs             func(ld plog.Logs, app string, n int)
	traces           func(td ptrace.Traces, app string, n int)
	ofLogs, ofTraces map[sentry.Category]int
}

// everything: the exceptions on two of a step's spans are those of two of its records: one occurrence, one event. Debug records are
// below logs::min_severity.
var everything = load{
	logs: addLogs, ofLogs: map[sentry.Category]int{sentry.CategoryError: 4, sentry.CategoryLogItem: 54},
	traces:   func(td ptrace.Traces, app string, n int) { addTraces(td, app, n, map[int]int{1: 37, 2: 52}) },
	ofTraces: map[sentry.Category]int{sentry.CategoryTransaction: tracesPerStep, sentry.CategorySpan: tracesPerStep * spansPerTrace},
}

// tracesThatFail: every trace has an exception.
var tracesThatFail = load{
	traces: func(td ptrace.Traces, app string, n int) { addTraces(td, app, n, map[int]int{0: 0, 1: 1, 2: 2, 3: 3}) },
	ofTraces: map[sentry.Category]int{
		sentry.CategoryError: tracesPerStep, sentry.CategoryTransaction: tracesPerStep, sentry.CategorySpan: tracesPerStep * spansPerTrace,
	},
}

// quietLogs are records that become logs and nothing else.
var quietLogs = load{
	logs: func(ld plog.Logs, app string, n int) {
		addLogs(ld, app, n)
		ld.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().RemoveIf(func(rec plog.LogRecord) bool {
			return rec.SeverityNumber() == plog.SeverityNumberError
		})
	},
	ofLogs: map[sentry.Category]int{sentry.CategoryLogItem: 50},
}

// record says what the i-th record of a step is.
func record(i int) (severity plog.SeverityNumber, failure string) {
	switch {
	case i == 7:
		return plog.SeverityNumberError, "message"
	case i == 22:
		return plog.SeverityNumberError, "stack trace"
	case i == 37 || i == 52:
		return plog.SeverityNumberError, "in a trace"
	case i%10 == 9:
		return plog.SeverityNumberDebug, ""
	case i%5 == 3:
		return plog.SeverityNumberWarn, ""
	default:
		return plog.SeverityNumberInfo, ""
	}
}

// A marker precedes a record's number, which has eight digits: one in its body, another in its exception, which a log carries beside
// its body.
const (
	bodyMarker      = "@@L"
	exceptionMarker = "@@E"
	markerDigits    = 8
)

func mark(marker string, n int) string { return fmt.Sprintf("%s%0*d", marker, markerDigits, n) }

// word is a number in letters: it tells issues apart where digits are taken for parameters.
func word(n int) string {
	var b []byte
	for n++; n > 0; n /= 26 {
		b = append(b, 'a'+byte(n%26))
	}
	return string(b)
}

const stackTrace = `com.acme.shop.Broken%s: %s
	at com.acme.shop.Stock.take(Stock.java:%d)
	at com.acme.shop.Checkout.pay(Checkout.java:77)
	at com.acme.shop.Checkout.lambda$pay$0(Checkout.java:51)
	at java.base/java.util.concurrent.ThreadPoolExecutor.runWorker(ThreadPoolExecutor.java:1144)
	at java.base/java.lang.Thread.run(Thread.java:840)
`

// addLogs adds the records of an app's n-th step to a request.
func addLogs(ld plog.Logs, app string, n int) {
	rl := ld.ResourceLogs().AppendEmpty()
	fillResource(rl.Resource(), app)
	sl := rl.ScopeLogs().AppendEmpty()
	sl.Scope().SetName("com.acme.shop")
	sl.LogRecords().EnsureCapacity(recordsPerStep)
	now := time.Now()
	for i := range recordsPerStep {
		number := n*recordsPerStep + i
		severity, failure := record(i)
		rec := sl.LogRecords().AppendEmpty()
		rec.SetTimestamp(pcommon.NewTimestampFromTime(now) + pcommon.Timestamp(i*1000))
		rec.SetSeverityNumber(severity)
		rec.Attributes().PutStr("http.route", "/api/v1/orders/{id}")
		rec.Attributes().PutInt("order.items", int64(i))
		switch failure {
		case "":
			rec.Body().SetStr("order was looked at by somebody " + mark(bodyMarker, number))
		case "message":
			rec.Body().SetStr("no more " + word(number) + " in stock " + mark(bodyMarker, number))
		default:
			rec.Body().SetStr("order failed " + mark(bodyMarker, number))
			fail(rec.Attributes(), number)
		}
		if failure == "stack trace" {
			rec.Attributes().PutStr("exception.stacktrace", fmt.Sprintf(stackTrace, word(number), mark(exceptionMarker, number), number+1))
		}
		if failure == "in a trace" {
			rec.SetTraceID(traceID(n*tracesPerStep + i/20))
		}
	}
}

// fail says what failed, as on a record and on a span.
func fail(attrs pcommon.Map, number int) {
	attrs.PutStr("exception.type", "com.acme.shop.Broken"+word(number))
	attrs.PutStr("exception.message", mark(exceptionMarker, number))
}

func fillResource(res pcommon.Resource, app string) {
	res.Attributes().PutStr("service.name", app)
	res.Attributes().PutStr("service.version", "1.2.3")
	res.Attributes().PutStr("k8s.namespace.name", "shop")
	res.Attributes().PutStr("k8s.pod.name", app+"-7d9c8b6f5-x2x4z")
	res.Attributes().PutStr("telemetry.sdk.language", "java")
}

func traceID(n int) (id pcommon.TraceID) {
	id[0] = 0xc4
	binary.BigEndian.PutUint64(id[8:], uint64(n+1))
	return id
}

func spanID(n int) (id pcommon.SpanID) {
	binary.BigEndian.PutUint64(id[:], uint64(n+1))
	return id
}

// addTraces adds the traces of an app's n-th step to a request. failing are those of them that fail, with the record whose exception it is.
func addTraces(td ptrace.Traces, app string, n int, failing map[int]int) {
	rs := td.ResourceSpans().AppendEmpty()
	fillResource(rs.Resource(), app)
	ss := rs.ScopeSpans().AppendEmpty()
	ss.Spans().EnsureCapacity(tracesPerStep * spansPerTrace)
	end := time.Now()
	for i := range tracesPerStep {
		trace := n*tracesPerStep + i
		for k := range spansPerTrace {
			number := trace*spansPerTrace + k
			span := ss.Spans().AppendEmpty()
			span.SetTraceID(traceID(trace))
			span.SetSpanID(spanID(number))
			span.SetKind(ptrace.SpanKindInternal)
			span.SetName("SELECT shop.orders")
			span.SetStartTimestamp(pcommon.NewTimestampFromTime(end.Add(time.Duration(k-20) * time.Millisecond)))
			span.SetEndTimestamp(pcommon.NewTimestampFromTime(end.Add(-time.Duration(k) * time.Microsecond)))
			if k == 0 {
				span.SetKind(ptrace.SpanKindServer)
				span.SetName("GET /api/v1/orders/{id}")
			} else {
				span.SetParentSpanID(spanID(trace * spansPerTrace))
				span.Attributes().PutStr("db.system.name", "postgresql")
				span.Attributes().PutStr("db.query.text", "SELECT id, state FROM orders WHERE id = $1")
			}
		}
		if twin, ok := failing[i]; ok {
			addFailure(ss.Spans().At(i*spansPerTrace), n*recordsPerStep+twin)
		}
	}
}

func addFailure(span ptrace.Span, number int) {
	span.Status().SetCode(ptrace.StatusCodeError)
	event := span.Events().AppendEmpty()
	event.SetName("exception")
	event.SetTimestamp(span.EndTimestamp())
	fail(event.Attributes(), number)
}

// numbersIn finds the numbers behind all markers in a text.
func numbersIn(text []byte, marker string) []int {
	var out []int
	for {
		i := bytes.Index(text, []byte(marker))
		if i < 0 || len(text) < i+len(marker)+markerDigits {
			return out
		}
		digits := text[i+len(marker) : i+len(marker)+markerDigits]
		if n, err := strconv.Atoi(string(digits)); err == nil {
			out = append(out, n)
		}
		text = text[i+len(marker)+markerDigits:]
	}
}

var errNoNumber = errors.New("an item without a number")

// eventNumber is the number of the record that an event is of.
func eventNumber(payload []byte) (int, error) {
	var event struct {
		LogEntry struct {
			Formatted string `json:"formatted"`
		} `json:"logentry"`
		Exception struct {
			Values []struct {
				Value string `json:"value"`
			} `json:"values"`
		} `json:"exception"`
		Extra struct {
			Number string `json:"number"`
		} `json:"extra"`
	}
	if err := json.Unmarshal(payload, &event); err != nil {
		return 0, err
	}
	numbers := numbersIn([]byte(event.LogEntry.Formatted), bodyMarker)
	if n := len(event.Exception.Values); n > 0 {
		numbers = numbersIn([]byte(event.Exception.Values[n-1].Value), exceptionMarker)
	}
	if event.Extra.Number != "" {
		numbers = numbersIn([]byte(event.Extra.Number), bodyMarker)
	}
	if len(numbers) == 1 {
		return numbers[0], nil
	}
	return 0, fmt.Errorf("%w: event %.300s", errNoNumber, payload)
}

// spanNumbers are the numbers of a transaction's spans, its own first.
func spanNumbers(payload []byte) ([]int, error) {
	type withSpanID struct {
		SpanID string `json:"span_id"`
	}
	var transaction struct {
		Contexts struct {
			Trace withSpanID `json:"trace"`
		} `json:"contexts"`
		Spans []withSpanID `json:"spans"`
	}
	if err := json.Unmarshal(payload, &transaction); err != nil {
		return nil, err
	}
	out := make([]int, 0, len(transaction.Spans)+1)
	for _, s := range append([]withSpanID{transaction.Contexts.Trace}, transaction.Spans...) {
		id, err := hex.DecodeString(s.SpanID)
		if err != nil || len(id) != 8 {
			return nil, fmt.Errorf("%w: span id %q", errNoNumber, s.SpanID)
		}
		out = append(out, int(binary.BigEndian.Uint64(id))-1)
	}
	return out, nil
}
