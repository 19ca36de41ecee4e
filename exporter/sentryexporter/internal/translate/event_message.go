package translate

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/otelcol-sentry/otelcol-sentry/internal/fields"
	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
	"github.com/otelcol-sentry/otelcol-sentry/internal/template"
)

// setMessage: what the app said beside the exception; an event without either says at least what it was.
func setMessage(e *sentry.Event, rec plog.LogRecord, read *fields.Record, message string) {
	if message == "" && len(e.Exceptions) == 0 {
		message = standIn(rec)
	}
	if message == "" {
		return
	}
	m := &sentry.Message{Formatted: message, Template: read.Template, Params: read.Params}
	if len(m.Params) == 0 {
		m.Params = parameters(rec.Attributes())
	}
	switch {
	case m.Template == "":
		fillHoles(m, rec.Attributes(), read.Rest)
	case len(m.Params) == 0:
		_, m.Params, _ = filled(m.Template, rec.Attributes(), read.Rest)
	}
	if m.Template == "" || m.Template == m.Formatted { // the logger has none, or was given a text that somebody had put together already
		t := template.Of(m.Formatted)
		m.Template, m.Params = t.Text, t.Params
	}
	if m.Template == m.Formatted { // to Relay that is one text
		m.Template, m.Params = "", nil
	}
	e.Message = m
}

// standIn is the message of a record without one.
func standIn(rec plog.LogRecord) string {
	if name := rec.EventName(); name != "" {
		return name
	}
	var text scratch
	switch body := rec.Body(); {
	case body.Type() == pcommon.ValueTypeMap && body.Map().Len() > 0, body.Type() == pcommon.ValueTypeSlice && body.Slice().Len() > 0:
		return text.json(body)
	case rec.SeverityText() != "":
		return rec.SeverityText()
	}
	return "(log record without a message)"
}

// parameterPrefix begins the attributes that hold what was put into sentry.message.template (Sentry's logs spec).
const parameterPrefix = "sentry.message.parameter."

// parameters are those of sentry.message.template in their order; named ones in that of their names.
func parameters(attrs pcommon.Map) []string {
	type parameter struct{ name, value string }
	var found []parameter
	for key, v := range attrs.All() {
		if name, ok := strings.CutPrefix(key, parameterPrefix); ok {
			found = append(found, parameter{name, v.AsString()})
		}
	}
	slices.SortStableFunc(found, func(a, b parameter) int {
		n, errN := strconv.Atoi(a.name)
		m, errM := strconv.Atoi(b.name)
		if errN == nil && errM == nil {
			return cmp.Compare(n, m)
		}
		return strings.Compare(a.name, b.name)
	})
	var out []string
	for _, p := range found {
		out = append(out, p.value)
	}
	return out
}

// fillHoles renders a message that is a template itself: .NET's logger sends that as the body, and what belongs into it as attributes, unless it is
// told to do otherwise (IncludeFormattedMessage).
func fillHoles(m *sentry.Message, attrs pcommon.Map, rest []sentry.Attr) {
	if text, params, ok := filled(m.Formatted, attrs, rest); ok {
		m.Template, m.Formatted, m.Params = m.Formatted, text, params
	}
}

// filled is a message template (messagetemplates.org) with the values of its holes, `{Name}`; false where it has no hole, or one that nothing fills.
func filled(text string, attrs pcommon.Map, rest []sentry.Attr) (out string, params []string, ok bool) {
	var b strings.Builder
	for {
		open := strings.IndexByte(text, '{')
		if open < 0 {
			break
		}
		length := strings.IndexByte(text[open:], '}')
		if length < 0 {
			break
		}
		value, found := holeValue(text[open+1:open+length], attrs, rest)
		if !found {
			return "", nil, false
		}
		b.WriteString(text[:open])
		b.WriteString(value)
		params = append(params, value)
		text = text[open+length+1:]
	}
	b.WriteString(text)
	return b.String(), params, len(params) > 0
}

// holeValue is the value of what stands between braces: a name, before it how the value is taken apart, behind it how it is formatted.
func holeValue(hole string, attrs pcommon.Map, rest []sentry.Attr) (string, bool) {
	name := strings.TrimLeft(hole, "@$")
	if i := strings.IndexAny(name, ",:"); i >= 0 {
		name = name[:i]
	}
	if name == "" || strings.ContainsAny(name, " \"'{\n") {
		return "", false
	}
	if v, ok := attrs.Get(name); ok {
		return v.AsString(), true
	}
	text, ok := appendScalars(nil, memberOf(rest, name))
	return string(text), ok
}

// memberOf is the member of a body with a name, else of where .NET's loggers put such members (Serilog's Properties, the State of the console's JSON).
func memberOf(rest []sentry.Attr, name string) sentry.Value {
	for i := range rest {
		if rest[i].Key == name {
			return rest[i].Value
		}
	}
	for i := range rest {
		if key := rest[i].Key; key == "Properties" || key == "State" {
			if v := memberOf(rest[i].Value.MapVal(), name); v.Kind() != sentry.KindNull {
				return v
			}
		}
	}
	return sentry.Value{}
}
