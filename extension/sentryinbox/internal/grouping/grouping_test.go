package grouping

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"

	"github.com/otelcol-sentry/otelcol-sentry/extension/sentryinbox/internal/payload"
	"github.com/otelcol-sentry/otelcol-sentry/internal/template"
)

func message(text string) payload.Event {
	return payload.Event{Message: payload.Message{Formatted: text}}
}

func withTemplate(text, pattern string) payload.Event {
	return payload.Event{Message: payload.Message{Formatted: text, Template: pattern}}
}

func exception(kind, value string, frames ...payload.Frame) payload.Event {
	return payload.Event{Exceptions: []payload.Exception{{Type: kind, Value: value, Frames: frames}}}
}

func own(module, function string, line int) payload.Frame {
	return payload.Frame{Module: module, Function: function, Lineno: line, InApp: true}
}

func library(module, function string) payload.Frame {
	return payload.Frame{Module: module, Function: function}
}

func chain(events ...payload.Event) payload.Event {
	var ev payload.Event
	for _, e := range events {
		ev.Exceptions = append(ev.Exceptions, e.Exceptions...)
	}
	return ev
}

func printed(ev payload.Event, fingerprint ...string) payload.Event {
	ev.Fingerprint = fingerprint
	return ev
}

func raw(ev payload.Event, stack string) payload.Event {
	ev.Stacktrace = stack
	return ev
}

func thread(name string, crashed bool, frames ...payload.Frame) payload.Event {
	return payload.Event{Threads: []payload.Thread{{Name: name, Crashed: crashed, Frames: frames}, {Name: "other", Frames: []payload.Frame{library("x", "wait")}}}}
}

func synthetic(ev payload.Event) payload.Event {
	ev.Exceptions[0].Synthetic = true
	return ev
}

func TestSameIssue(t *testing.T) {
	call := own("shop.cart", "total", 17)
	tests := map[string][2]payload.Event{
		"numbers in a message":       {message("user 17 not found"), message("user 99 not found")},
		"template":                   {withTemplate("user 17 gone", "user %s gone"), withTemplate("user x gone", "user %s gone")},
		"value, with frames":         {exception("E", "a", call), exception("E", "something else", call)},
		"numbers in a value":         {exception("E", "timeout after 30 ms"), exception("E", "timeout after 4500 ms")},
		"ids in a value":             {exception("E", "order 5c0b9a1e-0b1c-4d2e-8f00-112233445566"), exception("E", "order 7d11aa02-ffff-4abc-9eee-665544332211")},
		"line numbers":               {exception("E", "", own("m", "f", 1)), exception("E", "", own("m", "f", 200))},
		"calls of libraries":         {exception("E", "", library("lib", "v1"), call), exception("E", "", library("lib", "v2"), library("lib", "v3"), call)},
		"recursion":                  {exception("E", "", own("m", "f", 1), own("m", "f", 1)), exception("E", "", own("m", "f", 1))},
		"numbered lambdas":           {exception("E", "", own("a.B", "lambda$run$0", 1)), exception("E", "", own("a.B", "lambda$run$7", 1))},
		"generated classes":          {exception("E", "", own("a.B$$EnhancerBySpringCGLIB$$1a2b3c4d", "x", 1)), exception("E", "", own("a.B$$EnhancerBySpringCGLIB$$99ff00aa", "x", 1))},
		"directories":                {exception("E", "", payload.Frame{Filename: "/app/v1/x.py", Function: "f"}), exception("E", "", payload.Frame{Filename: `C:\app\x.py`, Function: "f"})},
		"raw stacks, line numbers":   {raw(exception("E", "v1"), "E: v1\n  at a.f (x.ex:12)\n  at b.g"), raw(exception("E", "v2"), "E: v2\n  at a.f (x.ex:34)\n  at b.g")},
		"threads":                    {thread("worker-1", true, call), thread("worker-2", true, call)},
		"fingerprint":                {printed(message("a"), "x"), printed(exception("E", "b"), "x")},
		"fingerprint of the default": {printed(message("user 1"), "{{ default }}"), message("user 2")},
		"spaces in a variable":       {printed(message("user 1"), "{{default}}", "x"), printed(message("user 2"), "{{ default }}", "x")},
		"synthetic types":            {synthetic(exception("SIGSEGV", "", call)), synthetic(exception("SIGBUS", "", call))},
	}
	for name, pair := range tests {
		t.Run(name, func(t *testing.T) { assert.Equal(t, Of(&pair[0]).Key, Of(&pair[1]).Key) })
	}
}

func TestOtherIssue(t *testing.T) {
	call := own("shop.cart", "total", 17)
	tests := map[string][2]payload.Event{
		"words":                    {message("user 17 not found"), message("order 17 not found")},
		"templates":                {withTemplate("x", "user %s gone"), withTemplate("x", "order %s gone")},
		"types":                    {exception("A", "v", call), exception("B", "v", call)},
		"values without frames":    {exception("E", "no such table"), exception("E", "no such column")},
		"own functions":            {exception("E", "", call), exception("E", "", own("shop.cart", "discount", 17))},
		"own modules":              {exception("E", "", own("a", "f", 1)), exception("E", "", own("b", "f", 1))},
		"libraries where none own": {exception("E", "", library("a", "f")), exception("E", "", library("a", "g"))},
		"causes":                   {chain(exception("Cause", "", call), exception("E", "", call)), chain(exception("Other", "", call), exception("E", "", call))},
		"order of a chain":         {chain(exception("A", ""), exception("B", "")), chain(exception("B", ""), exception("A", ""))},
		"raw stacks":               {raw(exception("E", "v"), "E: v\n  at a.f\n"), raw(exception("E", "v"), "E: v\n  at a.g\n")},
		"fingerprints":             {printed(message("a"), "x"), printed(message("a"), "y")},
		"parts of fingerprints":    {printed(message("a"), "ab", "c"), printed(message("a"), "a", "bc")},
		"default and more":         {printed(message("a"), "{{ default }}", "x"), message("a")},
		"variables":                {printed(exception("A", "v", call), "{{ type }}"), printed(exception("B", "v", call), "{{ type }}")},
		"a text like a variable":   {printed(message("a"), "{{ level }}"), printed(message("a"), "")},
		"functions with digits":    {exception("E", "", own("m", "func1", 1)), exception("E", "", own("m", "func2", 1))},
		"message and exception":    {message("E"), exception("E", "")},
	}
	for name, pair := range tests {
		t.Run(name, func(t *testing.T) { assert.NotEqual(t, Of(&pair[0]).Key, Of(&pair[1]).Key) })
	}
}

func TestWhatIsNotGroupedBy(t *testing.T) {
	ev, other := exception("E", "v", own("m", "f", 1)), exception("E", "v", own("m", "f", 1))
	other.ID, other.Level, other.Logger, other.Release, other.Environment, other.ServerName, other.Transaction = "1", "fatal", "l", "r", "e", "s", "t"
	other.Tags, other.TraceID, other.User = []payload.Tag{{Key: "k", Value: "v"}}, "t", "u"
	assert.Equal(t, Of(&ev).Key, Of(&other).Key)
}

func TestRules(t *testing.T) {
	tests := map[string]payload.Event{
		"exception":   exception("E", "v"),
		"stacktrace":  raw(exception("E", "v"), "at f"),
		"threads":     thread("t", true, library("a", "b")),
		"message":     message("m"),
		"fingerprint": printed(message("m"), "x"),
		"none":        {},
	}
	for rule, ev := range tests {
		assert.Equal(t, rule, Of(&ev).Rule)
	}
}

func TestFingerprintVariables(t *testing.T) {
	ev := exception("T", "V", own("M", "F", 1))
	ev.Level, ev.Logger, ev.Transaction, ev.Message.Formatted = "L", "G", "X", "S"
	ev.Tags = []payload.Tag{{Key: "k", Value: "K"}}
	for name, want := range map[string]string{
		"type": "T", "error.type": "T", "value": "V", "error.value": "V", "message": "S", "level": "L", "logger": "G", "transaction": "X", "function": "F", "module": "M",
		"tags.k": "K", "tags.none": "", "nonsense": "",
	} {
		assert.Equal(t, want, variable(name, &ev), name)
	}
}

func TestTitleAndCulprit(t *testing.T) {
	call := own("shop.cart", "total", 17)
	withTransaction := exception("E", "v", call)
	withTransaction.Transaction = "POST /cart"
	logged := message("hello")
	logged.Logger = "app.log"
	tests := map[string]struct {
		ev             payload.Event
		title, culprit string
	}{
		"exception":              {exception("E", "v", call, library("lib", "raise")), "E: v", "shop.cart in total"},
		"thrown one of a chain":  {chain(exception("Cause", "c"), exception("E", "v")), "E: v", ""},
		"several lines":          {exception("E", "first\nsecond"), "E: first", ""},
		"no value":               {exception("E", ""), "E", ""},
		"no type":                {exception("", "v"), "v", ""},
		"neither":                {exception("", ""), "Error", ""},
		"synthetic":              {synthetic(exception("SIGSEGV", "v", call)), "total: v", "shop.cart in total"},
		"transaction":            {withTransaction, "E: v", "POST /cart"},
		"file instead of module": {exception("E", "v", payload.Frame{Filename: "a/b.js", Function: "f"}), "E: v", "a/b.js in f"},
		"function alone":         {exception("E", "v", payload.Frame{Function: "f"}), "E: v", "f"},
		"message":                {logged, "hello", "app.log"},
		"thread":                 {thread("t", true, call), "<no message>", "shop.cart in total"},
		"nothing":                {payload.Event{}, "<no message>", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			g := Of(&tt.ev)
			assert.Equal(t, tt.title, g.Title)
			assert.Equal(t, tt.culprit, g.Culprit)
		})
	}
	long := message(strings.Repeat("é", 1000))
	assert.LessOrEqual(t, len(Of(&long).Title), maxTitle)
	assert.True(t, utf8.ValidString(Of(&long).Title))
}

func TestFailingThread(t *testing.T) {
	frames := []payload.Frame{library("a", "f")}
	ev := payload.Event{Threads: []payload.Thread{{Name: "bare", Crashed: true}, {Name: "current", Current: true, Frames: frames}, {Name: "crashed", Crashed: true, Frames: frames}}}
	assert.Equal(t, "crashed", failingThread(&ev).Name)
	ev.Threads = ev.Threads[:2]
	assert.Equal(t, "current", failingThread(&ev).Name)
	ev.Threads = []payload.Thread{{Name: "only", Frames: frames}}
	assert.Equal(t, "only", failingThread(&ev).Name)
	ev.Threads = []payload.Thread{{Name: "a", Frames: frames}, {Name: "b", Frames: frames}}
	assert.Nil(t, failingThread(&ev))
}

func TestWithoutNumbers(t *testing.T) {
	for in, want := range map[string]string{
		"":                                   "",
		"at a.b (x.ex:12:3)":                 "at a.b (x.ex:#:#)",
		`File "/app/v1/x.py", line 12, in f`: `File "/app/v#/x.py", line #, in f`,
		"0x7ffee4 <main+0x1a>, 5c0b9a1e deadbeef": "# <main+#>, # deadbeef",
		"größe 7": "größe #",
	} {
		assert.Equal(t, want, withoutNumbers(in), in)
	}
}

// lines are what programs write when they fail, each with a number and an id that differ.
var lines = []string{
	"user %d not found (request %x)", `charge of "customer-%d" failed: "card declined" [%x]`, "took %dms, trace=%032x", "GET /orders/%d/items/%x answered 502",
}

// TestThousandLinesAreOneIssue: lines that differ in numbers and ids only, as they come from the exporter (with a template) and from a sender without one.
func TestThousandLinesAreOneIssue(t *testing.T) {
	for _, format := range lines {
		keys := map[uint64]bool{}
		for i := range 1000 {
			text := fmt.Sprintf(format, i*7919%100_003, 0x5c0b9a1e0b1c4d2e+i*104_729)
			bare, templated := message(text), withTemplate(text, template.Of(text).Text)
			keys[Of(&bare).Key], keys[Of(&templated).Key] = true, true
		}
		assert.Len(t, keys, 1, format)
	}
}

func FuzzOf(f *testing.F) {
	f.Add("\r", "0", "", "", "", "")
	f.Add("Type", "value", "module", "func$1", "raw\nstack", "{{ default }}")
	f.Fuzz(func(t *testing.T, kind, value, module, function, stack, fingerprint string) {
		ev := raw(printed(exception(kind, value, own(module, function, 1)), fingerprint), stack)
		g := Of(&ev)
		if g.Title == "" || len(g.Title) > maxTitle || strings.ContainsAny(g.Title, "\r\n") {
			t.Fatalf("title %q", g.Title)
		}
		ev.Exceptions[0].Frames = nil
		Of(&ev)
	})
}

func BenchmarkOf(b *testing.B) {
	frames := make([]payload.Frame, 50)
	for i := range frames {
		frames[i] = own(fmt.Sprintf("com.acme.Shop%d", i), "lambda$run$0", i)
	}
	ev := exception("E", "order 5c0b9a1e failed after 30 ms", frames...)
	b.ReportAllocs()
	for b.Loop() {
		Of(&ev)
	}
}
