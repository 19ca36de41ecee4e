package envelope

import (
	"fmt"
	"strings"
	"time"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

var testSDK = SDK{"sentry.otelcol", "1.2.3"}

// testTime is the time of all test events; it has digits that a float64 cannot hold.
var testTime = time.Date(2026, 3, 1, 11, 59, 58, 123456789, time.UTC)

func nanos(t time.Time) sentry.Time { return sentry.Time(t.UnixNano()) }

func str(key, value string) sentry.Attr {
	return sentry.Attr{Key: key, Value: sentry.String(value)}
}

func num(key string, value int64) sentry.Attr {
	return sentry.Attr{Key: key, Value: sentry.Int(value)}
}

func testTraceID() (id sentry.TraceID) {
	id, _ = sentry.ParseTraceID("4c79f60c11214eb38604f4ae0781bfb2")
	return id
}

func testSpanID(i int) (id sentry.SpanID) {
	id, _ = sentry.ParseSpanID(fmt.Sprintf("fa90fdead5f7%04x", i))
	return id
}

func testEventID(i int) (id sentry.EventID) {
	id, _ = sentry.ParseEventID(fmt.Sprintf("fc6d8c0c43fc4630ad850ee518f1%04x", i))
	return id
}

// testResource is what a pod says about itself.
func testResource() *sentry.Resource {
	return &sentry.Resource{
		Platform: "java", Release: "shop@1.4.2", Dist: "7", Environment: "production", ServerName: "shop-6d5f9c-x2x",
		Tags: []sentry.Tag{
			{Key: "service.name", Value: "shop"},
			{Key: "k8s.namespace.name", Value: "prod"},
			{Key: "k8s.deployment.name", Value: "shop"},
			{Key: "app.kubernetes.io/name", Value: "shop"},
		},
		Contexts: []sentry.Context{
			{Key: "os", Fields: []sentry.Attr{str("name", "Linux"), str("version", "6.1")}},
			{Key: "runtime", Fields: []sentry.Attr{str("name", "OpenJDK"), str("version", "17.0.9")}},
			{Key: "k8s", Fields: []sentry.Attr{str("k8s.pod.name", "shop-6d5f9c-x2x"), str("k8s.node.name", "node-3"), num("k8s.container.restart_count", 2)}},
		},
	}
}

func testFrames(n int) []sentry.Frame {
	frames := make([]sentry.Frame, n)
	for i := range frames {
		frames[i] = sentry.Frame{
			Function: fmt.Sprintf("handle%d", i), Module: "com.example.shop.OrderController", Filename: "OrderController.java",
			Lineno: 40 + i, InApp: sentry.TriOf(i%3 == 0),
		}
	}
	return frames
}

// fullEvent sets every member of the model.
func fullEvent() *sentry.Event {
	frame := sentry.Frame{
		Function: "charge", RawFunction: "charge(Card)", Module: "com.example.Pay", Package: "pay.jar", Filename: "Pay.java",
		AbsPath: "/src/com/example/Pay.java", Lineno: 12, Colno: 3, ContextLine: "  card.charge();", PreContext: []string{"try {"}, PostContext: []string{"}"},
		InApp: sentry.True, Native: sentry.False, Platform: "java", Vars: []sentry.Attr{str("card", "4242"), num("amount", 100)},
	}
	return &sentry.Event{
		ID: testEventID(1), Timestamp: nanos(testTime), Platform: "java", Level: sentry.LevelFatal, Logger: "com.example.Pay", Transaction: "POST /pay",
		Message: &sentry.Message{Formatted: "user 17 not found", Template: "user %s not found", Params: []string{"17"}},
		Exceptions: []sentry.Exception{
			{
				Type: "IOException", Value: "broken pipe", Module: "java.io", ThreadID: "14", Frames: []sentry.Frame{frame},
				Mechanism: &sentry.Mechanism{Type: "chained", Source: "cause", HasID: true, ExceptionID: 1, HasParent: true, ParentID: 0},
			},
			{
				Type: "PayException", Value: "payment failed\nfor user 17", Module: "com.example", ThreadID: "14", Frames: testFrames(3),
				Mechanism: &sentry.Mechanism{Type: "generic", Handled: sentry.False, Synthetic: true, HasID: true, IsExceptionGroup: true},
			},
		},
		Threads: []sentry.Thread{
			{ID: "14", Name: "http-1", State: "RUNNABLE", Crashed: sentry.True, Current: sentry.True, Main: sentry.False},
			{ID: "main", Name: "main", Frames: testFrames(1)},
		},
		Breadcrumbs: []sentry.Breadcrumb{
			{Timestamp: nanos(testTime) - 2e9, Type: "http", Category: "http.client", Level: sentry.LevelInfo, Message: "GET /user/17", Data: []sentry.Attr{num("status_code", 404)}},
			{Timestamp: nanos(testTime) - 1e9, Type: "default", Category: "console", Level: sentry.LevelWarning, Message: "retrying"},
		},
		Fingerprint: []string{"{{ default }}", "pay"},
		Trace: &sentry.TraceContext{
			TraceID: testTraceID(), SpanID: testSpanID(1), ParentSpanID: testSpanID(2), Op: "http.server", Status: "internal_error",
			Origin: "auto.otlp.spans", Data: []sentry.Attr{str("http.route", "/pay")},
		},
		User: &sentry.User{ID: "17", Email: "a@example.com", Username: "ann", Name: "Ann", IPAddress: "203.0.113.7", Data: []sentry.Attr{str("plan", "free")}},
		Request: &sentry.Request{
			Method: "POST", URL: "https://shop.example.com/pay", QueryString: "a=1", Headers: []sentry.Tag{{Key: "Accept", Value: "*/*"}},
			Data: sentry.String("card=1"),
		},
		Flags:   []sentry.Flag{{Name: "new-cart", Result: sentry.Bool(true)}, {Name: "theme", Result: sentry.String("dark")}},
		Release: "shop@1.4.3", Environment: "canary",
		Extra: []sentry.Attr{str("thread_name", "http-1"), {Key: "deep", Value: sentry.Map([]sentry.Attr{
			{Key: "list", Value: sentry.List([]sentry.Value{sentry.Int(1), sentry.String("x"), sentry.Bool(true), sentry.Double(1.5), {}})},
		})}},
		Tags:     []sentry.Tag{{Key: "region", Value: "eu"}, {Key: "k8s.namespace.name", Value: "blue"}},
		Contexts: []sentry.Context{{Key: "otel", Fields: []sentry.Attr{{Key: "attributes", Value: sentry.Map([]sentry.Attr{str("a", "b")})}}}},
		Resource: testResource(),
	}
}

// typicalEvent is what an error in a log line becomes.
func typicalEvent() *sentry.Event {
	e := fullEvent()
	e.Exceptions = e.Exceptions[1:]
	e.Exceptions[0].Mechanism = nil
	e.Exceptions[0].Frames = testFrames(25)
	return e
}

// testTransaction is a segment of that many child spans with ten attributes each.
func testTransaction(spans int) *sentry.Transaction {
	start := nanos(testTime)
	tx := &sentry.Transaction{
		ID: testEventID(2), Name: "POST /pay", Source: "route", Start: start, End: start + 250e6, Resource: testResource(),
		Trace: sentry.TraceContext{
			TraceID: testTraceID(), SpanID: testSpanID(0), Op: "http.server", Status: "ok", Origin: "auto.otlp.spans",
			Data:  []sentry.Attr{str("http.request.method", "POST"), str("http.route", "/pay"), num("http.response.status_code", 200)},
			Links: []sentry.Link{{TraceID: testTraceID(), SpanID: testSpanID(7), Sampled: sentry.True, Attrs: []sentry.Attr{str("why", "batch")}}},
		},
		Tags:         []sentry.Tag{{Key: "region", Value: "eu"}},
		Contexts:     []sentry.Context{{Key: "otel", Fields: []sentry.Attr{str("scope", "shop")}}},
		Measurements: []sentry.Measurement{{Name: "items", Value: 3, Unit: "none"}},
	}
	for i := range spans {
		tx.Spans = append(tx.Spans, sentry.Span{
			TraceID: testTraceID(), SpanID: testSpanID(i + 1), ParentSpanID: testSpanID(i / 2), Op: "db.query",
			Description: "SELECT * FROM orders WHERE customer_id = $1 AND state = $2", Start: start + sentry.Time(i)*1000, End: start + sentry.Time(i)*1000 + 777, Status: "ok",
			Origin: "auto.otlp.spans",
			Data: []sentry.Attr{
				str("db.system.name", "postgresql"), str("db.namespace", "shop"), str("db.operation.name", "SELECT"), str("db.collection.name", "orders"),
				str("server.address", "db.prod.svc.cluster.local"), num("server.port", 5432), num("db.response.returned_rows", int64(i)),
				{Key: "cached", Value: sentry.Bool(false)},
				{Key: "cost", Value: sentry.Double(1.25)},
				{Key: "shards", Value: sentry.List([]sentry.Value{sentry.Int(1), sentry.Int(2)})},
			},
		})
	}
	return tx
}

// chainEvent is a group of exceptions, as Python sends it.
func chainEvent() *sentry.Event {
	link := func(id, parent int, group bool, source string) *sentry.Mechanism {
		return &sentry.Mechanism{Type: "chained", HasID: true, ExceptionID: id, HasParent: id > 0, ParentID: parent, IsExceptionGroup: group, Source: source}
	}
	return &sentry.Event{ID: testEventID(3), Timestamp: nanos(testTime), Platform: "python", Level: sentry.LevelError, Exceptions: []sentry.Exception{
		{Type: "KeyError", Value: "'a'", Mechanism: link(3, 2, false, "__context__")},
		{Type: "ValueError", Value: "b", Mechanism: link(2, 0, false, "exceptions[1]")},
		{Type: "TypeError", Value: "c", Mechanism: link(1, 0, false, "exceptions[0]")},
		{Type: "ExceptionGroup", Value: "two", Mechanism: link(0, 0, true, "")},
	}}
}

// hostileEvent has something wrong in every member.
func hostileEvent() *sentry.Event {
	long := strings.Repeat("é", 20_000)
	return &sentry.Event{
		ID: testEventID(4), Timestamp: 1, Platform: "COBOL", Level: "critical", Logger: "a\r\nb", Transaction: long,
		Message:     &sentry.Message{Template: long},
		Exceptions:  []sentry.Exception{{Module: "none"}, {Type: long, Value: long, ThreadID: long, Frames: []sentry.Frame{{Lineno: -1}, {Module: "m", Colno: -5}, {AbsPath: long}}, Mechanism: &sentry.Mechanism{HasID: true, ExceptionID: 5}}},
		Threads:     []sentry.Thread{{}, {ID: "1"}, {ID: "1"}},
		Breadcrumbs: []sentry.Breadcrumb{{Timestamp: 5, Type: "made up"}, {Timestamp: 2, Level: "loud"}},
		Fingerprint: []string{"", "\xff"},
		Trace:       &sentry.TraceContext{Op: "no ids"},
		User:        &sentry.User{IPAddress: "{{auto}}"},
		Request:     &sentry.Request{Headers: []sentry.Tag{{Key: "", Value: "x"}}},
		Release:     "latest", Environment: "a/b",
		Flags: []sentry.Flag{
			{Name: "", Result: sentry.Bool(true)},
			{Name: "no result"},
			{Name: "a list", Result: sentry.List(nil)},
			{Name: "a flag/" + long, Result: sentry.String("line\none" + long)},
		},
		Extra: []sentry.Attr{{Key: "", Value: sentry.Int(1)}, {Key: "a", Value: sentry.String(long)}, {Key: "a", Value: sentry.Int(2)}},
		Tags: []sentry.Tag{
			{Key: "release", Value: "1"},
			{Key: "a b/c", Value: "line\none"},
			{Key: "a-b_c", Value: "wins"},
			{Key: "empty", Value: " "},
			{Key: long, Value: long},
		},
		Contexts: []sentry.Context{{Key: "trace", Fields: []sentry.Attr{str("op", "x")}}, {Key: "flags", Fields: []sentry.Attr{str("values", "x")}}, {Key: "empty"}, {Key: "", Fields: []sentry.Attr{str("a", "b")}}},
		Resource: &sentry.Resource{Release: " ghcr.io/shop/app:1.2\n", Environment: "None", Dist: "a b", ServerName: " host\n"},
	}
}
