package main

import (
	"bytes"
	"encoding/json"
)

// The members of an event that the comparison reads. What else an SDK sends (local values, source around the line, modules, breadcrumbs,
// the machine) is no part of it, and would make every recording differ.
var (
	ofEvent     = members("level", "platform", "logger", "message", "logentry", "exception", "release", "environment", "transaction", "sdk")
	ofSDK       = members("name", "version")
	ofException = members("type", "value", "module", "mechanism", "stacktrace")
	ofStack     = members("frames")
	ofFrame     = members("function", "filename", "abs_path", "module", "lineno", "colno", "in_app", "context_line")
)

func members(names ...string) map[string]bool {
	out := map[string]bool{}
	for _, name := range names {
		out[name] = true
	}
	return out
}

// trim takes events, one a line, and writes them as a list.
func trim(lines []byte) ([]byte, error) {
	events := []map[string]any{}
	for _, line := range bytes.Split(bytes.TrimSpace(lines), []byte("\n")) {
		var event map[string]any
		if err := json.Unmarshal(line, &event); err != nil {
			return nil, err
		}
		keep(event, ofEvent)
		keep(event["sdk"], ofSDK)
		for _, e := range list(event["exception"]) {
			keep(e, ofException)
			if exception, ok := e.(map[string]any); ok {
				keep(exception["stacktrace"], ofStack)
				for _, f := range frames(exception["stacktrace"]) {
					keep(f, ofFrame)
				}
			}
		}
		events = append(events, event)
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	err := enc.Encode(events)
	return out.Bytes(), err
}

func keep(object any, names map[string]bool) {
	o, _ := object.(map[string]any)
	for key := range o {
		if !names[key] {
			delete(o, key)
		}
	}
}

// list: an interface is {"values": [...]} or a bare list.
func list(node any) []any {
	if o, ok := node.(map[string]any); ok {
		node = o["values"]
	}
	l, _ := node.([]any)
	return l
}

func frames(stacktrace any) []any {
	o, _ := stacktrace.(map[string]any)
	l, _ := o["frames"].([]any)
	return l
}
