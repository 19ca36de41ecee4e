package envelope

import (
	"encoding/json"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// written is what an event becomes, as plain values; it breaks no rule.
func written(t *testing.T, e *sentry.Event) map[string]any {
	t.Helper()
	e.ID, e.Timestamp = testEventID(1), nanos(testTime)
	payload := AppendEvent(nil, e, nil)
	require.Empty(t, violations(t, e.ID, TypeEvent, payload), "%s", payload)
	var got map[string]any
	require.NoError(t, json.Unmarshal(payload, &got))
	return got
}

// TestOwnRelease: what an event names itself goes before what its resource does, as far as it is valid.
func TestOwnRelease(t *testing.T) {
	r := &sentry.Resource{Release: "r", Environment: "re", Dist: "1", ServerName: "h"}
	got := written(t, &sentry.Event{Resource: r, Release: "e", Environment: "none"})
	require.Equal(t, []any{"e", "re", "1", "h"}, []any{got["release"], got["environment"], got["dist"], got["server_name"]})
	got = written(t, &sentry.Event{Resource: r, Environment: "ee"})
	require.Equal(t, []any{"r", "ee"}, []any{got["release"], got["environment"]})
}

// TestTemplateThatIsTheMessage: to Relay the two are one text.
func TestTemplateThatIsTheMessage(t *testing.T) {
	got := written(t, &sentry.Event{Message: &sentry.Message{Formatted: "a", Template: "a", Params: []string{"b"}}})
	require.Equal(t, map[string]any{"formatted": "a"}, got["logentry"])
}

// TestFlags: the last ones are kept.
func TestFlags(t *testing.T) {
	e := &sentry.Event{}
	for i := range MaxFlags + 5 {
		e.Flags = append(e.Flags, sentry.Flag{Name: "f" + strconv.Itoa(i), Result: sentry.Bool(i%2 == 0)})
	}
	values := obj(written(t, e), "contexts", "flags")["values"].([]any)
	require.Len(t, values, MaxFlags)
	require.Equal(t, map[string]any{"flag": "f104", "result": true}, values[MaxFlags-1])
}

func TestEmptyPartsAreLeftOut(t *testing.T) {
	got := written(t, &sentry.Event{
		Message: &sentry.Message{}, Exceptions: []sentry.Exception{{}, {Module: "m"}}, Threads: []sentry.Thread{}, Breadcrumbs: []sentry.Breadcrumb{},
		Fingerprint: []string{""}, Trace: &sentry.TraceContext{TraceID: testTraceID()}, User: &sentry.User{IPAddress: "no address"}, Request: &sentry.Request{},
		Extra: []sentry.Attr{{Key: "a"}}, Tags: []sentry.Tag{{Key: "a"}}, Contexts: []sentry.Context{{Key: "a"}}, Resource: &sentry.Resource{},
	})
	require.Equal(t, map[string]any{"event_id": testEventID(1).String(), "timestamp": got["timestamp"], "platform": "other", "level": "error"}, got)
}

func TestMessage(t *testing.T) {
	for name, c := range map[string]struct {
		message sentry.Message
		want    map[string]any
	}{
		"text":              {sentry.Message{Formatted: "a"}, map[string]any{"formatted": "a"}},
		"template alone":    {sentry.Message{Template: "a %s"}, map[string]any{"formatted": "a %s"}},
		"both":              {sentry.Message{Formatted: "a 1", Template: "a %s", Params: []string{"1"}}, map[string]any{"formatted": "a 1", "message": "a %s", "params": []any{"1"}}},
		"params of nothing": {sentry.Message{Formatted: "a", Params: []string{"1"}}, map[string]any{"formatted": "a"}},
		"many params": {
			sentry.Message{Formatted: "a", Template: "b", Params: []string{strings.Repeat("x", 2000), strings.Repeat("y", 2000), "z"}},
			map[string]any{"formatted": "a", "message": "b", "params": []any{strings.Repeat("x", 2000), strings.Repeat("y", 38) + "..."}},
		},
	} {
		require.Equal(t, c.want, written(t, &sentry.Event{Message: &c.message})["logentry"], name)
	}
}

// TestChainIDs: ids are written if they hang together, and not at all if they do not.
func TestChainIDs(t *testing.T) {
	link := func(id, parent int) *sentry.Mechanism {
		return &sentry.Mechanism{HasID: true, ExceptionID: id, HasParent: parent >= 0, ParentID: parent, IsExceptionGroup: true}
	}
	deep := make([]*sentry.Mechanism, 2000)
	for i := range deep {
		deep[i] = link(len(deep)-1-i, len(deep)-2-i)
	}
	for name, c := range map[string]struct {
		links []*sentry.Mechanism
		want  bool
	}{
		"one":                {[]*sentry.Mechanism{link(0, -1)}, true},
		"chain":              {[]*sentry.Mechanism{link(2, 1), link(1, 0), link(0, -1)}, true},
		"tree":               {[]*sentry.Mechanism{link(7, 3), link(3, 0), link(2, 0), link(0, -1)}, true},
		"deep":               {deep, true},
		"the root is first":  {[]*sentry.Mechanism{link(0, -1), link(1, 0)}, false},
		"no root":            {[]*sentry.Mechanism{link(2, 1), link(1, 2)}, false},
		"a cycle":            {[]*sentry.Mechanism{link(2, 1), link(1, 2), link(0, -1)}, false},
		"its own parent":     {[]*sentry.Mechanism{link(1, 1), link(0, -1)}, false},
		"the root's parent":  {[]*sentry.Mechanism{link(1, 0), link(0, 1)}, false},
		"an unknown parent":  {[]*sentry.Mechanism{link(1, 5), link(0, -1)}, false},
		"no parent":          {[]*sentry.Mechanism{link(1, -1), link(0, -1)}, false},
		"twice":              {[]*sentry.Mechanism{link(1, 0), link(1, 0), link(0, -1)}, false},
		"one has none":       {[]*sentry.Mechanism{nil, link(0, -1)}, false},
		"negative":           {[]*sentry.Mechanism{link(-3, 0), link(0, -1)}, false},
		"larger than an int": {[]*sentry.Mechanism{link(1<<40, 0), link(0, -1)}, false},
	} {
		e := &sentry.Event{}
		for _, m := range c.links {
			e.Exceptions = append(e.Exceptions, sentry.Exception{Type: "E", Mechanism: m})
		}
		for i, x := range elements(obj(written(t, e), "exception")["values"]) {
			m, _ := x["mechanism"].(map[string]any)
			for _, member := range []string{"exception_id", "is_exception_group"} {
				_, has := m[member]
				require.Equal(t, c.want, has, "%s: %s of exception %d", name, member, i)
			}
			if m != nil {
				require.Equal(t, "generic", m["type"])
			}
		}
	}
}

// TestLostLinkBreaksTheChain: the ids must hang together among those that are written.
func TestLostLinkBreaksTheChain(t *testing.T) {
	e := chainEvent()
	e.Exceptions[1].Type, e.Exceptions[1].Value = "", ""
	values := elements(obj(written(t, e), "exception")["values"])
	require.Len(t, values, 3)
	require.NotContains(t, values[0]["mechanism"], "exception_id")
}

func TestFrames(t *testing.T) {
	frames := func(list ...sentry.Frame) []map[string]any {
		got := written(t, &sentry.Event{Exceptions: []sentry.Exception{{Type: "E", Frames: list}}})
		st, _ := obj(got, "exception", "values", 0)["stacktrace"].(map[string]any)
		return elements(st["frames"])
	}
	require.Equal(t, []map[string]any{{"function": "raw", "raw_function": "raw"}}, frames(sentry.Frame{RawFunction: "raw"}))
	require.Equal(t, []map[string]any{{"filename": "/a", "abs_path": "/a"}}, frames(sentry.Frame{AbsPath: "/a"}))
	require.Equal(t, []map[string]any{{"function": "<unknown>", "module": "m"}}, frames(sentry.Frame{Module: "m"}))
	require.Equal(t, []map[string]any{{"function": "f", "abs_path": "/a"}}, frames(sentry.Frame{Function: "f", AbsPath: "/a"}), "what is unknown stays unknown")
	require.Empty(t, frames(sentry.Frame{Lineno: 5}, sentry.Frame{}))
	require.Equal(t, []map[string]any{{"function": "f", "in_app": false}}, frames(sentry.Frame{Function: "f", Lineno: -1, InApp: sentry.False}))
	require.Equal(t, []map[string]any{{"function": "f", "platform": "native"}}, frames(sentry.Frame{Function: "f", Platform: "rust"}))

	var long []sentry.Frame
	for i := range 400 {
		long = append(long, sentry.Frame{Function: "f" + strconv.Itoa(i)})
	}
	got := frames(long...)
	require.Len(t, got, MaxFrames)
	require.Equal(t, "f150", got[0]["function"])
	require.Equal(t, "f399", got[MaxFrames-1]["function"], "the newest are kept")
}

func TestThreads(t *testing.T) {
	got := written(t, &sentry.Event{
		Exceptions: []sentry.Exception{{Type: "E", ThreadID: "007"}, {Type: "E", ThreadID: "9007199254740993"}},
		Threads:    []sentry.Thread{{ID: "7"}, {ID: "007"}, {ID: ""}, {ID: "7"}, {ID: "0"}, {ID: "-1"}, {ID: "9007199254740993"}},
	})
	var ids []any
	for _, th := range elements(obj(got, "threads")["values"]) {
		ids = append(ids, th["id"])
	}
	require.Equal(t, []any{7.0, "007", "#2", "#3", 0.0, "-1", "9007199254740993"}, ids)
	require.Equal(t, "007", obj(got, "exception", "values", 0)["thread_id"], "an exception names its thread as the thread names itself")
	require.Equal(t, "9007199254740993", obj(got, "exception", "values", 1)["thread_id"], "a number that readers would round stays text")
}

func TestBreadcrumbs(t *testing.T) {
	var crumbs []sentry.Breadcrumb
	for i := range 120 {
		crumbs = append(crumbs, sentry.Breadcrumb{Timestamp: sentry.Time(1+i) * 1e9, Message: strconv.Itoa(i)})
	}
	crumbs[119].Timestamp, crumbs[60].Timestamp = 25e9, 0
	got := elements(obj(written(t, &sentry.Event{Breadcrumbs: crumbs}), "breadcrumbs")["values"])
	require.Len(t, got, MaxBreadcrumbs)
	require.Equal(t, "20", got[0]["message"])
	require.Equal(t, "119", got[5]["message"], "in the order of time")
	require.Equal(t, "118", got[99]["message"], "the newest are kept")
	require.Equal(t, "60", got[41]["message"], "one without a time stays where it was")
	require.Equal(t, "119", crumbs[119].Message, "the caller's list is left alone")
}

func TestLevels(t *testing.T) {
	for in, want := range map[sentry.Level]string{"": "error", "fatal": "fatal", "error": "error", "warning": "warning", "info": "info", "debug": "debug", "warn": "warning", "critical": "fatal", "log": "info", "trace": "debug", "ERROR": "error", "loud": "error"} {
		require.Equal(t, want, written(t, &sentry.Event{Level: in})["level"], in)
	}
}

func TestUserAndRequest(t *testing.T) {
	got := written(t, &sentry.Event{
		User: &sentry.User{ID: strings.Repeat("i", 200), IPAddress: "{{auto}}"},
		Request: &sentry.Request{URL: strings.Repeat("u", 400), QueryString: strings.Repeat("\n", 2000), Headers: []sentry.Tag{
			{Key: "A", Value: "1"},
			{Key: "A", Value: "2"},
			{Key: "", Value: "3"},
			{Key: "B", Value: strings.Repeat("x", 20_000)},
		}, Data: sentry.String(strings.Repeat("d", 20_000))},
	})
	require.Equal(t, map[string]any{"id": strings.Repeat("i", 125) + "..."}, got["user"])
	request := obj(got, "request")
	require.Len(t, request["url"], MaxURL)
	require.Len(t, request["query_string"], (MaxQueryString-5)/2+3)
	require.Equal(t, []any{"A", "2"}, at(request, "headers", 1))
	require.Len(t, request["headers"], 3)
	require.Len(t, request["data"], MaxBodyBytes-2)
}

// TestItemOverResource: an item's own contexts and tags, and its platform, win.
func TestItemOverResource(t *testing.T) {
	r := &sentry.Resource{
		Platform: "java", Tags: []sentry.Tag{{Key: "a", Value: "r"}, {Key: "b", Value: "r"}},
		Contexts: []sentry.Context{{Key: "os", Fields: []sentry.Attr{str("name", "r")}}, {Key: "k8s", Fields: []sentry.Attr{str("x", "r")}}, {Key: "trace", Fields: []sentry.Attr{str("x", "r")}}},
	}
	got := written(t, &sentry.Event{Platform: "go", Resource: r, Tags: []sentry.Tag{{Key: "a", Value: "e"}}, Contexts: []sentry.Context{{Key: "os", Fields: []sentry.Attr{str("name", "e")}}}})
	require.Equal(t, "go", got["platform"])
	require.Equal(t, map[string]any{"a": "e", "b": "r"}, got["tags"])
	require.Equal(t, map[string]any{"os": map[string]any{"name": "e"}, "k8s": map[string]any{"x": "r"}}, got["contexts"])
	require.Equal(t, "java", written(t, &sentry.Event{Resource: r})["platform"])
}

// TestContextType: a context may not call itself the trace.
func TestContextType(t *testing.T) {
	got := written(t, &sentry.Event{Contexts: []sentry.Context{{Key: "a", Fields: []sentry.Attr{str("type", "trace"), str("x", "y")}}, {Key: "b", Fields: []sentry.Attr{str("type", "os")}}}})
	require.Equal(t, map[string]any{"a": map[string]any{"x": "y"}, "b": map[string]any{"type": "os"}}, got["contexts"])
}

// TestPrepared: it is used by many at once, and again for another resource.
func TestPrepared(t *testing.T) {
	p := Prepare(testResource(), testSDK)
	want := string(AppendEvent(nil, fullEvent(), p))
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 50 {
				if got := string(AppendEvent(nil, fullEvent(), p)); got != want {
					t.Errorf("%s", got)
				}
			}
		})
	}
	all.Wait()
	p.Reset(nil, SDK{})
	require.Equal(t, string(AppendEvent(nil, &sentry.Event{ID: testEventID(1)}, nil)), string(AppendEvent(nil, &sentry.Event{ID: testEventID(1)}, p)))
	p.Reset(testResource(), testSDK)
	require.Equal(t, want, string(AppendEvent(nil, fullEvent(), p)))
	require.NotContains(t, string(AppendEvent(nil, fullEvent(), Prepare(nil, SDK{Name: "a"}))), `"sdk"`, "both members are required")
}
