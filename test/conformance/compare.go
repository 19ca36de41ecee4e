package conformance

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
)

// Event is an event's payload as encoding/json decodes it.
type Event = map[string]any

// Place is one counted place of an SDK's event.
type Place struct {
	// Field is the kind of place: level, exception.type, frame.lineno; see Diff.
	Field string
	// Where tells one exception and frame from another, exception[1].frame[4]; "" for the event itself.
	Where string
	// SDK is what the SDK says there, Ours what the candidate says.
	SDK, Ours any
	Equal     bool
	// Missing: ours has exceptions, but not this one: a cause, or a member of a group.
	Missing bool
}

// Options of a comparison.
type Options struct {
	// Soft counts what follows from a text by a rule or a guess only: release, mechanism, Python's and Node's modules, Go's types.
	Soft bool
	// NoStacks leaves stacks out: the text has none of its own, the SDK attached the place of the capture (Go logs of plain errors).
	NoStacks bool
}

// Share is how many places of a field are equal, and how many there are.
type Share struct{ Equal, Total int }

// Compare counts the places of Diff by field.
func Compare(sdk, ours Event, o Options) map[string]Share {
	out := map[string]Share{}
	for _, p := range Diff(sdk, ours, o) {
		s := out[p.Field]
		s.Total++
		if p.Equal {
			s.Equal++
		}
		out[p.Field] = s
	}
	return out
}

// Diff gives every counted place. It is testdata/parity/compare.py in Go; that file's docstring says what counts, what is the same on both
// sides, and what no text can hold. Exceptions and frames are paired from the end, where the thrown exception and its throw stand.
func Diff(sdk, ours Event, o Options) []Place {
	d := differ{Options: o}
	switch sdk["platform"] {
	case "python":
		d.python = true
	case "java":
		d.java = true
	case "go":
		d.golang = true
	}
	d.inApp = !d.java || anyInApp(sdk)
	d.event(sdk, ours)
	d.exceptions(sdk, ours)
	return d.out
}

type differ struct {
	Options
	python, java, golang bool
	inApp                bool // the SDK says in_app at all
	missing              bool // what is being compared is an exception that ours has not
	out                  []Place
}

func (d *differ) put(field, where string, sdk, ours any, equal bool) {
	d.out = append(d.out, Place{Field: field, Where: where, SDK: sdk, Ours: ours, Equal: equal, Missing: d.missing})
}

func (d *differ) same(field, where string, sdk, ours any) {
	d.put(field, where, sdk, ours, reflect.DeepEqual(orNil(sdk), orNil(ours)))
}

// event compares what stands beside the exceptions.
func (d *differ) event(sdk, ours Event) {
	if given(sdk["level"]) {
		d.same("level", "", sdk["level"], ours["level"])
	}
	if given(sdk["platform"]) {
		d.put("platform", "", sdk["platform"], ours["platform"], platform(sdk["platform"]) == platform(ours["platform"]))
	}
	if given(sdk["logger"]) {
		d.same("logger", "", sdk["logger"], ours["logger"])
	}
	if m := messageOf(sdk); given(m) {
		d.same("message", "", m, messageOf(ours))
	}
	if d.Soft {
		for _, key := range []string{"release", "environment", "transaction"} {
			if given(sdk[key]) {
				d.same(key, "", sdk[key], ours[key])
			}
		}
	}
}

// exceptions: one without a type is the SDK's carrier for the stack of a message, its text is compared as the message.
func (d *differ) exceptions(sdk, ours Event) {
	left := slices.DeleteFunc(list(sdk["exception"]), func(e Event) bool { return !given(e["type"]) })
	message := given(messageOf(ours))
	right := slices.DeleteFunc(list(ours["exception"]), func(e Event) bool { return !given(e["type"]) && message })
	d.put("exception.count", "", len(left), len(right), len(left) == len(right))
	for i, e := range left {
		other := fromEnd(left, right, i)
		d.missing = other == nil && len(right) > 0
		d.exception(fmt.Sprintf("exception[%d]", i), e, other)
	}
}

func (d *differ) exception(where string, sdk, ours Event) {
	if !synthetic(sdk) && (d.Soft || !d.golang) {
		d.same("exception.type", where, sdk["type"], ours["type"])
	}
	if v := sdk["value"]; v != nil {
		d.put("exception.value", where, v, ours["value"], ours != nil && trimmed(v) == trimmed(ours["value"]))
	}
	if m := sdk["module"]; (d.python || d.java) && given(m) && m != "__main__" {
		d.same("exception.module", where, m, ours["module"])
	}
	if d.Soft {
		d.mechanism(where, object(sdk["mechanism"]), object(ours["mechanism"]))
	}
	if synthetic(sdk) || d.NoStacks {
		return
	}
	left, right := framesOf(sdk), framesOf(ours)
	if len(left) == 0 {
		return
	}
	d.put("frames.count", where, len(left), len(right), len(left) == len(right))
	for i, f := range left {
		d.frame(fmt.Sprintf("%s.frame[%d]", where, i), f, fromEnd(left, right, i))
	}
}

func (d *differ) mechanism(where string, sdk, ours Event) {
	for _, key := range []string{"handled", "synthetic"} {
		if v, ok := sdk[key]; ok {
			d.same("exception."+key, where, v, ours[key])
		}
	}
	if _, ok := sdk["exception_id"]; ok {
		place := func(m Event) any { return [3]any{m["exception_id"], m["parent_id"], m["is_exception_group"]} }
		d.same("exception.parent", where, place(sdk), place(ours))
	}
}

func (d *differ) frame(where string, sdk, ours Event) {
	there := ours != nil
	if v, ok := sdk["function"]; ok {
		d.put("frame.function", where, v, ours["function"], there && d.function(v) == d.function(ours["function"]))
	}
	if v := sdk["filename"]; given(v) {
		d.put("frame.filename", where, v, ours["filename"], there && d.filename(text(v), text(ours["filename"])))
	}
	if v := sdk["abs_path"]; (d.python || d.golang) && given(v) {
		d.same("frame.abs_path", where, v, ours["abs_path"])
	}
	for _, key := range []string{"lineno", "colno"} {
		if v := sdk[key]; v != nil {
			d.same("frame."+key, where, v, ours[key])
		}
	}
	if d.inApp {
		d.put("frame.in_app", where, sdk["in_app"], ours["in_app"], there && (sdk["in_app"] == true) == (ours["in_app"] == true))
	}
	if v := strings.TrimSpace(text(sdk["context_line"])); d.python && v != "" {
		d.put("frame.context_line", where, sdk["context_line"], ours["context_line"], v == strings.TrimSpace(text(ours["context_line"])))
	}
	if v := sdk["module"]; (d.Soft || d.java || d.golang) && given(v) {
		d.same("frame.module", where, v, ours["module"])
	}
}

func (d *differ) function(v any) string {
	s := text(v)
	if d.python {
		if s == "<unknown>" {
			return ""
		}
		return s
	}
	s = strings.ReplaceAll(strings.TrimPrefix(s, "async "), "<anonymous>", "?")
	if s == "?" {
		return ""
	}
	return s
}

// filename: Python's SDK sends a path relative to the sys.path entry, which a text seldom tells.
func (d *differ) filename(sdk, ours string) bool {
	sdk, ours = strings.TrimPrefix(sdk, "file://"), strings.TrimPrefix(ours, "file://")
	return sdk == ours || d.python && sdk != "" && strings.HasSuffix(ours, "/"+strings.TrimLeft(sdk, "/"))
}

// fromEnd is the member of b that stands as far from its end as a[i] from a's; nil where b is too short.
func fromEnd(a, b []Event, i int) Event {
	if j := len(b) - (len(a) - i); j >= 0 {
		return b[j]
	}
	return nil
}

// list: an interface is {"values": [...]} or a bare list.
func list(node any) []Event {
	if o, ok := node.(Event); ok {
		node = o["values"]
	}
	values, _ := node.([]any)
	var out []Event
	for _, v := range values {
		if o, ok := v.(Event); ok && len(o) > 0 {
			out = append(out, o)
		}
	}
	return out
}

// framesOf leaves out the frames in the SDK's own code.
func framesOf(exception Event) []Event {
	frames := list(object(exception["stacktrace"])["frames"])
	return slices.DeleteFunc(frames, func(f Event) bool {
		path := text(f["abs_path"])
		if path == "" {
			path = text(f["filename"])
		}
		return strings.Contains(path, "site-packages/sentry_sdk/") || strings.Contains(path, "node_modules/@sentry/")
	})
}

func anyInApp(event Event) bool {
	for _, e := range list(event["exception"]) {
		for _, f := range framesOf(e) {
			if _, ok := f["in_app"]; ok {
				return true
			}
		}
	}
	return false
}

// loguruHeader begins a whole formatted record, which is what the SDK's loguru integration sends as the message.
var loguruHeader = regexp.MustCompile(`^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+ \| \w+ +\| [^\n]*?:[^\n]*?:\d+ - ([^\n]*)`)

// messageOf is the readable message of an event.
func messageOf(event Event) any {
	entry := object(event["logentry"])
	if s, ok := event["logentry"].(string); ok {
		entry = Event{"formatted": s}
	}
	message := event["message"]
	if m, ok := message.(Event); ok {
		entry, message = m, nil
	}
	for _, v := range []any{entry["formatted"], entry["message"], message} {
		if !given(v) {
			continue
		}
		s, ok := v.(string)
		if !ok {
			return v
		}
		if hit := loguruHeader.FindStringSubmatch(s); hit != nil {
			return hit[1]
		}
		return strings.TrimSpace(s)
	}
	return nil
}

func synthetic(exception Event) bool {
	return object(exception["mechanism"])["synthetic"] == true || !given(exception["type"])
}

func platform(v any) any {
	if v == "javascript" {
		return "node"
	}
	return v
}

// trimmed is a value without Windows line ends and without white space at its end.
func trimmed(v any) string {
	return strings.TrimRight(strings.ReplaceAll(text(v), "\r\n", "\n"), " \t\r\n\v\f")
}

func text(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	}
	return fmt.Sprint(v)
}

func object(v any) Event {
	o, _ := v.(Event)
	return o
}

// given: none, a missing key and an empty string are the same thing.
func given(v any) bool { return v != nil && v != "" }

func orNil(v any) any {
	if !given(v) {
		return nil
	}
	return v
}
