package envelope

import (
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	sentrygo "github.com/getsentry/sentry-go"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// The oracle: sentry-go's public types, filled with the same facts, must give an equal JSON tree once the differences below are taken away.
// Each is a freedom of the protocol that the two use differently.
var differences = []struct {
	why   string
	apply func(ours, theirs map[string]any)
}{
	{"lists of interfaces may be wrapped as {values: [...]}", func(ours, _ map[string]any) {
		for _, key := range []string{"exception", "threads", "breadcrumbs"} {
			if wrapped, ok := ours[key].(map[string]any); ok {
				ours[key] = wrapped["values"]
			}
		}
	}},
	{"sentry-go writes the one text it knows as the old member message", func(ours, theirs map[string]any) {
		if m, ok := ours["logentry"].(map[string]any); ok {
			theirs["logentry"] = map[string]any{"formatted": theirs["message"]}
			for _, onlyOurs := range []string{"message", "params"} {
				delete(m, onlyOurs)
			}
		}
		delete(theirs, "message")
	}},
	{"headers may be pairs or an object", func(ours, _ map[string]any) {
		if r, ok := ours["request"].(map[string]any); ok {
			headers := make(map[string]any)
			for _, pair := range r["headers"].([]any) {
				headers[pair.([]any)[0].(string)] = pair.([]any)[1]
			}
			r["headers"] = headers
		}
	}},
	{"sentry-go always writes user, empty or not", func(_, theirs map[string]any) {
		if u, ok := theirs["user"].(map[string]any); ok && len(u) == 0 {
			delete(theirs, "user")
		}
	}},
	{"sentry-go writes a thread's id as text and the exception's as a number; ours agree", func(_, theirs map[string]any) {
		for _, th := range elements(theirs["threads"]) {
			if th["id"] == "14" {
				th["id"] = 14.0
			}
		}
	}},
	{"sentry-go leaves out false flags of threads, and has no main and state", func(ours, _ map[string]any) {
		for _, th := range elements(ours["threads"]) {
			delete(th, "main")
			delete(th, "state")
		}
	}},
	{"sentry-go's mechanism has no synthetic", func(ours, _ map[string]any) {
		for _, x := range elements(ours["exception"]) {
			if m, ok := x["mechanism"].(map[string]any); ok {
				delete(m, "synthetic")
			}
		}
	}},
	{"sentry-go's frames have no raw_function and native", func(ours, _ map[string]any) {
		for _, list := range []string{"exception", "threads"} {
			for _, x := range elements(ours[list]) {
				if st, ok := x["stacktrace"].(map[string]any); ok {
					for _, f := range elements(st["frames"]) {
						delete(f, "raw_function")
						delete(f, "native")
					}
				}
			}
		}
	}},
	{"sentry-go's trace context has no origin and links", func(ours, _ map[string]any) {
		trace := ours["contexts"].(map[string]any)["trace"].(map[string]any)
		delete(trace, "origin")
		delete(trace, "links")
	}},
	{"sentry-go has no extra and measurements", func(ours, _ map[string]any) {
		delete(ours, "extra")
		delete(ours, "measurements")
	}},
}

func elements(v any) (list []map[string]any) {
	elements, _ := v.([]any)
	for _, e := range elements {
		list = append(list, e.(map[string]any))
	}
	return list
}

// tree reads JSON; times become whole microseconds, however they are written.
func tree(t *testing.T, payload []byte) map[string]any {
	var v map[string]any
	require.NoError(t, json.Unmarshal(payload, &v))
	return inMicroseconds(v).(map[string]any)
}

func inMicroseconds(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for key, member := range v {
			if !strings.HasSuffix(key, "timestamp") {
				v[key] = inMicroseconds(member)
				continue
			}
			switch member := member.(type) {
			case float64:
				v[key] = math.Round(member * 1e6)
			case string:
				at, err := time.Parse(time.RFC3339Nano, member)
				if err == nil {
					v[key] = math.Round(float64(at.UnixNano()) / 1e3)
				}
			}
		}
	case []any:
		for i := range v {
			v[i] = inMicroseconds(v[i])
		}
	}
	return v
}

func requireSame(t *testing.T, ours, theirs []byte) {
	t.Helper()
	a, b := tree(t, ours), tree(t, theirs)
	for _, d := range differences {
		d.apply(a, b)
	}
	require.Equal(t, b, a)
}

// theirs fills sentry-go's event with what is common to events and transactions.
func theirs(id sentry.EventID, platform string, r *sentry.Resource) *sentrygo.Event {
	e := sentrygo.NewEvent()
	e.EventID, e.Platform = sentrygo.EventID(id.String()), platform
	e.Release, e.Dist, e.Environment, e.ServerName = r.Release, r.Dist, r.Environment, r.ServerName
	e.Sdk = sentrygo.SdkInfo{Name: testSDK.Name, Version: testSDK.Version}
	for _, tag := range r.Tags {
		e.Tags[strings.ReplaceAll(tag.Key, "/", "_")] = tag.Value
	}
	for _, c := range r.Contexts {
		e.Contexts[c.Key] = plainMap(c.Fields)
	}
	return e
}

func plainMap(attrs []sentry.Attr) map[string]any {
	if attrs == nil {
		return nil
	}
	m := make(map[string]any)
	for _, a := range attrs {
		m[a.Key] = plain(a.Value)
	}
	return m
}

func plain(v sentry.Value) any {
	switch v.Kind() {
	case sentry.KindString:
		return v.Str()
	case sentry.KindBool:
		return v.BoolVal()
	case sentry.KindInt:
		return v.IntVal()
	case sentry.KindDouble:
		return v.DoubleVal()
	case sentry.KindMap:
		return plainMap(v.MapVal())
	case sentry.KindList:
		list := []any{}
		for _, element := range v.ListVal() {
			list = append(list, plain(element))
		}
		return list
	}
	return nil
}

func theirFrames(frames []sentry.Frame) *sentrygo.Stacktrace {
	if frames == nil {
		return nil
	}
	st := &sentrygo.Stacktrace{}
	for _, f := range frames {
		st.Frames = append(st.Frames, sentrygo.Frame{
			Function: f.Function, Module: f.Module, Package: f.Package, Filename: f.Filename, AbsPath: f.AbsPath,
			Lineno: f.Lineno, Colno: f.Colno, PreContext: f.PreContext, ContextLine: f.ContextLine, PostContext: f.PostContext,
			InApp: f.InApp == sentry.True, Platform: f.Platform, Vars: plainMap(f.Vars),
		})
	}
	return st
}

func theirTrace(c *sentry.TraceContext, status sentrygo.SpanStatus) map[string]any {
	text, _ := json.Marshal(sentrygo.TraceContext{
		TraceID: sentrygo.TraceID(c.TraceID), SpanID: sentrygo.SpanID(c.SpanID), ParentSpanID: sentrygo.SpanID(c.ParentSpanID),
		Op: c.Op, Status: status, Data: plainMap(c.Data),
	})
	var m map[string]any
	_ = json.Unmarshal(text, &m)
	return m
}

func TestOracleEvent(t *testing.T) {
	e := fullEvent()
	o := theirs(e.ID, e.Platform, e.Resource)
	o.Timestamp, o.Level, o.Logger, o.Transaction = time.Unix(0, int64(e.Timestamp)), sentrygo.LevelFatal, e.Logger, e.Transaction
	o.Message, o.Fingerprint = e.Message.Formatted, e.Fingerprint
	for _, x := range e.Exceptions {
		m := &sentrygo.Mechanism{Type: x.Mechanism.Type, Source: x.Mechanism.Source, ExceptionID: x.Mechanism.ExceptionID, IsExceptionGroup: x.Mechanism.IsExceptionGroup}
		if x.Mechanism.HasParent {
			m.ParentID = &x.Mechanism.ParentID
		}
		if x.Mechanism.Handled == sentry.False {
			m.SetUnhandled()
		}
		o.Exception = append(o.Exception, sentrygo.Exception{Type: x.Type, Value: x.Value, Module: x.Module, ThreadID: 14, Mechanism: m, Stacktrace: theirFrames(x.Frames)})
	}
	for _, th := range e.Threads {
		o.Threads = append(o.Threads, sentrygo.Thread{ID: th.ID, Name: th.Name, Crashed: th.Crashed == sentry.True, Current: th.Current == sentry.True, Stacktrace: theirFrames(th.Frames)})
	}
	for _, b := range e.Breadcrumbs {
		o.Breadcrumbs = append(o.Breadcrumbs, &sentrygo.Breadcrumb{
			Type: b.Type, Category: b.Category, Message: b.Message, Level: sentrygo.Level(b.Level),
			Timestamp: time.Unix(0, int64(b.Timestamp)), Data: plainMap(b.Data),
		})
	}
	o.Contexts["trace"] = theirTrace(e.Trace, sentrygo.SpanStatusInternalError)
	for _, c := range e.Contexts {
		o.Contexts[c.Key] = plainMap(c.Fields)
	}
	var flags []any
	for _, f := range e.Flags {
		flags = append(flags, map[string]any{"flag": f.Name, "result": plain(f.Result)})
	}
	o.Contexts["flags"] = map[string]any{"values": flags}
	o.Release, o.Environment = e.Release, e.Environment
	o.User = sentrygo.User{ID: "17", Email: "a@example.com", Username: "ann", Name: "Ann", IPAddress: "203.0.113.7", Data: map[string]string{"plan": "free"}}
	o.Request = &sentrygo.Request{Method: e.Request.Method, URL: e.Request.URL, QueryString: e.Request.QueryString, Data: "card=1", Headers: map[string]string{"Accept": "*/*"}}
	for _, tag := range e.Tags {
		o.Tags[tag.Key] = tag.Value
	}
	want, err := json.Marshal(o)
	require.NoError(t, err)
	requireSame(t, AppendEvent(nil, e, Prepare(e.Resource, testSDK)), want)
}

func TestOracleTransaction(t *testing.T) {
	tx := testTransaction(5)
	o := theirs(tx.ID, tx.Resource.Platform, tx.Resource)
	o.Type, o.Transaction, o.TransactionInfo = "transaction", tx.Name, &sentrygo.TransactionInfo{Source: sentrygo.SourceRoute}
	o.StartTime, o.Timestamp = time.Unix(0, int64(tx.Start)), time.Unix(0, int64(tx.End))
	o.Contexts["trace"] = theirTrace(&tx.Trace, sentrygo.SpanStatusOK)
	for _, c := range tx.Contexts {
		o.Contexts[c.Key] = plainMap(c.Fields)
	}
	for _, tag := range tx.Tags {
		o.Tags[tag.Key] = tag.Value
	}
	for _, s := range tx.Spans {
		o.Spans = append(o.Spans, &sentrygo.Span{
			TraceID: sentrygo.TraceID(s.TraceID), SpanID: sentrygo.SpanID(s.SpanID), ParentSpanID: sentrygo.SpanID(s.ParentSpanID),
			Op: s.Op, Description: s.Description, Status: sentrygo.SpanStatusOK, Origin: sentrygo.SpanOrigin(s.Origin), StartTime: time.Unix(0, int64(s.Start)),
			EndTime: time.Unix(0, int64(s.End)), Data: plainMap(s.Data),
		})
	}
	want, err := json.Marshal(o)
	require.NoError(t, err)
	requireSame(t, AppendTransaction(nil, tx, Prepare(tx.Resource, testSDK)), want)
}

// notWritten are members that sentry-go has and we do not write.
var notWritten = map[string]string{
	"event.message":             "logentry holds it, with its template",
	"event.modules":             "nothing in telemetry lists an app's modules",
	"event.debug_meta":          "no native images in telemetry",
	"event.check_in":            "an item of its own",
	"event.monitor_config":      "an item of its own",
	"request.cookies":           "headers hold them, where they are sent at all",
	"request.env":               "no CGI environment in telemetry",
	"mechanism.description":     "nothing to say beyond the type",
	"mechanism.help_link":       "nothing to link to",
	"mechanism.data":            "no signal or error numbers in telemetry",
	"stacktrace.frames_omitted": "Relay does not know it",
	"frame.symbol":              "for symbolication of native frames",
	"frame.instruction_addr":    "for symbolication of native frames",
	"frame.addr_mode":           "for symbolication of native frames",
	"frame.symbol_addr":         "for symbolication of native frames",
	"frame.image_addr":          "for symbolication of native frames",
	"frame.stack_start":         "only of native async stacks",
	"span.name":                 "SDKs write description; the name is data (sentry.name)",
	"span.tags":                 "data holds them: attributes are searchable there",
	"trace.description":         "the transaction's name says it",
	"sdk.integrations":          "names parts of an SDK",
	"sdk.packages":              "names packages of an SDK",
}

// TestDriftOfSentryGo: a member that a new sentry-go sends must be written by us too, or be on the list above.
func TestDriftOfSentryGo(t *testing.T) {
	e := fullEvent()
	e.Trace.Links = []sentry.Link{{TraceID: testTraceID(), SpanID: testSpanID(1)}}
	event := tree(t, AppendEvent(nil, e, Prepare(e.Resource, testSDK)))
	transaction := tree(t, AppendTransaction(nil, testTransaction(1), Prepare(testResource(), testSDK)))
	both := map[string]any{}
	for _, m := range []map[string]any{event, transaction} {
		for key, member := range m {
			both[key] = member
		}
	}
	exception := obj(event, "exception", "values", 0)
	seen := make(map[string]bool)
	for _, part := range []struct {
		name  string
		of    any
		wrote map[string]any
	}{
		{"event", sentrygo.Event{}, both},
		{"breadcrumb", sentrygo.Breadcrumb{}, obj(event, "breadcrumbs", "values", 0)},
		{"user", sentrygo.User{}, obj(event, "user")},
		{"request", sentrygo.Request{}, obj(event, "request")},
		{"mechanism", sentrygo.Mechanism{}, mergedMechanisms(event)},
		{"exception", sentrygo.Exception{}, exception},
		{"stacktrace", sentrygo.Stacktrace{}, obj(exception, "stacktrace")},
		{"frame", sentrygo.Frame{}, obj(exception, "stacktrace", "frames", 0)},
		{"thread", sentrygo.Thread{}, mergedThreads(event)},
		{"span", sentrygo.Span{}, obj(transaction, "spans", 0)},
		{"trace", sentrygo.TraceContext{}, obj(event, "contexts", "trace")},
		{"transaction_info", sentrygo.TransactionInfo{}, obj(transaction, "transaction_info")},
		{"sdk", sentrygo.SdkInfo{}, obj(event, "sdk")},
	} {
		for _, member := range jsonMembers(reflect.TypeOf(part.of)) {
			name := part.name + "." + member
			seen[name] = true
			_, written := part.wrote[member]
			_, listed := notWritten[name]
			require.NotEqual(t, written, listed, "%s: written %t, on the list of what is not %t", name, written, listed)
		}
	}
	for name := range notWritten {
		require.True(t, seen[name], "%s is not a member of sentry-go", name)
	}
}

func mergedMechanisms(event map[string]any) map[string]any {
	merged := map[string]any{}
	for _, x := range elements(obj(event, "exception")["values"]) {
		for key, member := range x["mechanism"].(map[string]any) {
			merged[key] = member
		}
	}
	return merged
}

func mergedThreads(event map[string]any) map[string]any {
	merged := map[string]any{}
	for _, th := range elements(obj(event, "threads")["values"]) {
		for key, member := range th {
			merged[key] = member
		}
	}
	return merged
}

// jsonMembers are the names under which encoding/json writes the fields of a struct.
func jsonMembers(t reflect.Type) (names []string) {
	for i := range t.NumField() {
		f := t.Field(i)
		if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); f.IsExported() && name != "-" && name != "" {
			names = append(names, name)
		}
	}
	return names
}
