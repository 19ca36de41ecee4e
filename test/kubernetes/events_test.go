package kubernetes

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentrytest"
)

// at follows keys into an event; "" where there is nothing.
func at(item map[string]any, keys ...string) string {
	var v any = item
	for _, key := range keys {
		m, ok := v.(map[string]any)
		if !ok {
			return ""
		}
		v = m[key]
	}
	if v == nil {
		return ""
	}
	return fmt.Sprint(v)
}

// exceptions of an event, the thrown one last.
func exceptions(t testing.TB, event map[string]any) []map[string]any {
	values, ok := event["exception"].(map[string]any)
	require.True(t, ok, "no exception in %v", event)
	var out []map[string]any
	for _, v := range values["values"].([]any) {
		out = append(out, v.(map[string]any))
	}
	return out
}

// frames of an exception as "function file:line", the innermost last.
func frames(exception map[string]any) []string {
	trace, ok := exception["stacktrace"].(map[string]any)
	if !ok {
		return nil
	}
	var out []string
	for _, f := range trace["frames"].([]any) {
		frame := f.(map[string]any)
		file := at(frame, "filename")
		if file == "" {
			file = at(frame, "abs_path")
		}
		out = append(out, fmt.Sprintf("%s %s:%s", at(frame, "function"), file, at(frame, "lineno")))
	}
	return out
}

// events that have come, by the text of their message or exception.
func events(fake *sentrytest.Fake) map[string][]*sentrytest.Received {
	out := map[string][]*sentrytest.Received{}
	for _, r := range fake.Accepted("event") {
		text := said(r.Item())
		out[text] = append(out[text], r)
	}
	return out
}

// said is what an event says.
func said(item map[string]any) string {
	if s := at(item, "logentry", "formatted"); s != "" {
		return s
	}
	if values, ok := item["exception"].(map[string]any); ok {
		list := values["values"].([]any)
		thrown := list[len(list)-1].(map[string]any)
		return strings.TrimSpace(at(thrown, "type") + ": " + at(thrown, "value"))
	}
	return ""
}
